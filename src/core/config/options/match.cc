// match: what must hold for a route to be taken.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/config/options/names.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

// What no host that comes can look like: they are compared in lower case, without port and without
// the root's dot (http::host_of).
std::optional<Wrong> never_a_host(std::string_view text) {
  if (text.contains('/'))
    return Wrong{fmt::format("{} is more than a host", ticked(text)), "leave scheme and path out"};
  if (const auto ip = Ip::parse(text); ip && !ip->is_v4())
    return Wrong{
        fmt::format("{} has no brackets, and a host that is such an address has", ticked(text)),
        fmt::format("write `\"[{}]\"`, in quotes", text)};
  const size_t bracket = text.starts_with('[') ? std::min(text.find(']'), text.size()) : 0;
  const size_t colon = text.find(':', bracket);
  if (colon != text.npos) {
    return Wrong{"hosts are compared without their port",
                 fmt::format("write `{}`", text.substr(0, colon))};
  }
  if (text.ends_with('.')) {
    return Wrong{"hosts are compared without the dot behind them",
                 fmt::format("write `{}`", text.substr(0, text.size() - 1))};
  }
  const bool visible =
      std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (visible) return {};
  return Wrong{fmt::format("it would never match: no request names {} as its host", ticked(text)),
               "names in other letters come in ASCII, such as `xn--bcher-kva.example`"};
}

Type<Pattern> host() {
  Type<Pattern> type = pattern(Case::ignored);
  const std::string words = "a host: `example.com`, `*.example.com` or `~regular expression`";
  return with_cost(text_type<Pattern>(
      Shape{.words = words},
      [](std::string_view text) -> Parsed<Pattern> {
        if (!text.starts_with('~')) {
          if (auto never = never_a_host(text)) return std::unexpected(*never);
        }
        auto parsed = Pattern::parse(text, Case::ignored);
        if (!parsed) return wrong(parsed.error());
        return std::move(*parsed);
      },
      type.show));
}

// Names in certificates have their kind in front: `DNS:a` and `email:a` are two.
Type<Pattern> certificate_name() {
  const std::string words =
      "a name with its kind: `DNS:alice.example`, `URI:spiffe://example/*`, `email:a@example.com`, "
      "`IP:10.0.0.1` or `~regular expression`";
  return with_cost(text_type<Pattern>(
      Shape{.words = words},
      [](std::string_view text) -> Parsed<Pattern> {
        const bool has_kind =
            std::ranges::any_of(std::array<std::string_view, 4>{"DNS:", "URI:", "email:", "IP:"},
                                [&](std::string_view kind) { return text.starts_with(kind); });
        if (!has_kind && !text.starts_with('~') && !text.starts_with('*')) {
          return wrong(fmt::format("it would never match: {} does not say which kind of name it is",
                                   ticked(text)),
                       text.contains("://") ? fmt::format("did you mean `URI:{}`?", text)
                       : text.contains('@') ? fmt::format("did you mean `email:{}`?", text)
                                            : fmt::format("did you mean `DNS:{}`?", text));
        }
        auto parsed = Pattern::parse(text);
        if (!parsed) return wrong(parsed.error());
        return std::move(*parsed);
      },
      [](const Pattern& value) { return scalar(value.text()); }));
}

// RFC 6265 4.2.1: a `;` ends the cookie.
std::optional<Wrong> check_cookie_pattern(std::string_view text) {
  if (text.starts_with('~') || !text.contains(';')) return {};
  return Wrong{
      fmt::format("it would never match: a `;` ends a cookie, and {} holds one", ticked(text)),
      "write each cookie by its name: `{ a: b, c: d }`"};
}

Type<std::string> method() {
  return text_type<std::string>(
      Shape{.words = "a method, such as `GET`", .pattern = "^[A-Z0-9!#$%&'*+.^_`|~-]+$"},
      [](std::string_view text) -> Parsed<std::string> {
        if (!is_token(text)) return wrong(fmt::format("{} is not a method", ticked(text)));
        std::string capitals(text);
        for (char& c : capitals) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        if (capitals != text) {
          return wrong(
              fmt::format("methods are case-sensitive, and {} is not in capitals", ticked(text)),
              fmt::format("did you mean `{}`?", capitals));
        }
        return capitals;
      },
      [](const std::string& value) { return scalar(value); });
}

// Nothing to write where nothing is asked for.
template <typename T>
Type<std::vector<T>> any_of(Type<T> item, std::string words) {
  Type<std::vector<T>> type = list_of(item, std::move(words));
  auto show = type.show;
  type.show = [show](const std::vector<T>& values) {
    return values.empty() ? Node{} : show(values);
  };
  type.read = [read = type.read](std::vector<T>& values, const Node& node, Reader& reader) {
    if (!node.is_list() || !node.items.empty()) return read(values, node, reader);
    reader.error(node, fmt::format("{} names nothing", reader.key()),
                 "leave it out: then anything will do");
  };
  return type;
}

