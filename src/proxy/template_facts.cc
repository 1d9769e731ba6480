#include "proxy/template_facts.h"

#include "proxy/cookie.h"

namespace fairlead::proxy {
void ExchangeFacts::append(std::string& out, core::Fact fact, std::string_view name) const {
  const http::Request& request = exchange_.request();
  switch (fact) {
    case core::Fact::uri:
      out += prepared_.path;
      if (request.has_query) out.append("?").append(request.query);
      break;
    case core::Fact::path: out += prepared_.path; break;
    case core::Fact::query: out += request.query; break;
    case core::Fact::host: out += prepared_.host; break;
    case core::Fact::scheme: out += exchange_.scheme(); break;
    case core::Fact::client_ip: out += prepared_.client.text(); break;
    case core::Fact::request_id: out += prepared_.request_id; break;
    case core::Fact::backend: break;  // none is chosen where Fairlead answers itself
    case core::Fact::header: out += request.fields.find(name).value_or(""); break;
    case core::Fact::cookie: out += cookie_of(request.fields, name); break;
  }
}

}  // namespace fairlead::proxy
