#include "wire/scram.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace fairlead::wire {
namespace {

constexpr size_t kLongestMessage = 2048;
constexpr size_t kDigest = 32;
// RFC 5802 5.1: "n,," says that no channel is bound; here in base64.
constexpr std::string_view kHeader = "n,,";
constexpr std::string_view kHeaderInBase64 = "biws";

using Digest = std::array<unsigned char, kDigest>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view text_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest hmac(const Digest& key, std::string_view text) {
  Digest digest{};
  unsigned size = kDigest;
  HMAC(EVP_sha256(), key.data(), kDigest, bytes_of(text), text.size(), digest.data(), &size);
  return digest;
}

Digest sha256(std::string_view text) {
  Digest digest{};
  unsigned size = kDigest;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return digest;
}

std::string base64(std::string_view text) {
  std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');  // one more for the zero at the end
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), bytes_of(text),
                                   static_cast<int>(text.size()));
  encoded.resize(static_cast<size_t>(size));
  return encoded;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return {};
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string decoded(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()), bytes_of(text),
                                   static_cast<int>(text.size()));
  if (size != static_cast<int>(decoded.size())) return {};
  if (text.substr(0, text.size() - padding).contains('=')) return {};
  decoded.resize(decoded.size() - padding);
  return decoded;
}

// Takes `name=value` off the head, up to the next comma.
std::optional<std::string_view> take(std::string_view& message, char name) {
  if (message.size() < 2 || message[0] != name || message[1] != '=') return {};
  const size_t end = std::min(message.find(','), message.size());
  const std::string_view value = message.substr(2, end - 2);
  message.remove_prefix(std::min(end + 1, message.size()));
  return value;
}

std::optional<uint32_t> number(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0) return {};
  return value;
}

std::string bare_first(std::string_view nonce) { return fmt::format("n=,r={}", nonce); }

}  // namespace

std::string Scram::first() const { return fmt::format("{}{}", kHeader, bare_first(nonce_)); }

std::expected<std::string, std::string> Scram::prove(std::string_view server_first) {
  if (server_first.size() > kLongestMessage) return std::unexpected("its challenge is too long");
  std::string_view rest = server_first;
  const auto nonce = take(rest, 'r');
  const auto salt_text = nonce ? take(rest, 's') : std::nullopt;
  const auto rounds_text = salt_text ? take(rest, 'i') : std::nullopt;
  if (!rounds_text) return std::unexpected("its challenge is malformed");
  const auto salt = from_base64(*salt_text);
  const auto rounds = number(*rounds_text);
  if (!salt || !rounds) return std::unexpected("its challenge is malformed");
  if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size()) {
    return std::unexpected("its challenge is not an answer to ours");
  }
  if (*rounds > kMostRounds) {
    return std::unexpected(
        fmt::format("it wants {} rounds of hashing; {} are the most", *rounds, kMostRounds));
  }
  Digest salted{};
  PKCS5_PBKDF2_HMAC(password_.data(), static_cast<int>(password_.size()), bytes_of(*salt),
                    static_cast<int>(salt->size()), static_cast<int>(*rounds), EVP_sha256(),
                    kDigest, salted.data());
  // RFC 5802 3.
  const std::string without_proof = fmt::format("c={},r={}", kHeaderInBase64, *nonce);
  const std::string all = fmt::format("{},{},{}", bare_first(nonce_), server_first, without_proof);
  Digest proof = hmac(salted, "Client Key");
  const Digest signature = hmac(sha256(text_of(proof)), all);
  for (size_t i = 0; i < kDigest; ++i) proof[i] ^= signature[i];
  server_signature_ = base64(text_of(hmac(hmac(salted, "Server Key"), all)));
  return fmt::format("{},p={}", without_proof, base64(text_of(proof)));
}

bool Scram::is_proven(std::string_view server_final) const {
  const auto signature = take(server_final, 'v');
  return signature && !server_signature_.empty() && *signature == server_signature_;
}

}  // namespace fairlead::wire
