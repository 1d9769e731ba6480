// access_log: one line for each exchange or connection.
#include "core/config/options/sections.h"
#include "core/config/types.h"

namespace fairlead::core {
namespace {

Type<AccessLogConfig::Format> format_type() {
  return choice<AccessLogConfig::Format>(
      {{"json", AccessLogConfig::Format::json}, {"text", AccessLogConfig::Format::text}});
}

Type<std::string> target_type() {
  return text_type<std::string>(
      Shape{.words = "`stdout`, `stderr` or a path"},
      [](std::string_view given) -> Parsed<std::string> {
        if (given.empty()) return wrong("an empty path names no file");
        if (given == "stdout" || given == "stderr" || given.contains('/'))
          return std::string(given);
        auto word = find_word(given, {"stdout", "stderr"});
        return wrong(word.error().message,
                     word.error().hint.empty()
                         ? "write a file of this folder as `./" + std::string(given) + "`"
                         : word.error().hint);
      },
      [](const std::string& value) { return scalar(value); });
}

Node expand(const Node& node, Reader&) {
  if (!node.is_scalar()) return node;
  const bool is_format = node.text == "json" || node.text == "text";
  return map_of(is_format ? "format" : "to", node);
}

}  // namespace

const Section<AccessLogConfig>& access_log_section() {
  static const Section<AccessLogConfig> section = {
      .name = "access_log",
      .heading = "Access log",
      .help =
          "One line for each exchange or connection. Writing never delays traffic: what cannot be "
          "written in "
          "time is dropped and counted.",
      .options = {{"format", &AccessLogConfig::format, format_type(), "How a line is written.",
                   "json"},
                  {"to", &AccessLogConfig::to, target_type(),
                   "Where lines go. A file is opened again on SIGUSR1.", "/var/log/fairlead.log"}},
      .expand = expand,
      .short_forms = {{format_type().shape, "access_log: json", "access_log: { format: json }"},
                      {target_type().shape, "access_log: stderr", "access_log: { to: stderr }"}},
      .turn_off = [](AccessLogConfig& log) { log.on = false; },
      .is_off = [](const AccessLogConfig& log) { return !log.on; },
  };
  return section;
}

}  // namespace fairlead::core
