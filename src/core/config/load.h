// Load: fairlead.yaml into a Config, or every reason why not, all at once.
//
//   text -> nodes (yaml.h) -> variables (environment.h) -> one tree of all files (include.h)
//        -> values, by the sections under options/ -> what needs the whole (references.h)
//
// Each phase runs on what the earlier ones could make of the file. Nothing here reads a file, a
// variable or the time: that is handed in.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "core/config/config.h"
#include "core/config/outside.h"
#include "core/config/problem.h"
#include "core/config/reader.h"

namespace fairlead::core {

struct LoadResult {
  std::optional<Config> config;  // nothing when there is an error among the problems
  Problems problems;             // by file and place; with a config: warnings only
};

// Cost: linear in the files. Thread: any.
LoadResult load(std::string_view path, const Outside& outside);

// What `run --listen :8080 --to 127.0.0.1:9001,127.0.0.1:9002` means: one listener and one pool,
// both named `main`; all else is as in an empty file. Places are those of no file.
std::expected<Config, Problems> config_from_flags(std::string_view listen, std::string_view to);

// `run --admin 127.0.0.1:9901` or `--admin off`, which goes before what the file says. What is
// wrong or odd with it; on an error the configuration is as before.
Problems take_admin_flag(Config& config, std::string_view admin);

}  // namespace fairlead::core
