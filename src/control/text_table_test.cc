#include "control/text_table.h"

#include <gtest/gtest.h>

namespace fairlead::control {
namespace {

TEST(TextTable, AlignsByTheWidestCell) {
  TextTable table({{"NAME"}, {"COUNT", TextTable::Side::right}, {"WHY"}});
  table.add({{"a"}, {"12345678"}, {"x"}});
  table.add({{"longer name"}, {"1"}, {""}});
  EXPECT_EQ(table.text(),
            "NAME            COUNT  WHY\n"
            "a            12345678  x\n"
            "longer name         1\n");
}

TEST(TextTable, CountsNeitherColoursNorContinuationBytes) {
  TextTable table({{"A"}, {"B"}});
  table.add({{"\xc3\xa9\xc3\xa9", "32"}, {"x"}});
  EXPECT_EQ(table.text(), "A   B\n\x1b[32m\xc3\xa9\xc3\xa9\x1b[0m  x\n");
}

TEST(TextTable, LetsNoNameSteerTheTerminal) {
  TextTable table({{"A"}});
  table.add({{"x\x1b[31m"}});
  EXPECT_EQ(table.text(), "A\nx?[31m\n");
}

}  // namespace
}  // namespace fairlead::control
