#include "core/simulate/arrivals.h"

#include <cmath>

#include "core/simulate/client_key.h"

namespace fairlead::core {

Arrivals::Arrivals(const Scenario& scenario)
    : scenario_(scenario), random_(scenario.seed), mean_gap_(1e9 / rate_of(scenario)) {}

Key Arrivals::key_of(uint32_t client) const {
  return client_key(scenario_.pool.balance, client, scenario_.addresses);
}

std::optional<Incoming> Arrivals::next() {
  if (made_ == scenario_.requests) return {};
  if (!scenario_.recorded.empty()) {
    if (made_ == scenario_.recorded.size()) return {};
    const Arrival& arrival = scenario_.recorded[made_++];
    return Incoming{Instant(arrival.after),
                    client_key(scenario_.pool.balance, std::string_view(arrival.client)), 0};
  }
  if (scenario_.closed) {
    if (made_ == scenario_.clients) return {};
    const auto client = static_cast<uint32_t>(made_++);
    return Incoming{Instant{}, key_of(client), client};
  }
  ++made_;
  now_ += Duration(std::llround(mean_gap_ * draw_exponential(random_)));
  const uint32_t client = random_.below(scenario_.clients);
  return Incoming{now_, key_of(client), client};
}

}  // namespace fairlead::core
