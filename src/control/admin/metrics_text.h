// MetricsText: the Prometheus text format (exposition format 0.0.4), written line by line. Pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace fairlead::control {

// Names are ours and need no check; values are anybody's and are escaped.
using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

enum class MetricType : uint8_t { counter, gauge, histogram };

// Legal order of calls: (family sample*)* take. All samples of a family follow its one family().
class MetricsText {
 public:
  // HELP and TYPE. `help` is one sentence for a person.
  void family(std::string_view name, MetricType type, std::string_view help);

  // A line of the current family, with `suffix` behind its name ("_bucket"; mostly "").
  void sample(Labels labels, uint64_t value, std::string_view suffix = "");
  void sample(Labels labels, double value, std::string_view suffix = "");

  // The whole text.
  std::string take() { return std::move(text_); }

 private:
  void begin_line(Labels labels, std::string_view suffix);

  std::string name_;
  std::string text_;
};

}  // namespace fairlead::control
