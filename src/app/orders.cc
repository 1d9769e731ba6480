#include "app/orders.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/admin_client.h"
#include "app/run.h"
#include "app/tell.h"
#include "control/order_report.h"

namespace fairlead::app {
namespace {

// Every byte that could mean something in a path, and those that are none of a URI's.
std::string encode(std::string_view segment) {
  std::string out;
  for (const char c : segment) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~:").contains(c);
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// Sends it, and prints what `report` makes of a good answer.
int give(const Address& admin, http::FetchRequest request,
         control::OrderReport (*report)(std::string_view)) {
  const auto answer = ask_admin(admin, std::move(request));
  if (!answer) {
    complain_of_admin(admin, answer.error());
    return kWrong;
  }
  if (answer->status == 200) {
    const control::OrderReport done = report(answer->body);
    if (done) return tell(*done);
  }
  const auto why = control::refusal_report(answer->body);
  if (why) {
    fmt::print(stderr, "{}", *why);
  } else {
    complain_of_admin(admin, {Code::unsupported, Side::upstream, Again::no,
                              fmt::format("it was answered with {}", answer->status)});
  }
  return kWrong;
}

}  // namespace

int run_backend_order(const Address& admin, const BackendOrder& order) {
  const auto body = control::order_body(order.verb, order.value);
  if (!body) {
    fmt::print(stderr, "fairlead backend {}: {}\n", order.verb, body.error());
    return kUsage;
  }
  return give(admin,
              {.method = "PATCH",
               .path = fmt::format("/api/v1/pools/{}/backends/{}", encode(order.pool),
                                   encode(order.backend)),
               .fields = {{"content-type", "application/json"}},
               .body = *body},
              &control::order_report);
}

int run_split_order(const Address& admin, const SplitOrder& order) {
  const auto body = control::split_body(order.weights);
  if (!body) {
    fmt::print(stderr, "fairlead split: {}\n", body.error());
    return kUsage;
  }
  const std::string listener = order.listener.empty() ? "" : "?listener=" + encode(order.listener);
  return give(admin,
              {.method = "PATCH",
               .path = fmt::format("/api/v1/routes/{}{}", encode(order.route), listener),
               .fields = {{"content-type", "application/json"}},
               .body = *body},
              &control::split_report);
}

int run_reload(const Address& admin) {
  return give(admin, {.method = "POST", .path = "/api/v1/reload"}, &control::reload_report);
}

}  // namespace fairlead::app
