// Fuzzes what routes match: routes and requests made of the input's bytes, for which the index must
// find what trying one route after the other finds; or, by the first byte, the bytes as a query and
// as JSON.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "core/json_text.h"
#include "core/query.h"
#include "core/route_index.h"
#include "core/test_routes.h"

namespace {

using namespace fairlead::core;

// More would only be slow: an expression takes longer to compile than a route to be found.
constexpr uint32_t kMostRoutes = 40;
constexpr int kRequests = 20;

// Choices from bytes; zeros when they are used up.
class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint32_t below(uint32_t bound) {
    if (size_ == 0) return 0;
    --size_;
    return *data_++ % bound;
  }
  std::string_view rest() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  const uint8_t* data_;
  size_t size_;
};

// Whatever it is, it is read or refused, and every value that is found can be told.
void read_json(std::string_view text) {
  const auto json = JsonText::parse(text);
  if (!json) return;
  for (const char* pointer : {"", "/a", "/0", "/a/0", "/", "/~01"}) {
    const JsonText::Value* value = json->find(pointer);
    if (value != nullptr)
      CHECK(value->is_structured() == json->text_of(*value).empty() ||
            value->kind == JsonText::Value::Kind::string);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes bytes(data, size);
  if (bytes.below(4) == 0) {
    any_parameter(bytes.rest(), "a", [](std::string_view value) { return value.size() > 1000; });
    read_json(bytes.rest());
    return 0;
  }
  RouteMaker maker([&](uint32_t bound) { return bytes.below(bound); });
  std::vector<RouteConfig> configs(1 + bytes.below(kMostRoutes));
  for (RouteConfig& config : configs) config = maker.route();
  const std::vector<Route> routes = routes_of(configs);
  const RouteIndex index(routes);
  for (int i = 0; i < kRequests; ++i) {
    const Facts facts = maker.request();
    CHECK(index.find(routes, facts) == first_by_hand(routes, facts));
  }
  return 0;
}
