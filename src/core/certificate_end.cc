#include "core/certificate_end.h"

#include <fmt/format.h>

#include "base/rfc3339.h"

namespace fairlead::core {

bool ends_soon(const CertificateFacts& certificate, WallTime now) {
  return certificate.expires < now + kWarnBefore;
}

std::string day_of(WallTime time) { return rfc3339(time).substr(0, 10); }

std::string end_text(const CertificateFacts& certificate, WallTime now, std::string_view who) {
  const std::string day = day_of(certificate.expires);
  if (certificate.expires <= now) return fmt::format("expired on {}: {} refuse it", day, who);
  const auto days = std::chrono::floor<std::chrono::days>(certificate.expires - now).count();
  if (days < 1) return fmt::format("expires in less than a day, on {}", day);
  return fmt::format("expires in {} day{}, on {}", days, days == 1 ? "" : "s", day);
}

}  // namespace fairlead::core
