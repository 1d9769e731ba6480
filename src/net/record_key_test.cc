#include "net/record_key.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "net/tls_library.h"

namespace fairlead::net {
namespace {

struct Suite {
  uint16_t id;
  size_t hash;
};

class RecordKeys : public testing::TestWithParam<Suite> {
 protected:
  const RecordSuite& suite() { return *library_.record_suite(GetParam().id); }
  TrafficSecret secret(unsigned char fill = 7) const {
    TrafficSecret made{.size = GetParam().hash};
    made.bytes.fill(fill);
    return made;
  }
  static std::string sealed(RecordKey& key, std::string_view text,
                            RecordType type = RecordType::data) {
    std::string record(text.size() + kRecordGrowth, '\0');
    key.seal(type, text, record.data());
    return record;
  }
  // Its text; "refused" where it is not taken.
  static std::string opened(RecordKey& key, std::string_view record) {
    std::string text(record.size(), '\0');
    const auto result = key.open(record, text.data());
    if (!result) return "refused";
    text.resize(result->size);
    return (result->type == RecordType::data ? "" : "not data: ") + text;
  }

  TlsLibrary library_;
  RecordKey writer_{suite(), secret(), 0};
  RecordKey reader_{suite(), secret(), 0};
};
INSTANTIATE_TEST_SUITE_P(Suites, RecordKeys,
                         testing::Values(Suite{0x1301, 32}, Suite{0x1302, 48}, Suite{0x1303, 32}));

TEST_P(RecordKeys, OpenWhatTheySeal) {
  for (const size_t size : {0, 1, 15, 16, 17, 1000, 16'384}) {
    const std::string text(size, 'x');
    const std::string record = sealed(writer_, text);
    EXPECT_EQ(record_size(record.data()), record.size());
    EXPECT_EQ(record.substr(0, 3), "\x17\x03\x03");
    EXPECT_EQ(opened(reader_, record), text) << size;
  }
  EXPECT_EQ(opened(reader_, sealed(writer_, "hello", RecordType::handshake)), "not data: hello");
  EXPECT_EQ(writer_.records(), 8u);
}

TEST_P(RecordKeys, OpenWhereItStands) {
  std::string record = sealed(writer_, "in its place");
  const auto result = reader_.open(record, record.data() + kRecordHeader);
  ASSERT_TRUE(result);
  EXPECT_EQ(record.substr(kRecordHeader, result->size), "in its place");
}

TEST_P(RecordKeys, RefuseAnyBitThatWasChanged) {
  const std::string record = sealed(writer_, "hello");
  for (size_t bit = 0; bit < record.size() * 8; ++bit) {
    std::string changed = record;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    RecordKey reader(suite(), secret(), 0);
    EXPECT_EQ(opened(reader, changed), "refused") << bit;
  }
}

TEST_P(RecordKeys, RefuseAnotherOrder) {
  const std::string first = sealed(writer_, "first");
  const std::string second = sealed(writer_, "second");
  EXPECT_EQ(opened(reader_, second), "refused");
  RecordKey later(suite(), secret(), 1);
  EXPECT_EQ(opened(later, second), "second");
  RecordKey other(suite(), secret(8), 0);
  EXPECT_EQ(opened(other, first), "refused");
}

TEST_P(RecordKeys, AdvanceTogether) {
  EXPECT_EQ(opened(reader_, sealed(writer_, "before")), "before");
  writer_.advance();
  EXPECT_EQ(writer_.records(), 0u);
  const std::string record = sealed(writer_, "behind");
  RecordKey behind(suite(), secret(), 0);
  EXPECT_EQ(opened(behind, record), "refused");
  reader_.advance();
  EXPECT_EQ(opened(reader_, record), "behind");
}

// HKDF-Expand-Label, against an implementation of another (Python's cryptography, HKDFExpand).
TEST(RecordSuite, ExpandsAsOthersDo) {
  const TlsLibrary library;
  TrafficSecret secret{.size = 32};
  for (size_t i = 0; i < 32; ++i) secret.bytes[i] = static_cast<unsigned char>(i);
  const auto expanded = [&](std::string_view label, size_t size) {
    std::string hex;
    std::array<unsigned char, 32> into;
    library.record_suite(0x1301)->expand(secret, label, std::span(into).first(size));
    for (size_t i = 0; i < size; ++i) hex += fmt::format("{:02x}", into[i]);
    return hex;
  };
  EXPECT_EQ(expanded("key", 16), "9c9783cf77ea32d44f369da41f19f3cc");
  EXPECT_EQ(expanded("iv", 12), "2f41c846a431a163814bcd71");
  EXPECT_EQ(expanded("traffic upd", 32), "2cecd0a17506ef5fa73edc062d6e7b5397cf074ec1b4d8f99a120772932f0b45");
}

TEST(RecordSuite, KnowsThreeOfThem) {
  const TlsLibrary library;
  EXPECT_EQ(library.record_suite(0x1304), nullptr);  // AES-CCM
  EXPECT_EQ(library.record_suite(0xc02f), nullptr);  // of TLS 1.2
}

}  // namespace
}  // namespace fairlead::net
