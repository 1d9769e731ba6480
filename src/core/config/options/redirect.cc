// redirect: routes that send the client elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/config/options/sections.h"
#include "core/config/options/template_text.h"
#include "core/config/types.h"
#include "core/config/words.h"
#include "core/redirect_target.h"

namespace fairlead::core {
namespace {

// `redirect: https`.
constexpr std::string_view kSameByHttps = "https://{host}{uri}";

// `redirect: {path}`, which YAML takes for a mapping, is told as what it was meant to be.
Node expand_redirect(const Node& node, Reader& reader) {
  const bool braces = node.is_map() && node.flow && node.entries.size() == 1;
  if (braces && node.entries[0].value.null && !expect_text(node, Shape{.words = "text"}, reader))
    return map_of("to", scalar("/"));
  return node.is_scalar() ? map_of("to", node) : node;
}

void finish_redirect(Redirect& redirect, const Node& node, Reader& reader) {
  const Node* to = node.find("to");
  if (to == nullptr && !reader.notebook().may_be_lost({"to"})) {
    reader.error(node, fmt::format("{} has no `to`", reader.where()),
                 "for example `redirect: https`");
  }
  if (to == nullptr) return;
  if (const auto place = chosen_by_client(redirect.to)) {
    reader.warning(*to,
                   fmt::format("{} in the host lets whoever writes a link choose where it leads",
                               ticked(*place)),
                   "write the host out, with a route for each; `{host}` is the one that was asked");
  }
}

Type<Template> target() {
  Type<Template> type = template_text();
  type.shape.words =
      "an absolute URL or a path, in which `{uri}`, `{host}` and the like are filled in";
  return text_type<Template>(
      type.shape,
      [](std::string_view text) -> Parsed<Template> {
        const bool visible = std::ranges::none_of(
            text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
        if (!visible)
          return wrong(fmt::format("{} holds a space or a control character", ticked(text)));
        const bool absolute = text.starts_with("https://") || text.starts_with("http://");
        if (!absolute && !text.starts_with('/') && !text.starts_with('{')) {
          return wrong(fmt::format("{} is neither a URL nor a path", ticked(text)),
                       fmt::format("did you mean `https://{}`?", text));
        }
        auto parsed = parse_template(text);
        if (!parsed) return parsed;
        if (auto fault = fault_of_target(*parsed)) return wrong(fault->message, fault->hint);
        return parsed;
      },
      type.show);
}

// Only the word `https` passes over who came by it: another URL may well be meant for everybody.
Type<Redirect> target_or_https() {
  const Type<Template> url = target();
  const Shape word{.words = "`https`", .choices = {"https"}};
  return {Shape{.kind = Shape::Kind::either,
                .words = fmt::format("{}; or {}", word.words, url.shape.words),
                .parts = {word, url.shape}},
          [url](Redirect& redirect, const Node& node, Reader& reader) {
            Node target = node;
            redirect.only_plain = node.is_scalar() && node.text == "https";
            if (redirect.only_plain) target.text = kSameByHttps;
            url.read(redirect.to, target, reader);
          },
          [url](const Redirect& redirect) {
            return redirect.only_plain ? scalar("https") : url.show(redirect.to);
          }};
}

}  // namespace

Type<uint16_t> status_type(std::vector<uint16_t> allowed, uint16_t least, uint16_t most) {
  Shape shape{.kind = Shape::Kind::number,
              .words = fmt::format("a status from {} to {}", least, most),
              .least = least,
              .most = most};
  if (!allowed.empty()) {
    std::vector<std::string> words;
    for (uint16_t status : allowed) words.push_back(fmt::format("{}", status));
    shape = choice_shape(words);
  }
  return text_type<uint16_t>(
      shape,
      [allowed, least, most](std::string_view text) -> Parsed<uint16_t> {
        auto value = parse_number(text, least, most);
        if (!value) return std::unexpected(value.error());
        const auto status = static_cast<uint16_t>(*value);
        if (!allowed.empty() && !contains(allowed, status)) {
          return wrong(fmt::format("{} is not one of them", ticked(text)));
        }
        return status;
      },
      [](const uint16_t& value) { return number(fmt::format("{}", value)); });
}

const Section<Redirect>& redirect_section() {
  static const Section<Redirect> section = {
      .name = "redirect",
      .heading = "Redirects",
      .help =
          "Answers with another address. In `to` are filled in: `{uri}` (path, and the query if "
          "there is one), "
          "`{path}`, `{query}`, `{host}` (without its port), `{scheme}`, `{client_ip}`, "
          "`{request_id}`, "
          "`{header:NAME}` and `{cookie:NAME}`. `https` alone leads to the same by https, and "
          "passes over "
          "requests that came so already, also to a trusted proxy in front: the next route that "
          "fits takes them. Any other address is for all.",
      .options = {{"to", kItself, target_or_https(), "Where the client is sent.",
                   "\"https://cdn.example.com{uri}\""},
                  {"status", &Redirect::status, status_type({301, 302, 303, 307, 308}),
                   "301 and 308 are kept by browsers, 302, 303 and 307 are not; 307 and 308 keep "
                   "the method.",
                   "308"}},
      .expand = expand_redirect,
      .short_forms = {{Shape{.words = "`https`", .choices = {"https"}}, "redirect: https",
                       "redirect: { to: https, status: 301 }"},
                      {target().shape, "redirect: /new", "redirect: { to: /new, status: 301 }"}},
      .finish = finish_redirect,
  };
  return section;
}

}  // namespace fairlead::core
