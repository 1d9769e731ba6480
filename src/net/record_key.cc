#include "net/record_key.h"

#include "base/check.h"

namespace fairlead::net {
namespace {

unsigned char* bytes_of(char* text) { return reinterpret_cast<unsigned char*>(text); }
const unsigned char* bytes_of(const char* text) {
  return reinterpret_cast<const unsigned char*>(text);
}

}  // namespace

// A cipher refuses nothing but a wrong tag; whatever else fails is a lack of memory, or our mistake.

RecordKey::RecordKey(const RecordSuite& suite, const TrafficSecret& secret, uint64_t records)
    : suite_(&suite), cipher_(EVP_CIPHER_CTX_new()), secret_(secret), records_(records) {
  CHECK(cipher_);
  set_key();
}

RecordKey::~RecordKey() { OPENSSL_cleanse(secret_.bytes.data(), secret_.bytes.size()); }

void RecordKey::set_key() {
  std::array<unsigned char, EVP_MAX_KEY_LENGTH> key;
  const auto length = static_cast<size_t>(EVP_CIPHER_get_key_length(suite_->cipher()));
  suite_->expand(secret_, "key", std::span(key).first(length));
  suite_->expand(secret_, "iv", iv_);
  // For both directions: the schedule of a counter mode's key is the same.
  CHECK(EVP_CipherInit_ex2(cipher_.get(), suite_->cipher(), key.data(), iv_.data(), 1, nullptr) == 1);
  OPENSSL_cleanse(key.data(), key.size());
}

void RecordKey::advance() {
  TrafficSecret next{.size = secret_.size};
  suite_->expand(secret_, "traffic upd", std::span(next.bytes).first(next.size));
  secret_ = next;
  OPENSSL_cleanse(next.bytes.data(), next.bytes.size());
  records_ = 0;
  set_key();
}

std::array<unsigned char, 12> RecordKey::next_nonce() {
  std::array<unsigned char, 12> nonce = iv_;
  for (size_t i = 0; i < 8; ++i) nonce[4 + i] ^= static_cast<unsigned char>(records_ >> (56 - 8 * i));
  ++records_;
  return nonce;
}

void RecordKey::seal(RecordType type, std::span<const char> text, char* record) {
  CHECK(text.size() <= kMostRecordText);
  const size_t body = text.size() + 1 + kRecordTag;
  unsigned char* const out = bytes_of(record);
  out[0] = static_cast<unsigned char>(RecordType::data);
  out[1] = out[2] = 3;
  out[3] = static_cast<unsigned char>(body >> 8);
  out[4] = static_cast<unsigned char>(body);
  const auto inner = static_cast<unsigned char>(type);
  const std::array<unsigned char, 12> nonce = next_nonce();
  EVP_CIPHER_CTX* const cipher = cipher_.get();
  unsigned char* const sealed = out + kRecordHeader;
  const auto size = static_cast<int>(text.size());
  int count = 0;
  CHECK(EVP_CipherInit_ex2(cipher, nullptr, nullptr, nonce.data(), 1, nullptr) == 1 &&
        EVP_EncryptUpdate(cipher, nullptr, &count, out, kRecordHeader) == 1 &&
        (size == 0 || EVP_EncryptUpdate(cipher, sealed, &count, bytes_of(text.data()), size) == 1) &&
        EVP_EncryptUpdate(cipher, sealed + size, &count, &inner, 1) == 1 &&
        EVP_EncryptFinal_ex(cipher, sealed + size + 1, &count) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, kRecordTag, sealed + size + 1) == 1);
}

std::optional<RecordKey::Opened> RecordKey::open(std::span<const char> record, char* into) {
  CHECK(record.size() > kRecordHeader + kRecordTag);
  const std::span<const char> body = record.subspan(kRecordHeader);
  const auto size = static_cast<int>(body.size() - kRecordTag);
  std::array<unsigned char, kRecordTag> tag;
  std::copy_n(bytes_of(body.data()) + size, tag.size(), tag.begin());
  const std::array<unsigned char, 12> nonce = next_nonce();
  EVP_CIPHER_CTX* const cipher = cipher_.get();
  int count = 0;
  CHECK(EVP_CipherInit_ex2(cipher, nullptr, nullptr, nonce.data(), 0, nullptr) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, kRecordTag, tag.data()) == 1 &&
        EVP_DecryptUpdate(cipher, nullptr, &count, bytes_of(record.data()), kRecordHeader) == 1 &&
        EVP_DecryptUpdate(cipher, bytes_of(into), &count, bytes_of(body.data()), size) == 1);
  if (EVP_DecryptFinal_ex(cipher, bytes_of(into) + size, &count) != 1) return std::nullopt;
  // The type stands behind the text, and zeros may stand behind the type.
  for (int end = size; end-- > 0;) {
    if (into[end] != 0)
      return Opened{static_cast<RecordType>(into[end]), static_cast<size_t>(end)};
  }
  return std::nullopt;
}

}  // namespace fairlead::net
