#include "proxy/shed.h"

#include <fmt/format.h>

#include "core/shedding.h"
#include "proxy/worker.h"

namespace fairlead::proxy {

std::optional<Error> shed(Worker& worker, const core::Config& config, const core::Route& route) {
  const Duration lag = worker.network().lag();
  const core::Priority priority = route.config->priority;
  if (!core::is_shed(priority, lag, config.shed)) return {};
  route.series->tally.of(worker.index()).shed.add();
  return Error{Code::overloaded, Side::internal, Again::no,
               fmt::format("the loop is {} ms behind, and the route's priority is {}", lag / 1ms,
                           priority == core::Priority::low ? "low" : "normal")};
}

}  // namespace fairlead::proxy
