// Type<T>: how a value of type T is read from a node, written back, and described.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/node.h"
#include "core/config/reader.h"
#include "core/config/shape.h"

namespace fairlead::core {

template <typename T>
struct Type {
  Shape shape;
  // Changes the value only where the node is right; reports what is wrong.
  std::function<void(T&, const Node&, Reader&)> read;
  // The long form. A node of kind none: nothing to write.
  std::function<Node(const T&)> show;
};

// Why a text is not what it should be: "`10` has no unit", and what it probably should be.
struct Wrong {
  std::string message;
  std::string hint;
};

template <typename T>
using Parsed = std::expected<T, Wrong>;

inline std::unexpected<Wrong> wrong(std::string message, std::string hint = {}) {
  return std::unexpected(Wrong{std::move(message), std::move(hint)});
}

// Reports a node that is no text where text must stand. False when it is.
bool expect_text(const Node& node, const Shape& shape, Reader& reader);

// Reports what a parser said about a node, with what is allowed.
void report(const Wrong& wrong, const Node& node, const Shape& shape, Reader& reader);

// What can be written as one text.
template <typename T>
Type<T> text_type(Shape shape, std::function<Parsed<T>(std::string_view)> parse,
                  std::function<Node(const T&)> show) {
  auto read = [shape, parse](T& value, const Node& node, Reader& reader) {
    if (!expect_text(node, shape, reader)) return;
    auto parsed = parse(node.text);
    if (parsed) {
      value = std::move(*parsed);
    } else {
      report(parsed.error(), node, shape, reader);
    }
  };
  return {shape, read, show};
}

// A list of T, or one T alone. `what` names the list: "a list of networks".
template <typename T>
Type<std::vector<T>> list_of(Type<T> item, std::string words) {
  Shape shape{.kind = Shape::Kind::list, .words = std::move(words), .parts = {item.shape}};
  Shape both{.kind = Shape::Kind::either, .words = shape.words, .parts = {item.shape, shape}};
  auto read = [item](std::vector<T>& values, const Node& node, Reader& reader) {
    std::vector<T> fresh;
    const auto read_one = [&](const Node& one) {
      T value{};
      item.read(value, one, reader);
      fresh.push_back(std::move(value));
    };
    if (node.is_list()) {
      for (const Node& one : node.items) read_one(one);
    } else {
      read_one(node);
    }
    values = std::move(fresh);
  };
  auto show = [item](const std::vector<T>& values) {
    std::vector<Node> items;
    for (const T& value : values) items.push_back(item.show(value));
    return list(std::move(items));
  };
  return {both, read, show};
}

// A word that stands for one value, or what `other` takes: `auto`, or a number.
template <typename T>
Type<T> word_or(std::string word, T meaning, Type<T> other) {
  Shape shape{.kind = Shape::Kind::either,
              .words = "`" + word + "`, or " + other.shape.words,
              .parts = {Shape{.words = "`" + word + "`", .choices = {word}}, other.shape}};
  auto read = [word, meaning, other](T& value, const Node& node, Reader& reader) {
    if (node.is_scalar() && node.text == word) {
      value = meaning;
    } else {
      other.read(value, node, reader);
    }
  };
  auto show = [word, meaning, other](const T& value) {
    return value == meaning ? scalar(word) : other.show(value);
  };
  return {shape, read, show};
}

}  // namespace fairlead::core