// Nothing to write where nothing is asked for.
Type<CertificateMatch> certificate() {
  Type<CertificateMatch> type = section_type<CertificateMatch, certificate_match_section>();
  type.show = [show = type.show](const CertificateMatch& match) {
    return match.asks() ? show(match) : Node{};
  };
  return type;
}

Node expand(const Node& node, Reader&) {
  return node.is_scalar() || node.is_list() ? map_of("path", node) : node;
}

}  // namespace

const Section<CertificateMatch>& certificate_match_section() {
  static const Section<CertificateMatch> section = {
      .name = "certificate_match",
      .heading = "Certificates that match",
      .help = "What must be in the certificate of a client; of a list, any one will do.",
      .options = {{"subject", &CertificateMatch::subject, any_of(pattern(), "a list of patterns"),
                   "Its subject, as RFC 4514 writes it.", "\"CN=alice,*\""},
                  {"san", &CertificateMatch::san, any_of(certificate_name(), "a list of names"),
                   "Any of its other names, with its kind, as in `x-client-cert-san`.",
                   "\"URI:spiffe://example/*\""}},
      .finish =
          [](CertificateMatch& match, const Node& node, Reader& reader) {
            if (node.entries.empty() && !match.asks())
              reader.error(node, fmt::format("{} names nothing", reader.where()),
                           "for example `certificate: { subject: \"CN=alice,*\" }`");
          },
  };
  return section;
}

const Section<MatchConfig>& match_section() {
  static const Section<MatchConfig> section = {
      .name = "match",
      .heading = "Matches",
      .help =
          "What must hold for a route to be taken: all that is named. Of a list, any one will do. "
          "Texts are "
          "patterns: `exact`, `with*glob` (a star stands for any characters), `~regular "
          "expression` (RE2, found "
          "anywhere unless anchored), `\"*\"` (present).",
      .options =
          {{"path", &MatchConfig::path, any_of(path_pattern(), "a list of paths"),
            "The path, normalised, without the query. `/api/*` matches whole segments: `/api`, "
            "`/api/` and "
            "`/api/1`, not `/apis`.",
            "/api/*"},
           {"host", &MatchConfig::host, any_of(host(), "a list of hosts"),
            "The host, without its port, in any case.", "[example.com, \"*.example.com\"]"},
           {"method", &MatchConfig::method, any_of(method(), "a list of methods"),
            "The method, in capitals.", "[GET, HEAD]"},
           {"headers", &MatchConfig::headers,
            named_patterns("a mapping from names to patterns",
                           "headers: { user-agent: \"~Mobile\" }", header_name),
            "Request headers, by name in any case. One that comes several times fits by any of "
            "them.",
            "{ accept-language: \"fr*\", user-agent: \"~Mobile|Android\" }"},
           {"cookies", &MatchConfig::cookies,
            named_patterns("a mapping from names to patterns", "cookies: { group: canary }",
                           cookie_name, check_cookie_pattern),
            "Cookies, by their exact name; double quotes around a value are no part of it.",
            "{ group: canary }"},
           {"query", &MatchConfig::query,
            named_patterns("a mapping from names to patterns", "query: { debug: \"1\" }",
                           parameter_name),
            "Parameters of the query, with `%` and `+` decoded. One without `=` has an empty "
            "value, which `\"*\"` takes.",
            "{ debug: \"1\" }"},
           {"body", &MatchConfig::body,
            named_patterns("a mapping from JSON pointers to patterns", "body: { /room/id: \"*\" }",
                           json_pointer),
            "What stands in a JSON body, by JSON pointers (RFC 6901): texts, and numbers and "
            "`true` or `false` as they are written. The body is read first, up to "
            "`max_match_body`; one that is larger, or no JSON, does not match.",
            "{ /room/id: \"*\" }"},
           {"client", &MatchConfig::client, any_of(network(), "a list of networks"),
            "The client's address: as `trusted_proxies` tell it, else that of the connection.",
            "[10.0.0.0/8]"},
           {"certificate", &MatchConfig::certificate, certificate(),
            "The certificate that the client has shown to this listener, which needs `client_ca` "
            "for that.",
            "{ subject: \"CN=alice,*\" }"}},
      .expand = expand,
      .short_forms = {{any_of(path_pattern(), "a path, or a list of paths").shape, "match: /api/*",
                       "match: { path: /api/* }"}},
  };
  return section;
}

}  // namespace fairlead::core
