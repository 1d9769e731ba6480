#include "core/config/include.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "core/config/environment.h"
#include "core/config/words.h"
#include "core/config/yaml.h"

namespace fairlead::core {
namespace {

const std::vector<std::string> kIncludable = {"listeners", "pools", "include"};

bool is_pattern(std::string_view path) { return path.find_first_of("*?[") != path.npos; }

class Merger {
 public:
  Merger(const Outside& outside, Notebook& notebook) : outside_(outside), notebook_(notebook) {}

  Node run(std::string_view path) {
    auto root = read(std::string(path), {});
    if (!root) return {};
    const bool unread = root->kind == Node::Kind::none || root->null;
    if (unread && notebook_.has_errors()) return {};
    if (root->kind == Node::Kind::none) {
      notebook_.error({0, 1, 1, 1}, "the file is empty",
                      "the smallest one has `listeners` and `pools`");
      return {};
    }
    if (!root->is_map()) {
      std::string hint = "it begins with `listeners:` or another key";
      notebook_.error(root->spot,
                      fmt::format("the file must be a mapping, not {}", describe(*root)), hint);
      return {};
    }
    merged_ = std::move(*root);
    if (const Node* include = merged_.find("include")) follow(Node(*include), path);
    return std::move(merged_);
  }

 private:
  // The tree of one file; nothing when it cannot be read, which is reported.
  std::optional<Node> read(const std::string& path, const Spot& from);
  void follow(const Node& include, std::string_view from);
  void include_pattern(const Node& said, std::string_view from);
  void include_file(const std::string& path, const Spot& from);
  void merge(const Node& tree, const std::string& path);
  void merge_entries(const Node& entries, std::string_view key);

  const Outside& outside_;
  Notebook& notebook_;
  Node merged_;
  std::vector<std::string> chain_;    // the files that are being read, outermost first
  std::map<std::string, Spot> seen_;  // every file, with the line that named it
};

std::optional<Node> Merger::read(const std::string& path, const Spot& from) {
  auto text = outside_.read(path);
  if (text && text->size() > kLargestFile) {
    text = std::unexpected(
        fmt::format("it has {} bytes, and {} MiB are the most", text->size(), kLargestFile >> 20));
  }
  if (!text) {
    const uint16_t source = from.line == 0 ? notebook_.add_source(path, "") : from.source;
    const Spot spot = from.line == 0 ? Spot{source, 0, 0, 1} : from;
    notebook_.error(spot, fmt::format("cannot read {}: {}", ticked(path), text.error()),
                    from.line == 0 ? "" : "paths are relative to the file that includes them");
    return {};
  }
  const uint16_t source = notebook_.add_source(path, std::move(*text), from);
  seen_[std::filesystem::path(path).lexically_normal().string()] = from;
  Node tree = parse_yaml(notebook_, source);
  substitute(tree, outside_.environment, notebook_);
  return tree;
}

void Merger::follow(const Node& include, std::string_view from) {
  chain_.push_back(std::filesystem::path(from).lexically_normal().string());
  if (include.is_list()) {
    for (const Node& item : include.items) include_pattern(item, from);
  } else {
    include_pattern(include, from);
  }
  chain_.pop_back();
}

void Merger::include_pattern(const Node& said, std::string_view from) {
  if (said.null && said.is_scalar()) return;  // reported as a key without a value
  if (!said.is_scalar() || said.text.empty()) {
    notebook_.error(said.spot, fmt::format("`include` takes paths, not {}", describe(said)),
                    "for example `include: [conf.d/*.yaml]`");
    return;
  }
  const std::string path = resolved(from, said.text);
  if (!is_pattern(said.text)) return include_file(path, said.spot);
  const std::vector<std::string> found =
      outside_.list ? outside_.list(path) : std::vector<std::string>();
  if (found.empty()) notebook_.warning(said.spot, fmt::format("no file fits {}", ticked(path)));
  for (const std::string& each : found) include_file(each, said.spot);
}

void Merger::include_file(const std::string& path, const Spot& from) {
  const std::string normal = std::filesystem::path(path).lexically_normal().string();
  if (contains(chain_, normal)) {
    notebook_.error(from, fmt::format("{} includes itself", ticked(path)),
                    fmt::format("the chain is {} -> {}", enumerate(chain_, "->"), path));
    return;
  }
  if (auto first = seen_.find(normal); first != seen_.end()) {
    notebook_.error(from, fmt::format("{} is included twice", ticked(path))).other =
        notebook_.place_of(first->second);
    return;
  }
  if (chain_.size() >= kDeepestInclude || notebook_.source_count() >= kMostFiles) {
    notebook_.error(
        from, fmt::format("{} is not read: files include files {} deep, and {} in all, at most",
                          ticked(path), kDeepestInclude, kMostFiles));
    return;
  }
  auto tree = read(path, from);
  if (tree) merge(*tree, path);
}

void Merger::merge(const Node& tree, const std::string& path) {
  if (tree.kind == Node::Kind::none || tree.null) return;
  if (!tree.is_map()) {
    notebook_.error(tree.spot,
                    fmt::format("an included file must be a mapping, not {}", describe(tree)));
    return;
  }
  for (const Entry& entry : tree.entries) {
    if (entry.key.text == "include") {
      follow(entry.value, path);
    } else if (contains(kIncludable, entry.key.text)) {
      merge_entries(entry.value, entry.key.text);
    } else {
      notebook_.error(entry.key.spot,
                      fmt::format("{} cannot stand in an included file", ticked(entry.key.text)),
                      did_you_mean(entry.key.text, kIncludable) +
                          "allowed: `listeners`, `pools` and `include`");
    }
  }
}

void Merger::merge_entries(const Node& entries, std::string_view key) {
  if (entries.null) return;
  if (!entries.is_map()) {
    notebook_.error(entries.spot,
                    fmt::format("`{}` must be a mapping, not {}", key, describe(entries)));
    return;
  }
  Node* into = merged_.find(key);
  if (into == nullptr) into = &merged_.set(key, map(entries.spot));
  if (!into->is_map()) return;  // reported when it is read
  const std::string_view what = key.substr(0, key.size() - 1);
  std::map<std::string, Spot> there;
  for (const Entry& entry : into->entries) there.emplace(entry.key.text, entry.key.spot);
  for (const Entry& entry : entries.entries) {
    const auto same = there.find(entry.key.text);
    if (same == there.end()) {
      into->entries.push_back(entry);
      continue;
    }
    notebook_
        .error(entry.key.spot,
               fmt::format("there are two {}s named {}", what, ticked(entry.key.text)))
        .other = notebook_.place_of(same->second);
  }
}

}  // namespace

std::string resolved(std::string_view from, std::string_view path) {
  return (std::filesystem::path(from).parent_path() / path).lexically_normal().string();
}

Node read_files(std::string_view path, const Outside& outside, Notebook& notebook) {
  return Merger(outside, notebook).run(path);
}

}  // namespace fairlead::core
