#include "core/explain/find_listener.h"

#include <fmt/format.h>

#include <algorithm>

namespace fairlead::core {
namespace {

std::string addresses_of(const ListenerConfig& listener) {
  std::string text;
  for (const Address& address : listener.bind) {
    if (!text.empty()) text += ", ";
    text += address.text();
  }
  return text;
}

std::string_view name_of(Protocol protocol) { return protocol == Protocol::tcp ? "TCP" : "HTTP"; }

bool binds_port(const ListenerConfig& listener, uint16_t port) {
  return std::ranges::any_of(listener.bind, [&](const Address& address) {
    return !address.is_unix() && address.port() == port;
  });
}

bool binds_address(const ListenerConfig& listener, const std::string& host, uint16_t port) {
  std::string_view bare = host;
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  const auto ip = Ip::parse(bare);
  return ip && std::ranges::any_of(listener.bind, [&](const Address& address) {
           return !address.is_unix() && address.port() == port && address.ip() == *ip;
         });
}

}  // namespace

FittedListener fit_of(const ListenerConfig& listener, const DescribedRequest& request) {
  if (!request.listener.empty()) {
    if (listener.name == request.listener) return {ListenerFit::named, "asked for by name"};
    return {ListenerFit::none, "another was asked for by name"};
  }
  if (listener.protocol != request.protocol)
    return {ListenerFit::none, fmt::format("speaks {}", name_of(listener.protocol))};
  if (listener.tls && request.scheme_said && request.scheme != "https")
    return {ListenerFit::none, "speaks TLS: plain HTTP is refused there"};
  const uint16_t port = request.port_meant();
  if (binds_address(listener, request.host, port))
    return {ListenerFit::address, fmt::format("bound to {} port {}", request.host, port)};
  if (binds_port(listener, port)) return {ListenerFit::port, fmt::format("bound to port {}", port)};
  const auto fit = request.port ? ListenerFit::none : ListenerFit::only_protocol;
  if (port == 0) return {fit, fmt::format("speaks {}", name_of(listener.protocol))};
  return {fit, fmt::format("bound to {}, not to port {}", addresses_of(listener), port)};
}

const ListenerSnapshot* find_listener(const Snapshot& snapshot, const DescribedRequest& request) {
  const ListenerSnapshot* best = nullptr;
  std::pair best_fit(ListenerFit::none, false);
  for (const auto& listener : snapshot.listeners) {
    const core::ListenerConfig& config = *listener->config;
    // Of two that fit as well, the one that speaks the scheme: a proxy may end TLS in front of us.
    const bool other_scheme = config.tls.has_value() != (request.scheme == "https");
    const std::pair fit(fit_of(config, request).fit, other_scheme);
    if (fit.first == ListenerFit::none || (best && fit >= best_fit)) continue;
    best = listener.get();
    best_fit = fit;
  }
  return best;
}

}  // namespace fairlead::core
