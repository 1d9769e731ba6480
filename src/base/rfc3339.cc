#include "base/rfc3339.h"

namespace fairlead {
namespace {

void write_digits(char* into, unsigned value, int count) {
  while (count-- > 0) {
    into[count] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
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

}  // namespace fairlead
