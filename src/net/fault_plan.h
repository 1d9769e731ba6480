// FaultPlan: how badly a simulated network behaves. A value; the seed decides where it strikes.
//
// Chances are from 0 (never) to 1 (always). A default plan is a good network: latency and nothing
// else.
#pragma once

#include <cstddef>

#include "base/instant.h"

namespace fairlead::net {

struct FaultPlan {
  // Of each delivery (bytes, ends, answers to a connect), uniform between the two.
  Duration latency_least = 50us;
  Duration latency_most = 500us;
  // What a direction of a connection takes before its writer must wait.
  size_t buffer = 64 * 1024;

  // A delivery is held up, and all behind it on its connection.
  double delay = 0;
  Duration longest_delay = 2s;
  // A read gives fewer bytes than there are; the rest arrives later. A write takes fewer than fit.
  double short_read = 0;
  double short_write = 0;

  // Of a connect: nobody listens; nobody answers; this process has no descriptor left.
  double refuse = 0;
  double silence = 0;
  double exhausted = 0;  // also of an accept

  // Of a connection: it is reset, or one direction ends early and silently swallows the rest, after
  // a random number of bytes up to `fault_within`.
  double reset = 0;
  double cut = 0;
  size_t fault_within = 64 * 1024;
  // A reset makes its receiver lose what it has not read yet.
  double reset_loses = 0;
};

}  // namespace fairlead::net
