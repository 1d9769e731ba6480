#include "proxy/template_facts.h"

#include "proxy/cookie.h"

namespace fairlead::proxy {
namespace {

// The first of the name that is passed on.
std::string_view header_of(const http::Fields& fields, std::string_view name) {
  for (const http::Field& field : fields.all()) {
    if (wire::http1::equals_ignoring_case(field.name, name) && !http::is_taken_out(field))
      return field.value;
  }
  return {};
}

}  // namespace

void ExchangeFacts::append(std::string& out, core::Fact fact, std::string_view name) const {
  const http::Request& request = exchange_.request();
  switch (fact) {
    case core::Fact::uri:
      out += prepared_.path;
      if (request.has_query) out.append("?").append(request.query);
      break;
    case core::Fact::path: out += prepared_.path; break;
    case core::Fact::query: out += request.query; break;
    case core::Fact::host: out += prepared_.outside_host; break;
    case core::Fact::scheme: out += prepared_.scheme; break;
    case core::Fact::client_ip: out += prepared_.client_text; break;
    case core::Fact::request_id: out += prepared_.request_id; break;
    case core::Fact::backend: out += backend_; break;
    case core::Fact::header: out += header_of(request.fields, name); break;
    case core::Fact::cookie: out += cookie_of(request.fields, name); break;
  }
}

}  // namespace fairlead::proxy
