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
  ListenerFit best_fit = ListenerFit::none;
  for (const auto& listener : snapshot.listeners) {
    const ListenerFit fit = fit_of(*listener->config, request).fit;
    if (fit >= best_fit) continue;
    best = listener.get();
    best_fit = fit;
  }
  return best;
}

}  // namespace fairlead::core
