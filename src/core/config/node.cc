#include "core/config/node.h"

#include <fmt/format.h>

#include "core/config/words.h"

namespace fairlead::core {

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key.text == key) return &entry.value;
  }
  return nullptr;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

Node& Node::set(std::string_view key, Node value) {
  entries.push_back({scalar(std::string(key), value.spot), std::move(value)});
  return entries.back().value;
}

Node scalar(std::string text, Spot spot) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = std::move(text);
  node.spot = spot;
  return node;
}

Node number(std::string text, Spot spot) {
  Node node = scalar(std::move(text), spot);
  node.number = true;
  return node;
}

Node list(std::vector<Node> items, Spot spot) {
  Node node;
  node.kind = Node::Kind::list;
  node.items = std::move(items);
  node.spot = spot;
  return node;
}

Node map(Spot spot) {
  Node node;
  node.kind = Node::Kind::map;
  node.spot = spot;
  return node;
}

Node map_of(std::string_view key, Node value) {
  Node node = map(value.spot);
  node.set(key, std::move(value));
  return node;
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::none: return "nothing";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a mapping";
    case Node::Kind::scalar: return node.null ? "nothing" : ticked(node.text);
  }
  return "nothing";
}

}  // namespace fairlead::core
