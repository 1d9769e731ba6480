// Fuzzes the whole loader: any bytes as fairlead.yaml, with an include of the same bytes. Whatever
// loads must survive its own dump.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "core/config/dump.h"
#include "core/config/load.h"
#include "core/config/problem.h"

namespace {

using fairlead::core::LoadResult;
using fairlead::core::Outside;

// An input that includes itself many times would only be slow.
constexpr int kMostFiles = 4;

LoadResult load_bytes(const std::string& text) {
  Outside outside;
  int files = 0;
  outside.read = [&](std::string_view) -> std::expected<std::string, std::string> {
    if (++files > kMostFiles) return std::unexpected("no such file");
    return text;
  };
  outside.list = [](std::string_view pattern) {
    return std::vector<std::string>{std::string(pattern) + "1"};
  };
  outside.environment = [](std::string_view name) -> std::optional<std::string> {
    if (name.size() > 3) return {};
    return std::string(name);
  };
  return fairlead::core::load("fairlead.yaml", outside);
}

}  // namespace

// The library loses a kilobyte over some documents that are no YAML: once for each reload of one.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfyaml\n"; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const LoadResult result = load_bytes(std::string(reinterpret_cast<const char*>(data), size));
  CHECK(result.config.has_value() || has_errors(result.problems));
  CHECK(result.problems.empty() == render(result.problems).empty());
  if (!result.config) return 0;
  const std::string dump = fairlead::core::dump_yaml(*result.config);
  const LoadResult again = load_bytes(dump);
  CHECK(again.config.has_value());
  CHECK(fairlead::core::dump_yaml(*again.config) == dump);
  return 0;
}
