// Fuzzes what clients and backends say in cookies: reading and taking out, sealed names,
// Set-Cookie. Whatever comes, nothing is opened that was not sealed, and views lie within what they
// view.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "core/cookie.h"
#include "core/sticky/learned.h"
#include "core/sticky/sealed_name.h"
#include "core/sticky/set_cookie.h"
#include "core/sticky/test_seal.h"

namespace fairlead::core {
namespace {

bool is_within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void fuzz_field(std::string_view field) {
  std::string_view rest = field;
  while (const auto cookie = take_cookie(rest)) {
    CHECK(is_within(cookie->name, cookie->text) && is_within(cookie->value, cookie->text));
    CHECK(is_within(cookie->text, field) && !cookie->text.empty());
  }
  CHECK(is_within(cookie_in(field, "id"), field));
  std::string room(field.size() * 2, '?');
  const std::string without(without_cookie(field, "id", room.data()));
  CHECK(without.size() <= room.size() && cookie_in(without, "id").empty());
  rest = without;
  while (const auto cookie = take_cookie(rest)) CHECK(cookie->name != "id");
}

void fuzz_sealed(std::string_view value) {
  static const TestSeal seal({"one", "two"});
  if (const auto opened = open_name(value, "app", seal)) {
    // By nobody but us: it is what we would write, under the first key.
    CHECK(opened->key != 0 || seal_name(opened->sealed, "app", seal) == value);
    CHECK(!open_name(value, "ap", seal));
  }
}

// What was sealed stays what it was, and no change of one character does.
void fuzz_change(std::string_view bytes) {
  static const TestSeal seal({"one"});
  if (bytes.size() < 2) return;
  std::string value = seal_name({.name = bytes.size(), .expires = {}}, "app", seal);
  CHECK(open_name(value, "app", seal));
  char& changed = value[static_cast<uint8_t>(bytes[0]) % value.size()];
  if (changed == bytes[1]) return;
  changed = bytes[1];
  CHECK(!open_name(value, "app", seal));
}

void fuzz_set_cookie(std::string_view field) {
  const NamedCookie cookie = cookie_set_by(field);
  CHECK(is_within(cookie.name, field) && is_within(cookie.value, field));
  CHECK(cookie.name.empty() == cookie.value.empty());
  CHECK(!cookie.name.contains(';') && !cookie.name.contains('=') && !cookie.value.contains(';'));
}

// Each byte is a session: learned, looked for, or room for more or fewer.
void fuzz_learned(std::string_view steps) {
  Learned learned;
  learned.resize(64, 1);
  Instant now{};
  for (const char step : steps) {
    const auto byte = static_cast<uint8_t>(step);
    const std::string session(1 + byte % 3, static_cast<char>('a' + byte % 40));
    now += std::chrono::seconds(byte % 7);
    if (byte % 5 == 0) {
      learned.learn(session, byte + 1u, now);
      CHECK(learned.size() <= 128);
    } else if (byte % 41 == 0) {
      learned.resize(byte % 2 == 0 ? 32 : 128, 1);
    } else {
      learned.find(session, std::chrono::seconds(20), now);
    }
  }
}

void fuzz(uint8_t kind, std::string_view text) {
  switch (kind % 5) {
    case 0: return fuzz_field(text);
    case 1: return fuzz_sealed(text);
    case 2: return fuzz_change(text);
    case 3: return fuzz_set_cookie(text);
    case 4: return fuzz_learned(text);
  }
}

}  // namespace
}  // namespace fairlead::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  fairlead::core::fuzz(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
