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
  ExchangeFacts(http::Exchange& exchange, const http::Prepared& prepared)
      : exchange_(exchange), prepared_(prepared) {}
  void append(std::string& out, core::Fact fact, std::string_view name) const override;

 private:
  http::Exchange& exchange_;
  const http::Prepared& prepared_;
};

}  // namespace fairlead::proxy
