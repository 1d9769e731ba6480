#include "net/hmac_seal.h"

namespace fairlead::net {
namespace {

std::string hex(const Seal::Mark& mark) {
  std::string text;
  for (const uint8_t byte : mark) text += fmt::format("{:02x}", byte);
  return text;
}

TEST(HmacSeal, IsHmacSha256) {
  // RFC 4231, test case 2.
  const HmacSeal seal(nullptr, {"Jefe"});
  EXPECT_EQ(hex(seal.mark(0, "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(HmacSeal, MarksTheSameTwice) {
  const HmacSeal seal(nullptr, {"a key", "another"});
  const auto first = seal.mark(0, "text");
  EXPECT_NE(seal.mark(1, "text"), first);
  EXPECT_NE(seal.mark(0, "texu"), first);
  EXPECT_EQ(seal.mark(0, "text"), first);
}

TEST(HmacSeal, AgreesWithAnyOtherOfTheSameKey) {
  const LibraryPtr library(OSSL_LIB_CTX_new());
  EXPECT_EQ(HmacSeal(library.get(), {"a key"}).mark(0, "text"),
            HmacSeal(nullptr, {"other", "a key"}).mark(1, "text"));
}

}  // namespace
}  // namespace fairlead::net
