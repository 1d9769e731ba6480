// respond: routes that answer by themselves.
#include <fmt/format.h>

#include <algorithm>

#include "core/config/emit.h"
#include "core/config/options/fixed_body.h"
#include "core/config/options/header_fields.h"
#include "core/config/options/names.h"
#include "core/config/options/sections.h"
#include "core/config/options/template_text.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

// RFC 8259 6.
bool is_json_number(std::string_view text) {
  const auto digits = [&] {
    const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

// What YAML 1.2 takes for a number, a truth value or null is one in JSON.
Node typed(const Node& node) {
  Node out = node;
  if (node.is_scalar() && node.plain) {
    if (node.text.empty() || node.text == "~") out.text = "null";
    out.number =
        node.null || node.text == "true" || node.text == "false" || is_json_number(node.text);
  }
  for (Node& item : out.items) item = typed(item);
  for (Entry& entry : out.entries) entry.value = typed(entry.value);
  return out;
}

// `json: VALUE` is a body of that text, and its type.
Node expand(const Node& given, Reader& reader) {
  if (!given.is_map()) return given;
  const Node* json = given.find("json");
  if (json == nullptr) return given;
  for (const std::string_view other : {"body", "file"}) {
    if (const Node* both = given.find(other))
      reader.error(*both, fmt::format("a response has both `json` and `{}`", other),
                   "keep one of them");
  }
  Node node = map(given.spot);
  for (const Entry& entry : given.entries) {
    if (entry.key.text != "json" && entry.key.text != "body" && entry.key.text != "file")
      node.entries.push_back(entry);
  }
  node.set("body", scalar(json_text(typed(*json)) + "\n", json->spot));
  if (given.find("content_type") == nullptr)
    node.set("content_type", scalar("application/json", json->spot));
  return node;
}

// What expand() has taken already.
Type<Respond> any_value() {
  return {Shape{.words = "any value"}, [](Respond&, const Node&, Reader&) {},
          [](const Respond&) { return Node{}; }};
}

void check_bodiless(const Respond& respond, const Node& node, Reader& reader) {
  // A status that has no body (RFC 9110 15.3.5, 15.4.5) must not be given one.
  const bool bodiless = respond.status == 204 || respond.status == 205 || respond.status == 304;
  for (const std::string_view name : {"body", "file"}) {
    const Node* body = node.find(name);
    if (bodiless && body != nullptr)
      reader.error(*body, fmt::format("a response with status {} has no body", respond.status),
                   fmt::format("leave `{}` out, or answer 200", name));
  }
}

void finish(Respond& respond, const Node& node, Reader& reader) {
  check_bodiless(respond, node, reader);
  const Node* file = node.find("file");
  if (file == nullptr) return;
  if (const Node* body = node.find("body"))
    reader.error(*body, "a response has both `body` and `file`", "keep one of them");
  if (node.find("content_type") == nullptr && !respond.file.content_type.empty())
    respond.content_type = respond.file.content_type;
}

bool has_text(const Respond& respond) { return respond.file.path.empty(); }

}  // namespace

const Section<Respond>& respond_section() {
  static const Section<Respond> section = {
      .name = "respond",
      .heading = "Responses",
      .help =
          "Answers with a fixed status and body. The same texts as in a redirect are filled in; "
          "where `content_type` is JSON or HTML, what is filled in is escaped for it.",
      .options = {{"status", &Respond::status, status_type({}, 200), "The status.", "200"},
                  Option<Respond>("body", &Respond::body, template_text(), "The body.", "ok")
                      .shown_when(has_text),
                  {"json", kItself, any_value(),
                   "The body, as a value that is written as JSON; `content_type` is then "
                   "`application/json`.",
                   "{ ok: true }"},
                  {"file", &Respond::file, fixed_body(),
                   "The body, from a file that is read with the configuration, as it stands. Its "
                   "`etag` is of its bytes, and `content_type` by its extension.",
                   "robots.txt"},
                  {"content_type", &Respond::content_type, media_type(), "Its `content-type`.",
                   "application/json"},
                  {"headers", &Respond::headers, header_fields(HeaderSide::answer),
                   "Further fields.", "{ cache-control: no-store }"}},
      .expand = expand,
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core
