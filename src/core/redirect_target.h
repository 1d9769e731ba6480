// The address that a redirect sends a client to, made from a template.
//
// What is filled in belongs to whoever sent the request, or made somebody click a link. So it
// changes neither scheme nor host: in the authority ("//HOST:PORT") it is letters, digits, '-', '.'
// and '_' or the request is refused ({host} alone is itself, brackets and all), and a path on our
// own host never begins with "//" or "/\", which browsers take for another host. In the query a
// value is one value, but for {uri} and {query}, which are several.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/template.h"

namespace fairlead::core {

// The address; or why this request has none: it is the client's doing. Source of the parts: RFC
// 3986 3; of what browsers make of them: WHATWG URL 4.4.
std::expected<std::string, std::string> redirect_target(const Template& to,
                                                        const TemplateFacts& facts);

// What is wrong with a template for any request.
std::optional<Template::Fault> fault_of_target(const Template& to);

// The first place of the authority that whoever asks chooses, as it is written: `{query}`.
std::optional<std::string> chosen_by_client(const Template& to);

}  // namespace fairlead::core
