// Address: where something listens or is reached. Host and port, or the path of a Unix socket.
//
// A value without I/O: names are never resolved here. Text forms are those of the configuration:
// `127.0.0.1:80`, `[::1]:80`, `:8080` (every interface, IPv4 and IPv6), `unix:/run/app.sock`.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace fairlead {

// "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"
inline constexpr size_t kLongestIpText = 45;

// An IPv4 or IPv6 address. IPv4 is held mapped (::ffff:a.b.c.d), so that one address has one value.
class Ip {
 public:
  constexpr Ip() = default;  // ::, every interface
  static Ip v4(std::array<uint8_t, 4> bytes);
  static Ip v6(std::array<uint8_t, 16> bytes) { return Ip(bytes); }

  // "192.0.2.1" or "2001:db8::1", nothing else: no brackets, ports, zones, or leading zeros.
  static std::expected<Ip, std::string> parse(std::string_view text);

  bool is_v4() const;
  bool is_any() const;       // ::, or 0.0.0.0
  bool is_loopback() const;  // 127.0.0.0/8, or ::1
  // All 16 bytes, network order; IPv4 mapped.
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  // The shortest usual form (RFC 5952); IPv4 dotted.
  std::string text() const;
  // The same, written to `into`, which has room for kLongestIpText bytes; gives the length. No zero
  // byte is written. Cost: IPv4 under 10 ns: the data path does it once a request.
  size_t write(char* into) const;

  auto operator<=>(const Ip&) const = default;

 private:
  explicit constexpr Ip(std::array<uint8_t, 16> bytes) : bytes_(bytes) {}
  std::array<uint8_t, 16> bytes_{};
};

class Address {
 public:
  Address() = default;  // [::]:0
  Address(Ip ip, uint16_t port) : ip_(ip), port_(port) {}
  static Address unix_path(std::string path);

  // Every text form named above; `localhost` is 127.0.0.1, as in every example on the web. What is
  // wrong is said in words for a person, without the text itself: "the port must be 1 to 65535".
  static std::expected<Address, std::string> parse(std::string_view text);

  bool is_unix() const { return path_ != nullptr; }
  const Ip& ip() const { return ip_; }
  uint16_t port() const { return port_; }  // 0 for a Unix socket
  // REQUIRES: is_unix().
  const std::string& path() const { return *path_; }
  // What parse() takes back: "127.0.0.1:80", "[::1]:80", ":8080" for every interface, "unix:/p".
  std::string text() const;
  // Without the port; a Unix socket gives "unix".
  std::string host_text() const { return is_unix() ? "unix" : ip_.text(); }

  friend bool operator==(const Address& a, const Address& b);
  friend std::strong_ordering operator<=>(const Address& a, const Address& b);

 private:
  Ip ip_;
  uint16_t port_ = 0;
  std::shared_ptr<const std::string> path_;
};

// A network: `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
class Subnet {
 public:
  // Bits below the prefix length must be zero: "10.0.0.1/8" is refused, its author meant either.
  static std::expected<Subnet, std::string> parse(std::string_view text);
  // An IPv6 network holds no IPv4 address, however short its prefix: "::/0" is all of IPv6.
  bool contains(const Ip& ip) const;
  std::string text() const;
  bool operator==(const Subnet&) const = default;

 private:
  Ip ip_;
  uint8_t bits_ = 0;  // of the mapped form: 0 to 128
};

}  // namespace fairlead
