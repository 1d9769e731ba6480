// What a route changes of its requests and responses, what it limits, and what it copies.
//
// Part of Config (config.h): values, checked and complete.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/instant.h"
#include "core/path_rewrite.h"
#include "core/pattern.h"
#include "core/template.h"

namespace fairlead::core {

// A field that is written: its name, in lower case, and what it says.
struct HeaderField {
  std::string name;
  Template value;
};

// Taken out first, then set, then added.
struct HeaderEdits {
  std::vector<HeaderField> set;  // takes the place of all of its name; empty: there is none then
  std::vector<HeaderField> add;
  std::vector<Pattern> remove;  // by name, in lower case
  bool security = false;        // the preset, of responses

  bool any() const { return security || !set.empty() || !add.empty() || !remove.empty(); }
};

struct RewriteConfig {
  PathRewrite path;
  std::optional<Template> host;  // what backends are told; nothing: the client's

  bool any() const { return path.kind() != PathRewrite::Kind::none || host; }
};

// A file that was read with the configuration.
struct FixedBody {
  std::string path;  // as it was said; empty: there is none
  std::shared_ptr<const std::string> text{};
  std::string content_type{};
  std::string etag{};
};

// An answer in place of all others.
struct MaintenanceConfig {
  bool given = false;  // the file speaks of it
  bool on = true;      // now
  std::vector<Subnet> allow{};
  Duration retry_after = 5min;
  std::string body{};  // empty: the file, or a page of our own
  std::string content_type = "text/html; charset=utf-8";
  FixedBody file{};

  bool acts() const { return given && on; }
};

// Bodies that are taken in before they are passed on, in bytes; 0: none.
struct BufferConfig {
  uint32_t request = 0;
  uint32_t response = 0;

  bool any() const { return request > 0 || response > 0; }
};

// Copies of requests for another pool, whose responses nobody sees.
struct MirrorConfig {
  std::string pool{};  // empty: none are made
  uint32_t percent = 100;
  uint32_t max_body = 1024 * 1024;  // requests with a larger one are not copied
  uint32_t limit = 64;              // under way at once, on each worker

  bool any() const { return !pool.empty(); }
};

// The trace that a request is part of (W3C Trace Context).
struct TraceConfig {
  bool on = false;      // what comes is checked, and begun where there is none
  uint32_t sample = 0;  // percent of those begun here that are marked to be recorded
};

}  // namespace fairlead::core
