#include "base/rfc3339.h"

namespace fairlead {
namespace {

void write_digits(char* into, unsigned value, int count) {
  while (count-- > 0) {
    into[count] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

// Nothing unless all of them are digits.
std::optional<unsigned> read_digits(std::string_view text) {
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

}  // namespace

void write_rfc3339(WallTime time, char* into) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto within = std::chrono::floor<std::chrono::milliseconds>(time - day).count();
  const auto milliseconds = static_cast<unsigned>(within);
  write_digits(into, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  into[4] = '-';
  write_digits(into + 5, static_cast<unsigned>(date.month()), 2);
  into[7] = '-';
  write_digits(into + 8, static_cast<unsigned>(date.day()), 2);
  into[10] = 'T';
  write_digits(into + 11, milliseconds / 3'600'000, 2);
  into[13] = ':';
  write_digits(into + 14, milliseconds / 60'000 % 60, 2);
  into[16] = ':';
  write_digits(into + 17, milliseconds / 1'000 % 60, 2);
  into[19] = '.';
  write_digits(into + 20, milliseconds % 1'000, 3);
  into[23] = 'Z';
}

std::string rfc3339(WallTime time) {
  std::string text(kRfc3339Length, '\0');
  write_rfc3339(time, text.data());
  return text;
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
  if (text.size() != kForm.size()) return {};
  for (size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] != '0' && text[i] != kForm[i]) return {};
  }
  const auto year = read_digits(text.substr(0, 4));
  const auto month = read_digits(text.substr(5, 2));
  const auto day = read_digits(text.substr(8, 2));
  const auto hour = read_digits(text.substr(11, 2));
  const auto minute = read_digits(text.substr(14, 2));
  const auto second = read_digits(text.substr(17, 2));
  const auto milliseconds = read_digits(text.substr(20, 3));
  if (!year || !month || !day || !hour || !minute || !second || !milliseconds) return {};
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return {};
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
         std::chrono::milliseconds(*milliseconds);
}

}  // namespace fairlead
