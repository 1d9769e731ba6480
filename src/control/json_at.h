// What stands in an answer of the admin API, for the reports that the command line makes of it.
//
// What is missing or of another type is empty: the other side may be older or newer.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace fairlead::control {

inline std::string text_at(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

inline double number_at(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

inline nlohmann::json list_at(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : nlohmann::json::array();
}

inline nlohmann::json object_at(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : nlohmann::json::object();
}

}  // namespace fairlead::control
