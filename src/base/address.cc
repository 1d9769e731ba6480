#include "base/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace fairlead {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// sun_path holds 108 bytes, the last of them zero.
constexpr size_t kLongestUnixPath = 107;

std::optional<unsigned> parse_number(std::string_view text, unsigned largest) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > largest) return {};
  return value;
}

// One to three decimal digits; gives the place behind them.
char* write_byte(char* into, uint8_t byte) {
  if (byte >= 100) *into++ = static_cast<char>('0' + byte / 100);
  if (byte >= 10) *into++ = static_cast<char>('0' + byte / 10 % 10);
  *into++ = static_cast<char>('0' + byte % 10);
  return into;
}

std::expected<uint16_t, std::string> parse_port(std::string_view text) {
  auto port = parse_number(text, 65535);
  if (!port) return std::unexpected("the port must be a number from 0 to 65535");
  return static_cast<uint16_t>(*port);
}

std::expected<Ip, std::string> parse_host(std::string_view host) {
  if (host.empty()) return Ip();
  if (host == "localhost") return Ip::v4({127, 0, 0, 1});
  if (host.starts_with('[') && host.ends_with(']')) {
    auto ip = Ip::parse(host.substr(1, host.size() - 2));
    if (!ip || ip->is_v4()) return std::unexpected("what stands in [ ] must be an IPv6 address");
    return ip;
  }
  if (host.contains(':')) return std::unexpected("an IPv6 address goes in brackets: [::1]:80");
  return Ip::parse(host);
}

}  // namespace

Ip Ip::v4(std::array<uint8_t, 4> bytes) {
  Ip ip;
  std::ranges::copy(kMappedPrefix, ip.bytes_.begin());
  std::ranges::copy(bytes, ip.bytes_.begin() + kMappedPrefix.size());
  return ip;
}

std::expected<Ip, std::string> Ip::parse(std::string_view text) {
  const std::string terminated(text);
  if (terminated.size() != std::strlen(terminated.c_str())) {
    return std::unexpected("an address holds no zero byte");
  }
  std::array<uint8_t, 16> six;
  if (inet_pton(AF_INET6, terminated.c_str(), six.data()) == 1) return Ip(six);
  std::array<uint8_t, 4> four;
  if (inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) return Ip::v4(four);
  const bool looks_numeric = !text.empty() && std::ranges::all_of(text, [](char c) {
    return c == '.' || (c >= '0' && c <= '9');
  });
  if (looks_numeric) {
    return std::unexpected("an IPv4 address has four numbers from 0 to 255, without leading zeros");
  }
  return std::unexpected("it must be an IP address: host names are not resolved here");
}

bool Ip::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

bool Ip::is_any() const { return *this == Ip() || *this == Ip::v4({0, 0, 0, 0}); }

bool Ip::is_loopback() const {
  if (is_v4()) return bytes_[12] == 127;
  std::array<uint8_t, 16> one{};
  one[15] = 1;
  return bytes_ == one;
}

size_t Ip::write(char* into) const {
  if (is_v4()) {
    char* end = write_byte(into, bytes_[12]);
    for (size_t i = 13; i < 16; ++i) {
      *end++ = '.';
      end = write_byte(end, bytes_[i]);
    }
    return static_cast<size_t>(end - into);
  }
  char terminated[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, bytes_.data(), terminated, sizeof terminated);
  const size_t length = std::strlen(terminated);
  std::memcpy(into, terminated, length);
  return length;
}

std::string Ip::text() const {
  char buffer[kLongestIpText];
  return std::string(buffer, write(buffer));
}

Address Address::unix_path(std::string path) {
  Address address;
  address.path_ = std::make_shared<const std::string>(std::move(path));
  return address;
}

std::expected<Address, std::string> Address::parse(std::string_view text) {
  if (text.starts_with("unix:")) {
    std::string path(text.substr(5));
    if (path.empty()) return std::unexpected("a path must follow unix:");
    if (path.contains('\0')) return std::unexpected("a path holds no zero byte");
    if (path.size() > kLongestUnixPath) {
      return std::unexpected(
          fmt::format("the path of a Unix socket has at most {} bytes; this one has {}",
                      kLongestUnixPath, path.size()));
    }
    return Address::unix_path(std::move(path));
  }
  const size_t colon = text.rfind(':');
  const bool in_brackets = text.starts_with('[') && !text.contains("]:");
  if (colon == text.npos || in_brackets) return std::unexpected("the port is missing: host:port");
  auto ip = parse_host(text.substr(0, colon));
  if (!ip) return std::unexpected(ip.error());
  auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::unexpected(port.error());
  return Address(*ip, *port);
}

std::string Address::text() const {
  if (is_unix()) return "unix:" + *path_;
  if (ip_ == Ip()) return fmt::format(":{}", port_);
  return ip_.is_v4() ? fmt::format("{}:{}", ip_.text(), port_)
                     : fmt::format("[{}]:{}", ip_.text(), port_);
}

bool operator==(const Address& a, const Address& b) { return (a <=> b) == 0; }

std::strong_ordering operator<=>(const Address& a, const Address& b) {
  if (a.is_unix() != b.is_unix()) return a.is_unix() <=> b.is_unix();
  if (a.is_unix()) return *a.path_ <=> *b.path_;
  if (auto order = a.ip_ <=> b.ip_; order != 0) return order;
  return a.port_ <=> b.port_;
}

std::expected<Subnet, std::string> Subnet::parse(std::string_view text) {
  const size_t slash = text.find('/');
  auto ip = Ip::parse(text.substr(0, slash));
  if (!ip) return std::unexpected(ip.error());
  const unsigned longest = ip->is_v4() ? 32 : 128;
  unsigned bits = longest;
  if (slash != text.npos) {
    auto given = parse_number(text.substr(slash + 1), longest);
    if (!given)
      return std::unexpected(
          fmt::format("the prefix length must be a number from 0 to {}", longest));
    bits = *given;
  }
  Subnet network;
  network.bits_ = static_cast<uint8_t>(bits + (128 - longest));
  auto masked = ip->bytes();
  for (size_t bit = network.bits_; bit < 128; ++bit)
    masked[bit / 8] &= static_cast<uint8_t>(~(0x80u >> (bit % 8)));
  network.ip_ = Ip::v6(masked);
  if (network.ip_ != *ip) {
    return std::unexpected(fmt::format("it has bits set behind its prefix; meant is {} or {}",
                                       network.text(), ip->text()));
  }
  return network;
}

bool Subnet::contains(const Ip& ip) const {
  if (ip.is_v4() != ip_.is_v4()) return false;
  const auto& mine = ip_.bytes();
  const auto& other = ip.bytes();
  const size_t whole = bits_ / 8;
  if (!std::equal(mine.begin(), mine.begin() + whole, other.begin())) return false;
  if (bits_ % 8 == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff << (8 - bits_ % 8));
  return (mine[whole] & mask) == (other[whole] & mask);
}

std::string Subnet::text() const {
  return fmt::format("{}/{}", ip_.text(), ip_.is_v4() ? bits_ - 96 : bits_);
}

}  // namespace fairlead
