#include "app/open_files.h"

#include <sys/resource.h>

#include <algorithm>

#include "control/admin/admin_server.h"
#include "control/prober.h"
#include "net/splice_pipe.h"

namespace fairlead::app {
namespace {

constexpr uint64_t kOfTheProcess =
    32;                                // standard streams, logs, signals, the control thread's loop
constexpr uint64_t kOfEachWorker = 8;  // its loop and some listening sockets
constexpr uint64_t kComeAndGo = control::Prober::kInFlight + control::AdminServer::kMostConnections;
constexpr uint64_t kPipesOfEachWorker = 2 * net::SplicePipe::kMostKept;

}  // namespace

uint64_t raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  // It may be refused; what counts is what is in force then.
  setrlimit(RLIMIT_NOFILE, &limit);
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

size_t connections_of_each(uint64_t open_files, uint32_t workers) {
  const uint64_t at_once = kOfTheProcess + kOfEachWorker * workers;
  const uint64_t left = open_files > at_once ? open_files - at_once : 0;
  const uint64_t shared = left - std::min(left / 2, kComeAndGo + kPipesOfEachWorker * workers);
  return std::max<uint64_t>(1, shared / 2 / workers);
}

}  // namespace fairlead::app
