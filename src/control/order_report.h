// OrderReport: what `fairlead backend ...` and `fairlead reload` send, and print of the answer.
// Pure.
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::control {

// Nothing: the answer is none of an instance's.
using OrderReport = std::optional<std::string>;

// The body of an order; or what is wrong with it. `verb`: drain, enable, disable or weight;
// `value`: of weight, 0 to 1000 or `file`, else empty.
std::expected<std::string, std::string> order_body(std::string_view verb, std::string_view value);

// The same of `fairlead split`: "stable=80", ..., or `file` alone.
std::expected<std::string, std::string> split_body(std::span<const std::string> weights);

// Of the good answer to `fairlead split`.
OrderReport split_report(std::string_view body);
// Of the good answer to an order, to a reload, and of an application/problem+json.
OrderReport order_report(std::string_view body);
OrderReport reload_report(std::string_view body);
OrderReport refusal_report(std::string_view body);

// "draining by order; 3 left, 29 s to go": a reason with the count-down of the `drain` that the API
// gives with it. The reason alone where that is none, or over.
std::string reason_with_drain(std::string_view reason, const nlohmann::json& drain);

}  // namespace fairlead::control
