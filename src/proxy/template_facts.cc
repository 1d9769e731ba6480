#include "proxy/template_facts.h"

namespace fairlead::proxy {
namespace {

// RFC 6265 5.4: "a=1; b=2". The first of the name; "" where there is none.
std::string_view cookie_of(const http::Fields& fields, std::string_view name) {
  for (const http::Field& field : fields.all()) {
    if (field.id != http::FieldId::cookie) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const size_t end = rest.find(';');
      std::string_view pair = rest.substr(0, end);
      rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
        return pair.substr(name.size() + 1);
      }
    }
  }
  return {};
}

// The first of the name that is passed on.
std::string_view header_of(const http::Fields& fields, std::string_view name) {
  for (const http::Field& field : fields.all()) {
    if (wire::http1::equals_ignoring_case(field.name, name) && !is_taken_out(field))
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
    case core::Fact::backend: break;  // none is chosen where Fairlead answers itself
    case core::Fact::header: out += header_of(request.fields, name); break;
    case core::Fact::cookie: out += cookie_of(request.fields, name); break;
  }
}

}  // namespace fairlead::proxy
