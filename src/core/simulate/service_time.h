// ServiceTime: how long a backend works on one request, as a distribution with a known mean.
//
//   const:20ms          always the same
//   exp:20ms            exponential: many short ones, some of several times the mean
//   lognormal:20ms      a long tail; lognormal:20ms:1.5 a longer one (sigma, 1 by default)
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/random.h"

namespace fairlead::core {

struct ServiceTime {
  enum class Kind : uint8_t { constant, exponential, lognormal };
  Kind kind = Kind::exponential;
  Duration mean = 20ms;  // 1 us to 1 h
  double sigma = 1;      // of a lognormal: 0.1 to 3

  // What is wrong is said in words.
  static std::expected<ServiceTime, std::string> parse(std::string_view text);
  std::string text() const;  // what parse() takes back

  // At least 1 ns. Cost: about 20 ns.
  Duration draw(Random& random) const;
};

// "20ms", "1.5s", "250us", "1m", "2h": a span of at least 1 ns.
std::expected<Duration, std::string> parse_span(std::string_view text);
// "20ms": exact where it is a whole number of a unit.
std::string span_text(Duration span);

// Exponential with mean 1.
double draw_exponential(Random& random);

}  // namespace fairlead::core
