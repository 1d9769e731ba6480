#include "core/simulate/service_time.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <numbers>

namespace fairlead::core {
namespace {

constexpr Duration kShortest = 1us;
constexpr Duration kLongest = 1h;

struct Unit {
  std::string_view name;
  Duration length;
};
// Longer names first: "ms" ends in "s".
constexpr std::array<Unit, 6> kUnits = {
    {{"ms", 1ms}, {"us", 1us}, {"ns", 1ns}, {"h", 1h}, {"m", 1min}, {"s", 1s}}};

// Two independent uniforms make a normal one (Box and Muller 1958).
double draw_normal(Random& random) {
  const double radius = std::sqrt(2 * draw_exponential(random));
  return radius * std::cos(2 * std::numbers::pi * random.unit());
}

std::expected<double, std::string> parse_sigma(std::string_view text) {
  double sigma = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), sigma);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || !(sigma >= 0.1) || sigma > 3)
    return std::unexpected("sigma is a number from 0.1 to 3");
  return sigma;
}

}  // namespace

double draw_exponential(Random& random) { return -std::log(1 - random.unit()); }

std::expected<Duration, std::string> parse_span(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    const std::string_view number = text.substr(0, text.size() - unit.name.size());
    double count = 0;
    const auto end = std::from_chars(number.data(), number.data() + number.size(), count);
    const double span = count * static_cast<double>(unit.length.count());
    if (end.ec != std::errc() || end.ptr != number.data() + number.size()) break;
    if (!(span >= 1) || span > static_cast<double>(Duration(1000h).count())) break;
    return Duration(static_cast<int64_t>(std::llround(span)));
  }
  return std::unexpected("a span is a number with its unit, such as 20ms, 1.5s or 250us");
}

std::string span_text(Duration span) {
  constexpr std::array<Unit, 6> kFromLong = {
      {{"h", 1h}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}, {"us", 1us}, {"ns", 1ns}}};
  for (const Unit& unit : kFromLong) {
    if (span >= unit.length && span % unit.length == Duration::zero())
      return fmt::format("{}{}", span / unit.length, unit.name);
  }
  return "0s";
}

std::expected<ServiceTime, std::string> ServiceTime::parse(std::string_view text) {
  ServiceTime service;
  const size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  if (kind == "const") {
    service.kind = Kind::constant;
  } else if (kind == "lognormal") {
    service.kind = Kind::lognormal;
  } else if (kind != "exp") {
    return std::unexpected("a service time is const:SPAN, exp:SPAN or lognormal:SPAN[:SIGMA]");
  }
  std::string_view rest = colon == text.npos ? std::string_view() : text.substr(colon + 1);
  if (const size_t next = rest.find(':'); service.kind == Kind::lognormal && next != rest.npos) {
    const auto sigma = parse_sigma(rest.substr(next + 1));
    if (!sigma) return std::unexpected(sigma.error());
    service.sigma = *sigma;
    rest = rest.substr(0, next);
  }
  const auto mean = parse_span(rest);
  if (!mean) return std::unexpected(mean.error());
  if (*mean < kShortest || *mean > kLongest)
    return std::unexpected("a service time lies between 1us and 1h");
  service.mean = *mean;
  return service;
}

std::string ServiceTime::text() const {
  switch (kind) {
    case Kind::constant: return "const:" + span_text(mean);
    case Kind::exponential: return "exp:" + span_text(mean);
    case Kind::lognormal: return fmt::format("lognormal:{}:{}", span_text(mean), sigma);
  }
  return {};
}

Duration ServiceTime::draw(Random& random) const {
  double factor = 1;
  if (kind == Kind::exponential) factor = draw_exponential(random);
  // exp(sigma n) has the mean exp(sigma^2 / 2).
  if (kind == Kind::lognormal) factor = std::exp(sigma * draw_normal(random) - sigma * sigma / 2);
  const double span = factor * static_cast<double>(mean.count());
  return Duration(std::max<int64_t>(1, std::llround(span)));
}

}  // namespace fairlead::core
