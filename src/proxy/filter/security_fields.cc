#include "proxy/filter/security_fields.h"

namespace fairlead::proxy {
namespace {

constexpr SecurityField kFields[] = {
    // RFC 6797 7.2: not over clear text. A year, as browsers' preload lists ask; subdomains are for
    // the operator to say, since one of them may have no TLS yet.
    {"strict-transport-security", "max-age=31536000", true},
    {"x-content-type-options", "nosniff"},
    // Beside a Content-Security-Policy with frame-ancestors browsers ignore it.
    {"x-frame-options", "SAMEORIGIN"},
    {"referrer-policy", "strict-origin-when-cross-origin"},
    // Devices that hardly any page embeds for others; camera, microphone and the like stay, since
    // embedded calls, maps and payments are given them on purpose.
    {"permissions-policy",
     "browsing-topics=(), hid=(self), midi=(self), serial=(self), usb=(self)"},
    // The popups of payments and logins keep their opener.
    {"cross-origin-opener-policy", "same-origin-allow-popups"},
};

}  // namespace

std::span<const SecurityField> security_fields() { return kFields; }

}  // namespace fairlead::proxy
