// The field Forwarded (RFC 7239): who asked, element by element.
//
// Read as a whole or not at all: proxies append to what strangers sent, and with a quote that a
// stranger left open nobody can tell whose words are whose.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace fairlead::wire {

// What one proxy wrote down; views of the value, without quotes. Empty: it did not say, or so that
// it takes a backslash to say it, which no address, scheme or host does.
struct ForwardedElement {
  std::string_view node;   // for=
  std::string_view proto;  // proto=
  std::string_view host;   // host=
};

class Forwarded {
 public:
  static constexpr size_t kMost = 16;  // the last ones are kept; proxies in a row are few

  void add(const ForwardedElement& element) { elements_[count_++ % kMost] = element; }
  size_t size() const { return count_ < kMost ? count_ : kMost; }
  // In the order of the value. REQUIRES: i < size().
  const ForwardedElement& operator[](size_t i) const {
    return elements_[(count_ - size() + i) % kMost];
  }

 private:
  std::array<ForwardedElement, kMost> elements_;
  size_t count_ = 0;  // of those added so far
};

// Several fields are one value, joined with commas. Beyond the grammar of RFC 7239 4, white space
// around ';' is taken, and values that should have been quoted, such as [::1]:80. Nothing: it
// cannot be read, or an element names a parameter twice. Cost: one pass, no allocation.
std::optional<Forwarded> parse_forwarded(std::string_view value);

}  // namespace fairlead::wire
