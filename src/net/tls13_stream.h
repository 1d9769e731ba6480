// Tls13Stream: the server's end of a TLS 1.3 connection behind its handshake, by its keys alone.
//
// OpenSSL's state of a connection is 11 KiB, and each record is copied once more on its way through
// it. Behind the handshake a server needs little: to protect records, to hear of new keys and of
// the end. What the handshake wrote last, its tickets, waits for the first bytes of an answer, if
// those are due at once.
#pragma once

#include <memory>
#include <string>

#include "net/record_key.h"
#include "net/tls_wire.h"

namespace fairlead::net {

class Tls13Stream final : public Stream {
 public:
  // What the handshake has found out.
  struct Facts {
    std::string server_name;
    std::string protocol;
    std::string client_subject;
    std::string client_names;
    bool is_resumed = false;
  };
  struct Begun {
    RecordKey read_key;
    RecordKey write_key;
    HeldBytes unread;  // that stood behind the handshake
    Outbox outbox;     // what the handshake wrote last
    std::unique_ptr<Facts> facts;
    uint64_t most_records = uint64_t{1} << 24;  // under one key of ours (RFC 8446 5.5)
    size_t most_text = kMostRecordText;         // in a record, as the peer wants it (RFC 6066 4)
  };

  // The keys' suite outlives it.
  Tls13Stream(std::unique_ptr<Stream> below, Begun begun);
  // Says that it ends (close_notify), unless it was reset.
  ~Tls13Stream() override;

  // Failed with `closed`: the connection ended without the peer having said so (a truncation).
  Io read(std::span<char> into) override;
  Io write(std::span<const char> from) override;
  Io connected() override { return below_->connected(); }
  void watch_now() override;
  bool is_quiet() override;
  size_t in_flight() const override { return below_->in_flight() + outbox_.held(); }
  void shutdown_write() override;
  void reset() override;
  Address peer() const override { return below_->peer(); }
  Address local() const override { return below_->local(); }
  TlsFacts tls() const override;

 private:
  bool has_more() const;
  Io fill(size_t wanted);
  void make_room(size_t wanted);
  Io take_text(std::span<char> into);
  Io next_record(std::span<char> into);
  Io take_alert(std::span<const char> text);
  Io take_message(std::span<const char> text);
  bool seal(RecordType type, std::span<const char> text);
  void renew_write_key();
  void say_end();
  Io flush();
  Io fail_to_write(Code code);
  Io fail_with(Code code);
  Io refuse(uint8_t alert);

  std::unique_ptr<Stream> below_;
  const std::unique_ptr<const Facts> facts_;
  RecordKey read_key_;
  RecordKey write_key_;
  const uint64_t most_records_;
  const size_t most_text_;
  HeldBytes unread_;              // records
  Outbox outbox_;                 // records
  std::span<const char> text_;    // not taken yet; of a record that was opened where it stood
  uint32_t idle_records_ = 0;     // since data came
  std::array<char, 5> message_;   // of the protocol itself, as far as it came
  uint8_t message_size_ = 0;
  Code failure_ = Code::internal;
  bool is_patient_ = true;   // what is held may wait for the first answer
  bool owes_byte_ = false;   // the last byte that was encrypted was not yet said to be taken
  bool said_end_ = false;    // our direction
  bool is_deaf_ = false;     // the peer takes nothing any more
  bool ending_ = false;      // below, our direction ends behind what is held
  bool heard_end_ = false;   // the peer's
  bool reset_ = false;
};

}  // namespace fairlead::net
