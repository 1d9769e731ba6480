#include "core/config/options/fixed_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/config/include.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

// Each is held in memory, once for each configuration that is in use.
constexpr size_t kLargest = 8 * 1024 * 1024;

struct Known {
  std::string_view extension;
  std::string_view type;
};

// As IANA has them, by the extensions that everybody uses.
constexpr Known kKnown[] = {
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"gif", "image/gif"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/x-icon"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"md", "text/markdown; charset=utf-8"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"txt", "text/plain; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"woff2", "font/woff2"},
    {"xml", "application/xml"},
    {"yaml", "application/yaml"},
};

// Of the same bytes always the same, on every instance.
std::string etag_of(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("\"{:016x}{:016x}\"", hash.high64, hash.low64);
}

}  // namespace

std::string_view content_type_of(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  const std::string extension = dot == name.npos ? "" : lower_case(name.substr(dot + 1));
  const auto* found = std::ranges::find(kKnown, extension, &Known::extension);
  return found == std::end(kKnown) ? "application/octet-stream" : found->type;
}

Type<FixedBody> fixed_body() {
  const Type<std::string> path = text("the path of a file, relative to this one");
  return {path.shape,
          [path](FixedBody& body, const Node& node, Reader& reader) {
            path.read(body.path, node, reader);
            if (!node.is_scalar() || node.text.empty()) {
              if (node.is_scalar()) reader.error(node, "an empty path names no file");
              return;
            }
            if (!reader.outside().read) return;
            const std::string file = resolved(reader.place(node).file, node.text);
            auto content = reader.outside().read(file);
            if (!content) {
              reader.error(node, fmt::format("cannot read {}: {}", ticked(file), content.error()),
                           "paths are relative to the file that names them; the user that runs "
                           "fairlead must be able to read it");
              return;
            }
            if (content->size() > kLargest) {
              reader.error(node,
                           fmt::format("{} has {} bytes, and at most 8 MiB are held in memory",
                                       ticked(file), content->size()),
                           "let a backend serve it");
              return;
            }
            body.etag = etag_of(*content);
            body.content_type = content_type_of(node.text);
            body.text = std::make_shared<const std::string>(std::move(*content));
          },
          [](const FixedBody& body) { return body.path.empty() ? Node{} : scalar(body.path); }};
}

}  // namespace fairlead::core
