#include "core/config/reference_page.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/config/options/sections.h"
#include "core/config/schema.h"

namespace fairlead::core {
namespace {

TEST(ReferencePage, IsWhatTheRepositoryHolds) {
  const auto root = std::filesystem::path(__FILE__).parent_path() / ".." / ".." / "..";
  std::ifstream file(root / "docs" / "configuration.md");
  std::stringstream committed;
  committed << file.rdbuf();
  EXPECT_EQ(committed.str(), reference_page())
      << "docs/configuration.md is old: write it anew with `build/fairlead reference > "
         "docs/configuration.md`";
}

TEST(ReferencePage, NamesEveryOptionOfTheFile) {
  const std::string page = reference_page();
  for (const OptionOutline& option : file_outline().options) {
    EXPECT_NE(page.find("**`" + option.name + "`**"), std::string::npos) << option.name;
    EXPECT_FALSE(option.help.empty()) << option.name;
  }
}

TEST(Schema, HasADefinitionForEverySection) {
  const std::string schema = json_schema();
  for (const char* name : {"listener", "route", "match", "redirect", "respond", "retry", "pool",
                           "health", "backend", "http", "admin", "access_log", "variable"}) {
    EXPECT_NE(schema.find("    \"" + std::string(name) + "\": {"), std::string::npos) << name;
  }
  EXPECT_TRUE(
      schema.starts_with("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\""));
}

}  // namespace
}  // namespace fairlead::core
