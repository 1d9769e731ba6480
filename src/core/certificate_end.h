// When a certificate ends, in words, and from when on that is worth a warning.
#pragma once

#include <string>
#include <string_view>

#include "base/certificate.h"

namespace fairlead::core {

// Two weeks: what renews itself has done so long before, and a person still has the time.
inline constexpr Duration kWarnBefore = 14 * 24h;

// Whether it has ended, or will within kWarnBefore.
bool ends_soon(const CertificateFacts& certificate, WallTime now);

// "expired on 2026-11-01: clients refuse it", or "expires in 3 days, on 2026-11-24". `who` refuses.
std::string end_text(const CertificateFacts& certificate, WallTime now,
                     std::string_view who = "clients");

// "2026-11-24"
std::string day_of(WallTime time);

}  // namespace fairlead::core
