#include "core/config/emit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/config/words.h"

namespace fairlead::core {
namespace {

constexpr std::array<std::string_view, 12> kWordsOfYaml = {
    "null", "true", "false", "yes", "no", "y", "n", "~", "Null", "True", "False", "NULL"};

// True when the text, bare, is one plain scalar to every YAML reader.
bool is_plain(const Node& node) {
  const std::string& text = node.text;
  if (node.number) return true;
  if (text.empty() || contains(kWordsOfYaml, std::string_view(text))) return false;
  const bool tame = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '/' || c == ':';
  });
  const char first = text.front();
  return tame && first != '-' && first != ':' && first != '.' && text.back() != ':';
}

// A number-like text must not become a number on its way through another tool.
bool looks_numeric(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == ':' || c == '_'; });
}

std::string yaml_scalar(const Node& node) {
  if (is_plain(node) && (node.number || !looks_numeric(node.text) || node.text.contains(':')))
    return node.text;
  return json_string(node.text);  // a JSON string is a YAML double-quoted scalar
}

void append_flow(std::string& out, const Node& node) {
  if (node.is_scalar()) {
    out += yaml_scalar(node);
  } else if (node.is_list()) {
    out += '[';
    for (const Node& item : node.items) {
      if (&item != &node.items.front()) out += ", ";
      append_flow(out, item);
    }
    out += ']';
  } else if (node.is_map()) {
    out += node.entries.empty() ? "{" : "{ ";
    for (const Entry& entry : node.entries) {
      if (&entry != &node.entries.front()) out += ", ";
      out += yaml_scalar(entry.key) + ": ";
      append_flow(out, entry.value);
    }
    out += node.entries.empty() ? "}" : " }";
  }
}

bool fits_on_line(const Node& node) {
  if (node.is_scalar()) return true;
  if (node.is_list()) return std::ranges::all_of(node.items, &Node::is_scalar);
  return node.entries.empty();
}

void append_block(std::string& out, const Node& node, size_t indent);

void append_entry(std::string& out, const Entry& entry, size_t indent) {
  out += yaml_scalar(entry.key) + ":";
  if (fits_on_line(entry.value)) {
    out += ' ';
    append_flow(out, entry.value);
    out += '\n';
  } else {
    out += '\n';
    append_block(out, entry.value, indent + 2);
  }
}

void append_item(std::string& out, const Node& item, size_t indent) {
  out += "- ";
  if (!item.is_map() || item.entries.empty()) {
    append_flow(out, item);
    out += '\n';
    return;
  }
  for (const Entry& entry : item.entries) {
    if (&entry != &item.entries.front()) out.append(indent + 2, ' ');
    append_entry(out, entry, indent + 2);
  }
}

void append_block(std::string& out, const Node& node, size_t indent) {
  if (fits_on_line(node)) {
    out.append(indent, ' ');
    append_flow(out, node);
    out += '\n';
  }
  for (const Node& item : fits_on_line(node) ? std::vector<Node>() : node.items) {
    out.append(indent, ' ');
    append_item(out, item, indent);
  }
  for (const Entry& entry : node.entries) {
    out.append(indent, ' ');
    append_entry(out, entry, indent);
  }
}

}  // namespace

std::string yaml_text(const Node& node) {
  std::string out;
  append_block(out, node, 0);
  return out;
}

std::string flow_text(const Node& node) {
  std::string out;
  append_flow(out, node);
  return out;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (length == 0) {
      out += "\\ufffd";
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text.front();
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out + "\"";
}

std::string json_text(const Node& node) {
  if (node.is_scalar()) return node.number ? node.text : json_string(node.text);
  std::string out = node.is_list() ? "[" : "{";
  for (const Node& item : node.items)
    out += (&item == &node.items.front() ? "" : ",") + json_text(item);
  for (const Entry& entry : node.entries) {
    out += (&entry == &node.entries.front() ? "" : ",") + json_string(entry.key.text) + ":" +
           json_text(entry.value);
  }
  return out + (node.is_list() ? "]" : "}");
}

std::string pretty_json(const Node& node, size_t indent) {
  if (node.is_scalar() || (node.items.empty() && node.entries.empty())) return json_text(node);
  if (node.is_list() && fits_on_line(node)) return json_text(node);
  const std::string inner(indent + 2, ' ');
  std::string out = node.is_list() ? "[\n" : "{\n";
  for (const Node& item : node.items) {
    out += inner + pretty_json(item, indent + 2) + (&item == &node.items.back() ? "\n" : ",\n");
  }
  for (const Entry& entry : node.entries) {
    out += inner + json_string(entry.key.text) + ": " + pretty_json(entry.value, indent + 2);
    out += &entry == &node.entries.back() ? "\n" : ",\n";
  }
  return out + std::string(indent, ' ') + (node.is_list() ? "]" : "}");
}

}  // namespace fairlead::core
