#include "net/secret_text.h"

#include <gtest/gtest.h>

namespace fairlead::net {
namespace {

TEST(SecretText, IsLongAsAskedAndNeverTheSame) {
  EXPECT_EQ(secret_text(0), "");
  EXPECT_EQ(secret_text(18).size(), 36u);
  EXPECT_EQ(secret_text(18).find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(secret_text(18), secret_text(18));
}

}  // namespace
}  // namespace fairlead::net
