// CPU time of processes as the scheduler accounts it, all threads together.
//
// Where it stands: read at both ends of the measured window. It refuses to guess: a process that is
// gone counts as nothing, and the harness sees that from a figure of zero.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>

namespace fairlead::bench {

struct CpuTime {
  uint64_t ran = 0;     // nanoseconds on a CPU, kernel and user together
  uint64_t waited = 0;  // nanoseconds ready to run while another had the CPU: noise of the machine

  CpuTime operator-(CpuTime before) const { return {ran - before.ran, waited - before.waited}; }
};

// Sum over /proc/PID/task/*/schedstat. A running thread's figure is at most one tick old.
CpuTime cpu_time_of(std::span<const pid_t> processes);

}  // namespace fairlead::bench
