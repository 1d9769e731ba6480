// RecordKey: how one direction of a TLS 1.3 connection protects its records (RFC 8446 5 and 7.3).
//
// The ciphers are OpenSSL's; ours are the frame around them, the nonce, and the next key.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "net/openssl.h"
#include "net/record_suite.h"

namespace fairlead::net {

enum class RecordType : uint8_t { change_cipher_spec = 20, alert = 21, handshake = 22, data = 23 };

inline constexpr size_t kRecordHeader = 5;
inline constexpr size_t kRecordTag = 16;
// Of text in a record.
inline constexpr size_t kMostRecordText = 16'384;
// What a record is longer than its text.
inline constexpr size_t kRecordGrowth = kRecordHeader + 1 + kRecordTag;

// The whole record whose header begins at `header`, in bytes.
inline uint32_t record_size(const char* header) {
  return kRecordHeader + static_cast<uint32_t>(static_cast<unsigned char>(header[3]) << 8 |
                                               static_cast<unsigned char>(header[4]));
}

class RecordKey {
 public:
  // From a direction's traffic secret; `records` were protected with it already. The suite outlives
  // the key.
  RecordKey(const RecordSuite& suite, const TrafficSecret& secret, uint64_t records);
  RecordKey(RecordKey&&) = default;
  RecordKey& operator=(RecordKey&&) = delete;
  ~RecordKey();

  // Writes a record of text.size() + kRecordGrowth bytes.
  // REQUIRES: text is no longer than kMostRecordText.
  void seal(RecordType type, std::span<const char> text, char* record);

  struct Opened {
    RecordType type;
    size_t size;  // of the text
  };
  // Writes the text of a record to `into`: up to size - kRecordHeader - kRecordTag bytes of it are
  // used, whatever comes out; it may be where the record's body stands. None: it was not protected
  // with this key, or has no type.
  // REQUIRES: the record is whole, and longer than an empty one: size > kRecordHeader + kRecordTag.
  std::optional<Opened> open(std::span<const char> record, char* into);

  // The key behind this one (KeyUpdate).
  void advance();
  // How many this key has protected.
  uint64_t records() const { return records_; }

 private:
  using CipherContextPtr = std::unique_ptr<EVP_CIPHER_CTX, FreeBy<EVP_CIPHER_CTX_free>>;

  void set_key();
  std::array<unsigned char, 12> next_nonce();

  const RecordSuite* suite_;
  CipherContextPtr cipher_;
  TrafficSecret secret_;
  std::array<unsigned char, 12> iv_;
  uint64_t records_;
};

}  // namespace fairlead::net
