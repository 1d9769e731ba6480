#include "proxy/cookie.h"

#include "core/cookie.h"

namespace fairlead::proxy {

std::string_view cookie_of(const http::Fields& fields, std::string_view name) {
  for (const http::Field& field : fields.all()) {
    if (field.id != http::FieldId::cookie) continue;
    const std::string_view value = core::cookie_in(field.value, name);
    if (!value.empty()) return value;
  }
  return {};
}

}  // namespace fairlead::proxy
