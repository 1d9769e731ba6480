// What a template may ask about an exchange.
#pragma once

#include <string>
#include <string_view>

#include "core/template.h"
#include "http/exchange.h"
#include "http/prepared.h"

namespace fairlead::proxy {

class ExchangeFacts final : public core::TemplateFacts {
 public:
  // `backend`: who answers; empty: nobody was chosen. All of it outlives this.
  ExchangeFacts(http::Exchange& exchange, const http::Prepared& prepared,
                std::string_view backend = {})
      : exchange_(exchange), prepared_(prepared), backend_(backend) {}
  void append(std::string& out, core::Fact fact, std::string_view name) const override;

 private:
  http::Exchange& exchange_;
  const http::Prepared& prepared_;
  std::string_view backend_;
};

}  // namespace fairlead::proxy
