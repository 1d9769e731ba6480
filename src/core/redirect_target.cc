#include "core/redirect_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/words.h"

namespace fairlead::core {
namespace {

// Where in an address the next letter stands.
enum class Part : unsigned char { begin, authority, path, query, fragment };

// Whether the address names its host, by how its template begins.
bool is_absolute(const Template& to) {
  const auto pieces = to.pieces();
  if (pieces.empty()) return false;
  if (pieces[0].is_fact) return pieces[0].fact == Fact::scheme;
  const std::string_view text = pieces[0].text;
  return text.starts_with("//") || text.starts_with("https://") || text.starts_with("http://");
}

// Where the text ends; that of its authority is given, too.
struct Reached {
  Part part = Part::begin;
  std::string_view authority = {};
};

Reached reached(std::string_view text, bool absolute) {
  if (!absolute && text.empty()) return {};
  Reached at{.part = Part::path};
  if (absolute) {
    const size_t slashes = text.find("//");
    if (slashes == text.npos) return {};  // within the scheme
    text.remove_prefix(slashes + 2);
    const size_t end = std::min(text.find_first_of("/\\?#"), text.size());
    at.authority = text.substr(0, end);
    if (end == text.size()) return {Part::authority, at.authority};
    text.remove_prefix(end);
  }
  if (text.contains('#'))
    at.part = Part::fragment;
  else if (text.contains('?'))
    at.part = Part::query;
  return at;
}

bool is_of_host_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_';
}

// It was read as a host when the request came; this is the second lock.
bool is_of_host(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7f &&
         !std::string_view("/?#@\\").contains(c);
}

bool is_whole_uri(Fact fact) { return fact == Fact::uri || fact == Fact::path; }

// {header:NAME} and {cookie:NAME}: a text of any kind.
bool is_free_text(Fact fact) { return fact == Fact::header || fact == Fact::cookie; }

std::string_view ends_of(Part part, Fact fact) {
  if (part == Part::query && fact != Fact::uri && fact != Fact::query) return "&=#+";
  if (part == Part::path && is_free_text(fact)) return "?#";
  return part == Part::fragment ? "" : "#";
}

std::string encoded(std::string_view value, std::string_view also) {
  std::string out;
  for (const char c : value) {
    if (is_of_uri(c) && !also.contains(c))
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// The piece as it is written.
std::string place_of(const Template::Piece& piece) {
  return piece.text.empty() ? fmt::format("{{{}}}", name_of(piece.fact))
                            : fmt::format("{{{}:{}}}", name_of(piece.fact), piece.text);
}

std::string_view without_slashes(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of("/\\"), text.size()));
}

std::unexpected<std::string> no_target(std::string why) { return std::unexpected(std::move(why)); }

// Where what was filled in came out empty, a second slash would make a host of what follows.
void add_literal(std::string& out, std::string_view text, bool absolute) {
  const bool begins = !absolute && (out == "/" || (out.empty() && text.starts_with('/')));
  if (begins) out = "/";
  out += begins ? without_slashes(text) : text;
}

// Fills in one place behind `out`.
std::expected<void, std::string> fill_in(std::string& out, const Template::Piece& piece,
                                         std::string_view value, bool absolute) {
  const Part part = reached(out, absolute).part;
  if (part == Part::begin && absolute) {
    if (piece.fact != Fact::scheme) return no_target("what is filled in makes no URL");
    out += encoded(value, "");
    return {};
  }
  // OPTIONS * is about the server as a whole, and no address names that.
  if (is_whole_uri(piece.fact) && value.starts_with('*')) value = "/";
  // A path is what ends an authority.
  if (part == Part::authority && !is_whole_uri(piece.fact)) {
    const bool good =
        std::ranges::all_of(value, piece.fact == Fact::host ? is_of_host : is_of_host_name);
    if (!good) return no_target(fmt::format("of {} no host can be made", place_of(piece)));
    out += value;
    return {};
  }
  if (part == Part::begin && value.empty()) return {};
  if (part == Part::begin && !value.starts_with('/'))
    return no_target(fmt::format("{} is no path", place_of(piece)));
  if (part == Part::begin || (!absolute && out == "/")) {
    value = without_slashes(value);
    out = "/";
  }
  out += encoded(value, ends_of(part, piece.fact));
  return {};
}

}  // namespace

std::expected<std::string, std::string> redirect_target(const Template& to,
                                                        const TemplateFacts& facts) {
  const bool absolute = is_absolute(to);
  std::string out;
  for (const Template::Piece& piece : to.pieces()) {
    if (!piece.is_fact) {
      add_literal(out, piece.text, absolute);
      continue;
    }
    std::string value;
    facts.append(value, piece.fact, piece.text);
    if (auto done = fill_in(out, piece, value, absolute); !done)
      return std::unexpected(std::move(done.error()));
  }
  if (!absolute && !out.starts_with('/')) return no_target("what is filled in makes no path");
  if (!absolute) return out;
  std::string_view host = reached(out, true).authority;
  host.remove_prefix(std::min(host.rfind('@') + 1, host.size()));
  // "https:///a" is https://a to browsers.
  if (host.empty() || host.starts_with(':')) return no_target("no host is known to redirect to");
  return out;
}

std::optional<Template::Fault> fault_of_target(const Template& to) {
  using Fault = Template::Fault;
  const auto pieces = to.pieces();
  if (pieces.empty()) return {};
  if (std::ranges::any_of(
          pieces, [](const auto& piece) { return !piece.is_fact && piece.text.contains('\\'); }))
    return Fault{fmt::format("{} holds a `\\`, which browsers read as `/`", ticked(to.text())),
                 "write `/`, or `%5C`"};
  const Template::Piece& first = pieces[0];
  if (!first.is_fact) return {};
  if (first.fact == Fact::scheme) {
    if (pieces.size() > 1 && !pieces[1].is_fact && pieces[1].text.starts_with("://")) return {};
    return Fault{fmt::format("{} is neither a URL nor a path", ticked(to.text())),
                 "write `://` and a host behind `{scheme}`"};
  }
  if (is_whole_uri(first.fact) || is_free_text(first.fact) || first.fact == Fact::query) return {};
  return Fault{fmt::format("{} is neither a URL nor a path", ticked(to.text())),
               fmt::format("did you mean `https://{}`?", to.text())};
}

std::optional<std::string> chosen_by_client(const Template& to) {
  if (!is_absolute(to)) return {};
  std::string out;
  for (const Template::Piece& piece : to.pieces()) {
    const Part part = reached(out, true).part;
    if (part != Part::begin && part != Part::authority) break;
    if (!piece.is_fact) {
      out += piece.text;
    } else if (part == Part::authority && is_whole_uri(piece.fact)) {
      break;
    } else {
      if (part == Part::authority && piece.fact != Fact::host && is_of_client(piece.fact))
        return place_of(piece);
      out += "a";
    }
  }
  return {};
}

}  // namespace fairlead::core
