#include "proxy/template_facts.h"

#include "proxy/cookie.h"
#include "proxy/header.h"

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
    case core::Fact::host: out += prepared_.outside_host; break;
    case core::Fact::scheme: out += prepared_.scheme; break;
    case core::Fact::client_ip: out += prepared_.client_text; break;
    case core::Fact::request_id: out += prepared_.request_id; break;
    case core::Fact::backend: out += backend_; break;
    case core::Fact::header: out += header_of(request, name); break;
    case core::Fact::cookie: out += cookie_of(request.fields, name); break;
  }
}

}  // namespace fairlead::proxy
