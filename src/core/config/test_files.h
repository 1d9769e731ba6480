// Files for the tests of loading: a small file system and environment in memory.
#pragma once

#include <map>
#include <string>

#include "core/config/load.h"

namespace fairlead::core {

struct TestFiles {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> environment = {};

  Outside outside() const {
    Outside outside;
    outside.read = [this](std::string_view path) -> std::expected<std::string, std::string> {
      auto found = files.find(std::string(path));
      if (found == files.end()) return std::unexpected("no such file");
      return found->second;
    };
    // One star, at the end of the path's last part but for a suffix: "conf.d/*.yaml".
    outside.list = [this](std::string_view pattern) {
      const size_t star = pattern.find('*');
      std::vector<std::string> found;
      for (const auto& [path, text] : files) {
        if (path.starts_with(pattern.substr(0, star)) && path.ends_with(pattern.substr(star + 1)))
          found.push_back(path);
      }
      return found;
    };
    outside.environment = [this](std::string_view name) -> std::optional<std::string> {
      auto found = environment.find(std::string(name));
      return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    return outside;
  }
};

inline LoadResult load_text(std::string text) {
  const TestFiles files{{{"fairlead.yaml", std::move(text)}}};
  return load("fairlead.yaml", files.outside());
}

// A file that is wrong in one way, and what is said about it.
struct BadFile {
  const char* name;
  const char* yaml;  // stands first, so that its lines count from 1
  int line;
  int column;
  const char* message;
  const char* hint;
};

inline constexpr const char* kWeb = "listeners: { web: { bind: 80, pool: app } }\n";
inline constexpr const char* kApp = "pools: { app: [127.0.0.1:9001] }\n";

inline std::string name_of_file(const testing::TestParamInfo<BadFile>& info) {
  return info.param.name;
}

// The first problem is the expected one, and it is the only error.
inline void expect_told(const BadFile& bad, const std::string& rest) {
  const LoadResult result = load_text(bad.yaml + rest);
  ASSERT_FALSE(result.problems.empty());
  const Problem& first = result.problems.front();
  EXPECT_EQ(first.place.line, bad.line);
  EXPECT_EQ(first.place.column, bad.column);
  EXPECT_EQ(first.message, bad.message);
  EXPECT_EQ(first.hint, bad.hint);
  for (size_t i = 1; i < result.problems.size(); ++i) {
    EXPECT_EQ(result.problems[i].severity, Severity::warning) << result.problems[i].message;
  }
  EXPECT_EQ(result.config.has_value(), first.severity == Severity::warning);
}

}  // namespace fairlead::core
