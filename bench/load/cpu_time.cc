#include "cpu_time.h"

#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <string>

namespace fairlead::bench {

CpuTime cpu_time_of(std::span<const pid_t> processes) {
  CpuTime sum;
  for (pid_t process : processes) {
    std::error_code gone;
    std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
      FILE* file = fopen((task.path() / "schedstat").c_str(), "r");
      if (file == nullptr) continue;
      uint64_t ran = 0;
      uint64_t waited = 0;
      if (fscanf(file, "%" SCNu64 " %" SCNu64, &ran, &waited) == 2) {
        sum.ran += ran;
        sum.waited += waited;
      }
      fclose(file);
    }
  }
  return sum;
}

}  // namespace fairlead::bench
