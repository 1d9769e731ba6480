#include "core/simulate/client_key.h"

#include <charconv>

namespace fairlead::core {
namespace {

class ClientFacts final : public KeyFacts {
 public:
  ClientFacts(const Ip& ip, uint16_t port, std::string_view name)
      : ip_(ip), port_(port), name_(name) {}
  Ip client() const override { return ip_; }
  uint16_t client_port() const override { return port_; }
  Address local() const override { return Address(Ip::v4({10, 255, 255, 255}), 80); }
  std::string_view header(std::string_view) const override { return name_; }
  std::string_view cookie(std::string_view) const override { return name_; }
  std::string_view path() const override { return name_; }
  std::string_view host() const override { return name_; }
  std::string_view sni() const override { return name_; }

 private:
  Ip ip_;
  uint16_t port_;
  std::string_view name_;
};

// What is looked for in a longer text would need such a text to be made for each request.
Key key_by(const BalanceConfig& balance, const ClientFacts& facts) {
  if (!balance.key) return {};
  const KeyPart part = balance.key->part;
  if (part == KeyPart::query || part == KeyPart::path_segment || part == KeyPart::body)
    return key_of(facts.path());
  return key_of(*balance.key, balance.fallback, facts);
}

}  // namespace

Key client_key(const BalanceConfig& balance, uint32_t client, uint32_t addresses) {
  char digits[10];
  const auto end = std::to_chars(digits, digits + sizeof digits, client).ptr;
  const uint32_t ip = addresses == 0 ? client : client % addresses;
  const auto byte = [&](int shift) { return static_cast<uint8_t>(ip >> shift); };
  return key_by(balance, ClientFacts(Ip::v4({10, byte(16), byte(8), byte(0)}),
                                     static_cast<uint16_t>(1024 + client % 60'000),
                                     std::string_view(digits, end)));
}

Key client_key(const BalanceConfig& balance, std::string_view client) {
  const auto ip = Ip::parse(client);
  return key_by(balance, ClientFacts(ip ? *ip : Ip(), 0, client));
}

}  // namespace fairlead::core
