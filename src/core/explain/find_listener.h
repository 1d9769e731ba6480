// Which listener a described request comes to: by name, or by protocol, port and address.
#pragma once

#include <string>

#include "core/explain/explanation.h"

namespace fairlead::core {

// How well a listener fits, from best to worst; only the best of all is taken.
enum class ListenerFit : uint8_t {
  named,          // it was asked for
  address,        // bound to the very address and port
  port,           // bound to the port
  only_protocol,  // of the protocol, where the request names no port
  none,
};

struct FittedListener {
  ListenerFit fit = ListenerFit::none;
  std::string why;  // in words: "bound to port 8080", "bound to port 8081, not 80"
};

FittedListener fit_of(const ListenerConfig& listener, const DescribedRequest& request);

}  // namespace fairlead::core
