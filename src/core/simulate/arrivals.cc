#include "core/simulate/arrivals.h"

#include <cmath>

#include "core/simulate/client_key.h"

namespace fairlead::core {

Arrivals::Arrivals(const Scenario& scenario)
    : scenario_(scenario), random_(scenario.seed), mean_gap_(1e9 / rate_of(scenario)) {}

std::optional<Incoming> Arrivals::next() {
  if (made_ == scenario_.requests) return {};
  if (!scenario_.recorded.empty()) {
    if (made_ == scenario_.recorded.size()) return {};
    const Arrival& arrival = scenario_.recorded[made_++];
    return Incoming{Instant(arrival.after), client_key(std::string_view(arrival.client)), 0};
  }
  if (scenario_.closed) {
    if (made_ == scenario_.clients) return {};
    const auto client = static_cast<uint32_t>(made_++);
    return Incoming{Instant{}, client_key(client), client};
  }
  ++made_;
  now_ += Duration(std::llround(mean_gap_ * draw_exponential(random_)));
  const uint32_t client = random_.below(scenario_.clients);
  return Incoming{now_, client_key(client), client};
}

}  // namespace fairlead::core
