// http: what an HTTP listener allows its clients.
#include <fmt/format.h>

#include <algorithm>

#include "core/config/options/later.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

Type<HttpVersions> versions() {
  Shape version{.words = "`1.1` or `2`", .choices = {"1.1", "2"}};
  Type<std::string> one = text_type<std::string>(
      version,
      [](std::string_view text) -> Parsed<std::string> {
        if (text == "1.1" || text == "2") return std::string(text);
        if (is_later("versions", text)) {
          return wrong(
              fmt::format("HTTP version {} is not in this version of fairlead yet", ticked(text)));
        }
        return wrong(fmt::format("{} is not a version of HTTP that is served", ticked(text)));
      },
      [](const std::string& value) { return scalar(value); });
  Type<std::vector<std::string>> all = list_of(one, "a list of versions: `1.1`, `2`");
  return {all.shape,
          [all](HttpVersions& versions, const Node& node, Reader& reader) {
            std::vector<std::string> given;
            all.read(given, node, reader);
            versions.http1 = std::ranges::find(given, "1.1") != given.end();
            versions.http2 = std::ranges::find(given, "2") != given.end();
            if (node.is_list() && node.items.empty())
              reader.error(node, "`versions` names none", "for example `versions: [1.1, 2]`");
          },
          [](const HttpVersions& versions) {
            std::vector<Node> items;
            if (versions.http1) items.push_back(number("1.1"));
            if (versions.http2) items.push_back(number("2"));
            return list(std::move(items));
          }};
}

}  // namespace

const Section<HttpLimits>& http_section() {
  static const Section<HttpLimits> section = {
      .name = "http",
      .heading = "HTTP limits",
      .help = "What an HTTP listener allows its clients.",
      .options =
          {{"versions", &HttpLimits::versions, versions(),
            "The versions of HTTP that are spoken: over TLS the client chooses, in clear text "
            "HTTP/2 is known by how it begins.",
            "[1.1]"},
           {"max_streams", &HttpLimits::max_streams, whole_number(1, 1000, "streams"),
            "How many exchanges one connection of HTTP/2 may have at once.", "100"},
           {"max_connection_age", &HttpLimits::max_connection_age, duration(0s, 30 * 24h),
            "How old a client's connection may become: it is told to open another one, and ends "
            "behind what runs.",
            "1h"},
           {"header_timeout", &HttpLimits::header_timeout, duration(1ms, 1h),
            "From the first byte of a request to the end of its header section. Too slow: 408.",
            "10s"},
           {"body_timeout", &HttpLimits::body_timeout, duration(1ms, 24h),
            "Each stretch in which a client sends nothing of a body that it owes.", "30s"},
           {"max_header_size", &HttpLimits::max_header_bytes, size(1024, 192 * 1024),
            "Request line and fields together. Above: 431.", "64KiB"},
           {"max_header_fields", &HttpLimits::max_header_fields, whole_number(1, 256, "fields"),
            "How many fields a request may have. Above: 431.", "200"},
           {"max_request_line", &HttpLimits::max_request_line, size(256, 192 * 1024),
            "The request line alone.", "8KiB"},
           {"encoded_slash", &HttpLimits::encoded_slash,
            choice<EncodedSlash>({{"refuse", EncodedSlash::refuse}, {"keep", EncodedSlash::keep}}),
            "What becomes of `%2f` and `%5c` in a path, which some backends decode into separators "
            "after the routes "
            "were matched: answered with 400, or passed on as they are.",
            "keep"},
           {"max_match_body", &HttpLimits::max_match_body, size(1024, 1024 * 1024),
            "How much of a body is read into memory where a `match` or a key asks for something in "
            "it. A larger body is passed on like any other, and matches nothing.",
            "64KiB"}},
  };
  return section;
}

}  // namespace fairlead::core
