#include "net/tls13_stream.h"

#include <algorithm>
#include <cstring>

namespace fairlead::net {
namespace {

// Of text in a record: four of them, encrypted, fill a middle block.
constexpr size_t kRecord = 16'000;
constexpr size_t kMostRecords = 4;
// Records in a row without a byte of data, such as key updates, each of which costs us a key and
// more.
constexpr uint32_t kMostIdleRecords = 16;

constexpr uint8_t kCloseNotify = 0;
constexpr uint8_t kUnexpectedMessage = 10;
constexpr uint8_t kBadRecordMac = 20;
constexpr uint8_t kRecordOverflow = 22;
constexpr uint8_t kIllegalParameter = 47;
constexpr uint8_t kDecodeError = 50;
constexpr uint8_t kUserCanceled = 90;
constexpr char kWarning = 1;
constexpr char kFatal = 2;

// KeyUpdate, without asking for one in return: type, length, request.
constexpr std::array<char, 5> kNewKey = {24, 0, 0, 1, 0};

}  // namespace

Tls13Stream::Tls13Stream(std::unique_ptr<Stream> below, Begun begun)
    : Stream(*below),
      below_(std::move(below)),
      facts_(std::move(begun.facts)),
      read_key_(std::move(begun.read_key)),
      write_key_(std::move(begun.write_key)),
      most_records_(begun.most_records),
      most_text_(std::min(begun.most_text, kRecord)),
      unread_(std::move(begun.unread)),
      outbox_(std::move(begun.outbox)) {
  // What came with the last message of the handshake is here, and no event will tell of it.
  if (has_more()) readable().set_quietly();
}

Tls13Stream::~Tls13Stream() {
  if (reset_ || is_deaf_ || has_failed()) return;
  say_end();
  flush();
}

TlsFacts Tls13Stream::tls() const {
  return {.version = "TLSv1.3",
          .server_name = facts_->server_name,
          .protocol = facts_->protocol,
          .client_subject = facts_->client_subject,
          .client_names = facts_->client_names,
          .is_resumed = facts_->is_resumed};
}

// ---- reading --------------------------------------------------------------------------

// Whether something is to be told at once: text, or a whole record.
bool Tls13Stream::has_more() const {
  return !text_.empty() ||
         (unread_.size() >= kRecordHeader && unread_.size() >= record_size(unread_.data()));
}

// Reads below until `wanted` bytes are there, or nothing more is.
Io Tls13Stream::fill(size_t wanted) {
  if (unread_.size() == 0) unread_.begin = unread_.end = 0;
  while (unread_.size() < wanted) {
    if (!readable().is_set()) return Io::blocked();
    make_room(wanted);
    const Io io = below_->read(
        {unread_.block.data() + unread_.end, unread_.block.capacity() - unread_.end});
    if (io.state != Io::State::done) return io;
    unread_.end += static_cast<uint32_t>(io.count);
  }
  return Io::done(0);
}

// REQUIRES: no text stands before what was not read.
void Tls13Stream::make_room(size_t wanted) {
  if (unread_.block.capacity() - unread_.begin >= wanted) return;
  Block larger;
  if (unread_.block.capacity() < wanted) larger = Block::take(std::max(wanted, kSmallBlock));
  Block& target = larger ? larger : unread_.block;
  const size_t size = unread_.size();
  if (size > 0) std::memmove(target.data(), unread_.data(), size);
  if (larger) unread_.block = std::move(larger);
  unread_.begin = 0;
  unread_.end = static_cast<uint32_t>(size);
}

Io Tls13Stream::read(std::span<char> into) {
  if (has_failed()) return Io::failed(failure_);
  // A reader with much room is to be served by few calls.
  if (!unread_.block && readable().is_set() && into.size() > kSmallBlock)
    unread_.block = Block::take(kMiddleBlock);
  size_t total = 0;
  Io last;
  while (total < into.size()) {
    last = take_text(into.subspan(total));
    if (last.state != Io::State::done) break;
    total += last.count;
  }
  if (unread_.size() == 0 && text_.empty()) unread_ = {};
  if (total == 0) is_patient_ = false;
  if (!is_patient_ && outbox_.held() > 0) flush();
  if (total == 0) return last;
  // What stands behind these bytes is to be asked for again, and no event will tell of it.
  const bool more = last.state != Io::State::blocked && (total < into.size() || has_more());
  if (more) readable().set_quietly();
  return Io::done(total);
}

// Done: so many bytes, at least one.
Io Tls13Stream::take_text(std::span<char> into) {
  while (text_.empty()) {
    if (heard_end_) return Io::end();
    const Io io = next_record(into);
    if (io.state == Io::State::end) return fail_with(Code::closed);  // nobody has said so
    if (io.state == Io::State::failed) return fail_with(io.code);
    if (io.state == Io::State::blocked || io.count > 0) return io;
  }
  const size_t count = std::min(into.size(), text_.size());
  std::memcpy(into.data(), text_.data(), count);
  text_ = text_.subspan(count);
  return Io::done(count);
}

// Done: so many bytes of text, or 0 where it was none, or more than there is room for: see text_.
Io Tls13Stream::next_record(std::span<char> into) {
  if (const Io io = fill(kRecordHeader); io.state != Io::State::done) return io;
  const size_t size = record_size(unread_.data());
  const size_t body = size - kRecordHeader;
  if (static_cast<RecordType>(*unread_.data()) != RecordType::data)
    return refuse(kUnexpectedMessage);
  if (body <= kRecordTag) return refuse(kDecodeError);
  if (body > kMostRecordText + 1 + kRecordTag) return refuse(kRecordOverflow);
  if (const Io io = fill(size); io.state != Io::State::done) return io;

  char* const record = unread_.block.data() + unread_.begin;
  const bool fits = into.size() >= body - kRecordTag;
  char* const out = fits ? into.data() : record + kRecordHeader;
  const auto opened = read_key_.open({record, size}, out);
  unread_.begin += static_cast<uint32_t>(size);
  if (!opened) return refuse(kBadRecordMac);
  const std::span<const char> text(out, opened->size);
  if (opened->type == RecordType::data && !text.empty()) {
    if (message_size_ > 0) return refuse(kUnexpectedMessage);
    idle_records_ = 0;
    if (fits) return Io::done(text.size());
    text_ = text;
    return Io::done(0);
  }
  if (++idle_records_ > kMostIdleRecords) return refuse(kUnexpectedMessage);
  switch (opened->type) {
    case RecordType::data: return Io::done(0);
    case RecordType::alert: return take_alert(text);
    case RecordType::handshake: return take_message(text);
    default: return refuse(kUnexpectedMessage);
  }
}

Io Tls13Stream::take_alert(std::span<const char> text) {
  if (text.size() != 2) return refuse(kDecodeError);
  const auto what = static_cast<uint8_t>(text[1]);
  if (what == kCloseNotify) heard_end_ = true;
  return what == kCloseNotify || what == kUserCanceled ? Io::done(0) : Io::failed(Code::reset);
}

// Of the handshake protocol, which has but one message for a server by now.
Io Tls13Stream::take_message(std::span<const char> text) {
  if (text.empty() || message_size_ + text.size() > message_.size())
    return refuse(kUnexpectedMessage);
  std::ranges::copy(text, message_.begin() + message_size_);
  message_size_ += static_cast<uint8_t>(text.size());
  if (message_[0] != kNewKey[0]) return refuse(kUnexpectedMessage);
  const size_t known = std::min<size_t>(message_size_, kNewKey.size() - 1);
  if (!std::equal(message_.begin(), message_.begin() + known, kNewKey.begin()))
    return refuse(kDecodeError);
  if (message_size_ < message_.size()) return Io::done(0);
  message_size_ = 0;
  const char is_asked = message_.back();
  if (is_asked != 0 && is_asked != 1) return refuse(kIllegalParameter);
  read_key_.advance();
  if (is_asked == 1 && !said_end_ && !is_deaf_) renew_write_key();
  return Io::done(0);
}

bool Tls13Stream::is_quiet() {
  return !has_failed() && unread_.size() == 0 && text_.empty() && below_->is_quiet();
}

void Tls13Stream::watch_now() {
  is_patient_ = false;
  if (outbox_.held() > 0) flush();
  below_->watch_now();
}

// ---- writing --------------------------------------------------------------------------

// Sends what is held, and then the end where it is due.
Io Tls13Stream::flush() {
  const Io io = outbox_.flush(*below_);
  if (io.state == Io::State::failed) return fail_to_write(io.code);
  if (io.state == Io::State::done && std::exchange(ending_, false)) below_->shutdown_write();
  return io;
}

// Into the outbox. False: too much waits there for a peer that does not read.
bool Tls13Stream::seal(RecordType type, std::span<const char> text) {
  char* const record = outbox_.room(text.size() + kRecordGrowth);
  if (!record) return false;
  write_key_.seal(type, text, record);
  outbox_.add(text.size() + kRecordGrowth);
  return true;
}

void Tls13Stream::renew_write_key() {
  if (seal(RecordType::handshake, kNewKey)) write_key_.advance();
}

Io Tls13Stream::write(std::span<const char> from) {
  if (has_failed() || is_deaf_) return Io::failed(failure_);
  const bool may_join = std::exchange(is_patient_, false);
  if (outbox_.held() > 0 && !may_join) {
    if (const Io io = flush(); io.state != Io::State::done) return io;
  }
  idle_records_ = 0;  // for who only listens, new keys are due now and then
  const size_t size = std::min(from.size(), kRecord * kMostRecords);
  size_t taken = std::exchange(owes_byte_, false) ? 1 : 0;
  if (taken < size) outbox_.room(size + (size / most_text_ + 1) * kRecordGrowth);
  while (taken < size) {
    if (write_key_.records() >= most_records_) renew_write_key();
    const size_t count = std::min(size - taken, most_text_);
    if (!seal(RecordType::data, from.subspan(taken, count))) return fail_with(Code::overloaded);
    taken += count;
  }
  const Io io = flush();
  if (io.state == Io::State::failed) return io;
  if (io.state == Io::State::done || taken == 1) return Io::done(taken);
  // Encrypted is not sent. The last byte stays the caller's until all before it have left: so he
  // keeps the stream until then, as he would without TLS, and the destructor has nothing to
  // deliver.
  owes_byte_ = true;
  return Io::done(taken - 1);
}

void Tls13Stream::say_end() {
  if (!std::exchange(said_end_, true))
    seal(RecordType::alert, std::array{kWarning, static_cast<char>(kCloseNotify)});
}

void Tls13Stream::shutdown_write() {
  if (has_failed() || is_deaf_ || said_end_) return;
  say_end();
  ending_ = true;
  flush();
}

void Tls13Stream::reset() {
  reset_ = true;
  below_->reset();
}

// What the peer has said before may still be read.
Io Tls13Stream::fail_to_write(Code code) {
  if (below_->has_failed()) return fail_with(code);
  is_deaf_ = true;
  failure_ = code;
  outbox_ = {};
  return Io::failed(code);
}

Io Tls13Stream::fail_with(Code code) {
  set_failed();
  failure_ = code;
  return Io::failed(code);
}

// Tells the peer why.
Io Tls13Stream::refuse(uint8_t alert) {
  if (!is_deaf_ && !std::exchange(said_end_, true)) {
    seal(RecordType::alert, std::array{kFatal, static_cast<char>(alert)});
    flush();
  }
  return Io::failed(Code::malformed);
}

}  // namespace fairlead::net
