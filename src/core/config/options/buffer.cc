// buffer: bodies that are taken in before they are passed on.
#include <fmt/format.h>

#include "core/config/options/sections.h"
#include "core/config/types.h"

namespace fairlead::core {
namespace {

constexpr uint32_t kLeast = 1024;
constexpr uint32_t kMost = 64 * 1024 * 1024;

Type<uint32_t> bytes() { return off_or<uint32_t>(0, size(kLeast, kMost)); }

Node expand(const Node& node, Reader&) {
  if (!node.is_scalar()) return node;
  if (!parse_size(node.text, kLeast, kMost)) return map_of("request", node);  // told once
  Node both = map_of("request", node);
  both.set("response", node);
  return both;
}

void finish(BufferConfig&, const Node& node, Reader& reader) {
  if (node.entries.empty())
    reader.error(node, fmt::format("{} buffers nothing", reader.where()),
                 "for example `{ request: 1MiB }`");
}

}  // namespace

const Section<BufferConfig>& buffer_section() {
  static const Section<BufferConfig> section = {
      .name = "buffer",
      .heading = "Buffering",
      .help =
          "How much of a body is taken in before it goes on, so that a slow client does not keep a "
          "backend busy: docs/edits.md. What is longer flows on behind it.",
      .options = {{"request", &BufferConfig::request, bytes(),
                   "The backend is asked when the body is here, or this much of it. Such a request "
                   "can be given to another backend as long as all of its body is held.",
                   "1MiB"},
                  {"response", &BufferConfig::response, bytes(),
                   "So much of a response is read ahead of the client; the backend is free when "
                   "it has sent the last byte of it.",
                   "1MiB"}},
      .expand = expand,
      .short_forms = {{size(kLeast, kMost).shape, "buffer: 1MiB",
                       "buffer: { request: 1MiB, response: 1MiB }"}},
      .turn_off = [](BufferConfig& buffer) { buffer = {}; },
      .is_off = [](const BufferConfig& buffer) { return !buffer.any(); },
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core
