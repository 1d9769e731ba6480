// Template: a text with places to fill in, such as "https://cdn.example.com{uri}".
//
// Compiled when the configuration is read, so that a wrong name is found then and filling in is a
// walk over pieces. The places: {uri} (path, and the query if there is one), {path}, {query}
// (without its
// '?'), {host} (without a port), {scheme}, {client_ip}, {request_id}, {backend}, {header:NAME} and
// {cookie:NAME}. A '{' begins a place only where a lower-case letter follows, so that JSON stays as
// it is; `{{` writes one '{'.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::core {

enum class Fact : uint8_t {
  uri,
  path,
  query,
  host,
  scheme,
  client_ip,
  request_id,
  backend,
  header,
  cookie
};

// As in a template: "client_ip", "header".
std::string_view name_of(Fact fact);
// Whether whoever sends the request, or wrote the link to it, chooses the value.
bool is_of_client(Fact fact);

// How what is filled in is written, by where the text goes.
enum class Escape : uint8_t {
  none,
  path,  // and what ends a path or a segment of it, but in {path} itself
  json,  // as inside of a JSON string
  html,  // as text of HTML
};

// What a template asks about the exchange that it is filled in for.
class TemplateFacts {
 public:
  virtual ~TemplateFacts() = default;
  // Appends the value of the fact; nothing where there is none. `name` is that of a header (in
  // lower case) or cookie, else empty. The value must fit where the text goes: no CR or LF for a
  // field.
  virtual void append(std::string& out, Fact fact, std::string_view name) const = 0;
};

// RFC 3986 2: what may stand in a URI as it is.
bool is_of_uri(char c);

class Template {
 public:
  struct Fault {
    std::string message;
    std::string hint;
  };

  struct Piece {
    bool is_fact = false;
    Fact fact = Fact::uri;
    std::string text;  // literal, or the name of the header or cookie
  };

  Template() = default;  // the empty text
  // `without`: facts that hints do not offer, as nobody knows them where the text goes.
  static std::expected<Template, Fault> parse(std::string_view text,
                                              std::span<const Fact> without = {});

  std::string expand(const TemplateFacts& facts, Escape escape = Escape::none) const;

  // As it was written.
  const std::string& text() const { return text_; }
  // True when there is nothing to fill in: expand() always gives the same.
  bool is_constant() const;
  // What it always gives, where that is so. A view of the template.
  std::optional<std::string_view> constant() const;
  bool asks_for(Fact fact) const;
  // Whether any of what is filled in is of the client.
  bool asks_client() const;
  // In their order; two literals never follow each other.
  std::span<const Piece> pieces() const { return pieces_; }

 private:
  static std::expected<Piece, Fault> parse_place(std::string_view inner,
                                                 std::span<const Fact> without);
  void add_literal(std::string_view text);

  std::string text_;
  std::vector<Piece> pieces_;
};

}  // namespace fairlead::core
