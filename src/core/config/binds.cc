#include "core/config/binds.h"

#include <fmt/format.h>

#include <map>

#include "core/config/words.h"

namespace fairlead::core {
namespace {

using Bound = Notes::Bound;

Ip every_v4() { return Ip::v4({0, 0, 0, 0}); }

// The addresses that were bound so far. Looking one up takes a few comparisons, however many.
class Taken {
 public:
  // Who was first at an address that overlaps with this one, or null; then it is taken too.
  const Bound* take(const Bound& bound) {
    const Address& address = bound.address;
    if (address.is_unix()) return add(taken_, address, bound);
    if (address.port() == 0) return nullptr;
    const Bound* first = nullptr;
    if (address.ip().is_any()) first = find(inside_, address);
    const auto covering = {address, Address(Ip(), address.port()),
                           Address(every_v4(), address.port())};
    for (const Address& other : covering) {
      if (!first && overlap(address, other)) first = find(taken_, other);
    }
    add(taken_, address, bound);
    add(inside_, Address(Ip(), address.port()), bound);
    if (address.ip().is_v4()) add(inside_, Address(every_v4(), address.port()), bound);
    return first;
  }

 private:
  using Map = std::map<Address, const Bound*>;
  static const Bound* find(const Map& map, const Address& address) {
    const auto found = map.find(address);
    return found == map.end() ? nullptr : found->second;
  }
  static const Bound* add(Map& map, const Address& address, const Bound& bound) {
    const auto [first, fresh] = map.try_emplace(address, &bound);
    return fresh ? nullptr : first->second;
  }

  Map taken_;
  Map inside_;  // by wildcard: the first that it includes
};

void report(const Bound& bound, const Bound& first, Reader& reader) {
  const bool same = bound.address == first.address;
  std::string message;
  if (!same) {
    message = fmt::format("{} binds {}, which overlaps with {} of {}", bound.owner,
                          ticked(bound.address.text()), ticked(first.address.text()), first.owner);
  } else {
    message = fmt::format("{} binds {}, and so does {}", bound.owner, ticked(bound.address.text()),
                          bound.owner == first.owner ? "another line of it" : first.owner);
  }
  Notebook& notebook = reader.notebook();
  if (first.spot.line == 0) {
    notebook.warning(
        bound.spot, std::move(message),
        "give it another address, for example `admin: 127.0.0.1:9901`, or turn it off: "
        "`admin: off`");
    return;
  }
  std::string hint = "one of the two is to go, or to get another port";
  notebook.error(bound.spot, std::move(message), std::move(hint)).other =
      notebook.place_of(first.spot);
}

}  // namespace

bool overlap(const Address& a, const Address& b) {
  if (a.is_unix() || b.is_unix()) return a == b;
  if (a.port() != b.port() || a.port() == 0) return false;
  const auto includes = [](const Ip& wide, const Ip& narrow) {
    return wide == Ip() || (wide == every_v4() && narrow.is_v4());
  };
  return a.ip() == b.ip() || includes(a.ip(), b.ip()) || includes(b.ip(), a.ip());
}

void check_binds(Reader& reader) {
  Taken taken;
  for (const Bound& bound : reader.notes().binds) {
    if (const Bound* first = taken.take(bound)) report(bound, *first, reader);
  }
}

}  // namespace fairlead::core
