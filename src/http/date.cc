#include "http/date.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace fairlead::http {
namespace {

constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct Written {
  std::chrono::sys_seconds second = std::chrono::sys_seconds::min();
  std::array<char, 29> text{};
};

char* put(char* at, std::string_view text) { return std::ranges::copy(text, at).out; }

// With zeros in front.
char* put(char* at, unsigned number, int digits) {
  for (int i = digits - 1; i >= 0; --i, number /= 10) at[i] = static_cast<char>('0' + number % 10);
  return at + digits;
}

void write(Written& into) {
  const auto day = std::chrono::floor<std::chrono::days>(into.second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(into.second - day);
  const unsigned month = static_cast<unsigned>(date.month());
  char* at = into.text.data();
  at = put(at, kDays.substr(std::chrono::weekday(day).c_encoding() * 3, 3));
  at = put(put(at, ", "), static_cast<unsigned>(date.day()), 2);
  at = put(put(put(at, " "), kMonths.substr((month - 1) * 3, 3)), " ");
  at = put(put(at, static_cast<unsigned>(static_cast<int>(date.year())), 4), " ");
  at = put(put(at, static_cast<unsigned>(clock.hours().count()), 2), ":");
  at = put(put(at, static_cast<unsigned>(clock.minutes().count()), 2), ":");
  put(put(at, static_cast<unsigned>(clock.seconds().count()), 2), " GMT");
}

}  // namespace

std::string_view http_date(WallTime time) {
  thread_local Written written;
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != written.second) {
    written.second = second;
    write(written);
  }
  return {written.text.data(), written.text.size()};
}

}  // namespace fairlead::http
