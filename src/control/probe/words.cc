#include "control/probe/words.h"

#include "core/config/words.h"

namespace fairlead::control {
namespace {

// A sentence of a server's; more of it would drown the log line that it stands in.
constexpr size_t kMost = 200;

}  // namespace

std::string said(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const size_t size = core::utf8_length(text);
    const size_t taken = size == 0 ? 1 : size;
    if (clean.size() + taken > kMost) return clean + "...";
    const auto byte = static_cast<unsigned char>(text[0]);
    const bool shown = size > 1 || (size == 1 && byte >= 0x20 && byte != 0x7f);
    clean += shown ? text.substr(0, taken) : "?";
    text.remove_prefix(taken);
  }
  return clean;
}

}  // namespace fairlead::control
