// A gRPC probe passes when the backend's health service says SERVING.
//
// grpc.health.v1.Health/Check over HTTP/2. A server without that service fails: it
// cannot say that it is well.
#include <fmt/format.h>

#include <algorithm>

#include "control/probe/probe.h"
#include "control/probe/words.h"
#include "http/fetch_h2.h"
#include "wire/grpc_health.h"

namespace fairlead::control {
namespace {

namespace grpc = wire::grpc;

// The message has two bytes; unknown fields are passed over.
constexpr size_t kMostBody = 4096;

std::string field(const http::Fetched& fetched, std::string_view name) {
  const auto found = std::ranges::find(
      fetched.fields, name, [](const auto& each) { return std::string_view(each.first); });
  return found == fetched.fields.end() ? std::string() : found->second;
}

ProbeResult judge(const http::Fetched& fetched) {
  if (fetched.status != 200) return failed(fmt::format("status {}", fetched.status));
  if (!fetched.content_type.starts_with("application/grpc"))
    return failed("the answer is not gRPC");
  const std::string status = field(fetched, "grpc-status");
  if (status.empty()) return failed("the answer has no `grpc-status`");
  if (status != "0") {
    const std::string message = grpc::decode_message(field(fetched, "grpc-message"));
    return failed(fmt::format("{}{}{}", said(grpc::status_name(status)),
                              message.empty() ? "" : ": ", said(message)));
  }
  const auto serving = grpc::parse_health_response(fetched.body);
  if (!serving) return failed(serving.error());
  const std::string name(grpc::name_of(*serving));
  return *serving == grpc::Serving::serving ? pass(name) : failed(name);
}

class GrpcProbe final : public Probe {
 public:
  explicit GrpcProbe(const core::ProbeConfig& config)
      : request_(grpc::health_request(config.grpc_service)) {}

  net::Task<ProbeResult> run(net::Network& network, Asked whom,
                             Instant deadline) const override {
    http::FetchRequest request{.method = "POST",
                               .path = "/grpc.health.v1.Health/Check",
                               .fields = {{"content-type", "application/grpc"},
                                          {"te", "trailers"},
                                          {"user-agent", "fairlead-probe"}},
                               .body = request_};
    const auto fetched = co_await http::fetch_h2(network, std::move(whom.address), std::move(request),
                                                 deadline, kMostBody, std::move(whom.tls));
    if (!fetched) co_return result_of(fetched.error());
    co_return judge(*fetched);
  }

 private:
  std::string request_;
};

}  // namespace

std::unique_ptr<Probe> make_grpc_probe(const core::ProbeConfig& config);
std::unique_ptr<Probe> make_grpc_probe(const core::ProbeConfig& config) {
  return std::make_unique<GrpcProbe>(config);
}

}  // namespace fairlead::control
