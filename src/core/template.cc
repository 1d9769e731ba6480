#include "core/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/config/emit.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

constexpr std::array<std::pair<std::string_view, Fact>, 8> kPlain = {
    {{"uri", Fact::uri},
     {"path", Fact::path},
     {"query", Fact::query},
     {"host", Fact::host},
     {"scheme", Fact::scheme},
     {"client_ip", Fact::client_ip},
     {"request_id", Fact::request_id},
     {"backend", Fact::backend}}};
constexpr std::array<std::pair<std::string_view, Fact>, 2> kNamed = {
    {{"header", Fact::header}, {"cookie", Fact::cookie}}};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// RFC 9110 5.6.2: token.
bool is_token(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || is_lower(c) || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

Template::Fault unknown(std::string_view inner, std::span<const Fact> without) {
  std::vector<std::string> names;
  for (const auto& [name, fact] : kPlain)
    if (!contains(without, fact)) names.emplace_back(name);
  for (const auto& [name, fact] : kNamed) names.push_back(fmt::format("{}:NAME", name));
  const std::string_view word = inner.substr(0, inner.find(':'));
  std::vector<std::string> words(names);
  for (std::string& each : words) each = each.substr(0, each.find(':'));
  std::string hint;
  if (auto near = nearest(word, words)) {
    const auto index = static_cast<size_t>(std::ranges::find(words, *near) - words.begin());
    hint = fmt::format("did you mean `{{{}}}`? ", names[index]);
  }
  for (std::string& each : names) each = fmt::format("{{{}}}", each);
  return {fmt::format("`{{{}}}` is not known", inner),
          fmt::format("{}allowed: {}; `{{{{` writes one `{{`", hint, enumerate(names, "and"))};
}

// RFC 3986 3.3: and inside of one segment of a path. A '%' would begin an escape that nobody wrote.
bool is_of_segment(char c) { return is_of_uri(c) && !std::string_view("/?#[]%").contains(c); }

template <typename IsPlain>
std::string percent_encoded(std::string_view text, IsPlain&& is_plain) {
  std::string out;
  for (const char c : text) {
    if (is_plain(c))
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string escaped(std::string_view value, Fact fact, Escape escape) {
  switch (escape) {
    case Escape::none: break;
    case Escape::path:
      if (fact == Fact::path) break;  // normalised already
      return percent_encoded(value, is_of_segment);
    case Escape::json: {
      const std::string quoted = json_string(value);
      return quoted.substr(1, quoted.size() - 2);
    }
    case Escape::html: return html_text(value);
  }
  return std::string(value);
}

}  // namespace

std::string_view name_of(Fact fact) {
  for (const auto& [name, each] : kPlain)
    if (each == fact) return name;
  for (const auto& [name, each] : kNamed)
    if (each == fact) return name;
  return {};
}

bool is_of_client(Fact fact) {
  switch (fact) {
    case Fact::uri:
    case Fact::path:
    case Fact::query:
    case Fact::host:
    case Fact::header:
    case Fact::cookie: return true;
    case Fact::scheme:
    case Fact::client_ip:
    case Fact::request_id:
    case Fact::backend: return false;
  }
  return true;
}

bool is_of_uri(char c) {
  return c > 0x20 && c < 0x7f && !std::string_view("\"<>\\^`{|}").contains(c);
}

std::expected<Template::Piece, Template::Fault> Template::parse_place(
    std::string_view inner, std::span<const Fact> without) {
  const size_t colon = inner.find(':');
  if (colon == inner.npos) {
    for (const auto& [name, fact] : kPlain) {
      if (inner == name) return Piece{true, fact, ""};
    }
    return std::unexpected(unknown(inner, without));
  }
  for (const auto& [name, fact] : kNamed) {
    if (inner.substr(0, colon) != name) continue;
    const std::string_view wanted = inner.substr(colon + 1);
    if (!is_token(wanted)) {
      return std::unexpected(
          Fault{fmt::format("`{{{}}}` names no {}", inner, name),
                fmt::format("write the name after the colon, such as `{{{}:session}}`", name)});
    }
    return Piece{true, fact, fact == Fact::header ? lower_case(wanted) : std::string(wanted)};
  }
  return std::unexpected(unknown(inner, without));
}

void Template::add_literal(std::string_view text) {
  if (text.empty()) return;
  if (pieces_.empty() || pieces_.back().is_fact) pieces_.emplace_back();
  pieces_.back().text += text;
}

std::expected<Template, Template::Fault> Template::parse(std::string_view text,
                                                         std::span<const Fact> without) {
  Template result;
  result.text_ = text;
  while (!text.empty()) {
    const size_t open = std::min(text.find('{'), text.size());
    result.add_literal(text.substr(0, open));
    text.remove_prefix(open);
    if (text.empty()) break;
    if (text.starts_with("{{")) {
      result.add_literal("{");
      text.remove_prefix(2);
    } else if (text.size() < 2 || !is_lower(text[1])) {
      result.add_literal("{");
      text.remove_prefix(1);
    } else {
      const size_t close = text.find('}');
      if (close == text.npos) {
        return std::unexpected(
            Fault{fmt::format("{} has no closing `}}`", ticked(text)), "`{{` writes one `{`"});
      }
      auto piece = parse_place(text.substr(1, close - 1), without);
      if (!piece) return std::unexpected(piece.error());
      result.pieces_.push_back(std::move(*piece));
      text.remove_prefix(close + 1);
    }
  }
  return result;
}

std::string Template::expand(const TemplateFacts& facts, Escape escape) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    if (piece.is_fact && escape == Escape::none) {
      facts.append(out, piece.fact, piece.text);
    } else if (piece.is_fact) {
      std::string value;
      facts.append(value, piece.fact, piece.text);
      out += escaped(value, piece.fact, escape);
    } else {
      out += piece.text;
    }
  }
  return out;
}

bool Template::asks_for(Fact fact) const {
  return std::ranges::any_of(
      pieces_, [fact](const Piece& piece) { return piece.is_fact && piece.fact == fact; });
}

bool Template::asks_client() const {
  return std::ranges::any_of(
      pieces_, [](const Piece& piece) { return piece.is_fact && is_of_client(piece.fact); });
}

std::optional<std::string_view> Template::constant() const {
  if (!is_constant()) return {};
  return pieces_.empty() ? std::string_view() : std::string_view(pieces_.front().text);
}

bool Template::is_constant() const {
  return std::ranges::none_of(pieces_, [](const Piece& piece) { return piece.is_fact; });
}

}  // namespace fairlead::core
