// The parameters of a query, as forms write them (application/x-www-form-urlencoded): names and
// values between `&` and `=`, escapes by `%`, spaces as `+`.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::core {

// Without escapes: `text` itself where it has none, else what it means, in `storage`. A `%` without
// two hexadecimal digits stands for itself.
std::string_view decode_parameter(std::string_view text, std::string& storage);

// Whether `test` holds for the value of any parameter whose decoded name this is. One without `=`
// has an empty value. Cost: linear in the query; no allocation but for long escaped texts.
template <typename Test>
bool any_parameter(std::string_view query, std::string_view name, Test&& test) {
  std::string storage;
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == query.npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    if (decode_parameter(pair.substr(0, equals), storage) != name) continue;
    const std::string_view value =
        equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
    if (test(decode_parameter(value, storage))) return true;
  }
  return false;
}

}  // namespace fairlead::core
