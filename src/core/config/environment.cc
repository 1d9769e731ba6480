#include "core/config/environment.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/words.h"

namespace fairlead::core {
namespace {

// A hundred megabytes of variable in each of many values is a mistake, or worse.
constexpr size_t kLongestValue = 1024 * 1024;

bool is_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

class Substitution {
 public:
  Substitution(const Environment& environment, Notebook& notebook)
      : environment_(environment), notebook_(notebook) {}

  void walk(Node& node) {
    for (Node& item : node.items) walk(item);
    for (Entry& entry : node.entries) walk(entry.value);
    if (node.is_scalar() && node.text.contains('$')) expand(node);
  }

 private:
  void expand(Node& node) {
    const std::string text = std::move(node.text);
    node.text.clear();
    for (size_t at = 0; at < text.size();) {
      const std::string_view rest = std::string_view(text).substr(at);
      if (rest.starts_with("$$")) {
        node.text += '$';
        at += 2;
      } else if (rest.starts_with("${")) {
        at += variable(node, rest);
      } else {
        node.text += text[at++];
      }
    }
  }

  // Adds the value of the variable at the head of `rest`. Returns how much of it was used.
  size_t variable(Node& node, std::string_view rest) {
    const size_t end = rest.find('}');
    if (end == rest.npos) {
      node.reported = true;
      notebook_.error(spot_in(node, rest), "`${` has no closing `}`",
                      "write `$$` for a `$` itself");
      return rest.size();
    }
    const std::string_view whole = rest.substr(0, end + 1);
    const std::string_view inner = whole.substr(2, whole.size() - 3);
    const size_t dash = inner.find(":-");
    const std::string_view name = inner.substr(0, dash);
    if (!is_name(name)) {
      node.reported = true;
      notebook_.error(spot_in(node, whole),
                      fmt::format("{} is not the name of an environment variable", ticked(name)),
                      "write `${NAME}` or `${NAME:-default}`, and `$$` for a `$` itself");
      return whole.size();
    }
    auto value = environment_ ? environment_(name) : std::nullopt;
    if ((!value || value->empty()) && dash != inner.npos)
      value = std::string(inner.substr(dash + 2));
    if (!value) {
      node.reported = true;
      notebook_.error(spot_in(node, whole),
                      fmt::format("the environment variable {} is not set", ticked(name)),
                      fmt::format("set it, or give a default: `${{{}:-value}}`", name));
    } else if (node.text.size() + value->size() > kLongestValue) {
      node.reported = true;
      notebook_.error(spot_in(node, whole), "this value becomes longer than 1 MiB");
    } else {
      node.text += *value;
    }
    return whole.size();
  }

  // Where the word stands on the line of its value; the whole value where it is not found there.
  Spot spot_in(const Node& node, std::string_view word) const {
    const std::string_view line = notebook_.line_of(node.spot.source, node.spot.line);
    const size_t found = line.find(word);
    if (found == line.npos) return node.spot;
    Spot spot = node.spot;
    spot.column = count_characters(line.substr(0, found)) + 1;
    spot.length = count_characters(word);
    return spot;
  }

  const Environment& environment_;
  Notebook& notebook_;
};

}  // namespace

void substitute(Node& tree, const Environment& environment, Notebook& notebook) {
  Substitution(environment, notebook).walk(tree);
}

}  // namespace fairlead::core
