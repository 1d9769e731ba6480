#include "net/tls13_stream.h"

#include <gtest/gtest.h>

#include <optional>

#include "net/test_sim.h"
#include "net/tls_library.h"

namespace fairlead::net {
namespace {

TrafficSecret filled(unsigned char with) {
  TrafficSecret made{.size = 32};
  made.bytes.fill(with);
  return made;
}

// A server's end behind its handshake, and a peer that writes its records by hand.
struct Tls13Bench : SimBench {
  explicit Tls13Bench(uint64_t most_records = 1000, std::string_view ticket = "") {
    pair = connect();
    Outbox outbox;
    RecordKey write_key(suite, filled(2), 0);
    if (!ticket.empty()) {
      write_key.seal(RecordType::handshake, ticket, outbox.room(ticket.size() + kRecordGrowth));
      outbox.add(ticket.size() + kRecordGrowth);
    }
    auto facts = std::make_unique<Tls13Stream::Facts>();
    facts->server_name = "a.example";
    stream.emplace(std::move(pair.server),
                   Tls13Stream::Begun{.read_key = {suite, filled(1), 0},
                                      .write_key = std::move(write_key),
                                      .unread = {},
                                      .outbox = std::move(outbox),
                                      .facts = std::move(facts),
                                      .most_records = most_records});
  }

  std::string sealed(std::string_view text, RecordType type = RecordType::data) {
    std::string record(text.size() + kRecordGrowth, '\0');
    ours.seal(type, text, record.data());
    return record;
  }
  void say(std::string_view bytes) {
    wait([&] {
      const Io io = write(*pair.client, bytes);
      if (io.state == Io::State::done) bytes.remove_prefix(io.count);
      return bytes.empty();
    });
    world.run_for(1s);
  }
  void say_new_key(char is_asked = 0) {
    say(sealed({std::array<char, 5>{24, 0, 0, 1, is_asked}.data(), 5}, RecordType::handshake));
    ours.advance();
  }
  // What the server reads at once.
  std::string read() { return read_all(*stream, &last); }
  // What came from the server, record by record: "data:hello alert:\2\12".
  std::string hear() {
    world.run_for(1s);
    bytes += read_all(*pair.client, &peer_last);
    std::string all;
    while (bytes.size() >= kRecordHeader && bytes.size() >= record_size(bytes.data())) {
      const uint32_t size = record_size(bytes.data());
      std::string text(size, '\0');
      const auto opened = theirs.open(std::string_view(bytes).substr(0, size), text.data());
      bytes.erase(0, size);
      if (!opened) return all + " REFUSED";
      if (!all.empty()) all += ' ';
      all += opened->type == RecordType::data    ? "data:"
             : opened->type == RecordType::alert ? "alert:"
                                                 : "handshake:";
      all.append(text, 0, opened->size);
      if (opened->type == RecordType::handshake && text[0] == 24) theirs.advance();
    }
    return all;
  }
  // The stream refuses these bytes, and tells the peer so by `alert`.
  void expect_refused(std::string_view bytes_said, char alert) {
    say(bytes_said);
    EXPECT_EQ(read(), "");
    EXPECT_EQ(last.state, Io::State::failed);
    EXPECT_EQ(last.code, Code::malformed);
    EXPECT_TRUE(stream->has_failed());
    EXPECT_EQ(stream->write(std::string_view("x")).state, Io::State::failed);
    EXPECT_EQ(hear(), std::string("alert:\2") + alert);
  }

  TlsLibrary library;
  const RecordSuite& suite = *library.record_suite(0x1301);
  RecordKey ours{suite, filled(1), 0};
  RecordKey theirs{suite, filled(2), 0};
  SimPair pair;
  std::optional<Tls13Stream> stream;
  std::string bytes;
  Io last;
  Io peer_last;
};

TEST(Tls13Stream, TellsWhatTheHandshakeFound) {
  Tls13Bench bench;
  EXPECT_EQ(bench.stream->tls().version, "TLSv1.3");
  EXPECT_EQ(bench.stream->tls().server_name, "a.example");
  EXPECT_FALSE(bench.stream->tls().is_resumed);
}

TEST(Tls13Stream, ReadsRecordsHoweverTheyCome) {
  Tls13Bench bench;
  const std::string records = bench.sealed("one ") + bench.sealed("") + bench.sealed("two");
  std::string heard;
  for (const char byte : records) {
    bench.say({&byte, 1});
    heard += bench.read();
  }
  EXPECT_EQ(heard, "one two");
  bench.say(bench.sealed("three ") + bench.sealed("four"));
  EXPECT_EQ(bench.read(), "three four");
  EXPECT_EQ(bench.last.state, Io::State::blocked);
}

TEST(Tls13Stream, ReadsTheLargestRecord) {
  Tls13Bench bench;
  const std::string text(kMostRecordText, 'x');
  bench.say(bench.sealed("first") + bench.sealed(text));
  EXPECT_TRUE(bench.read() == "first" + text);
}

TEST(Tls13Stream, APaddedRecordIsItsText) {
  Tls13Bench bench;
  // The type of the inner record, and zeros behind it, as if they were text; then our type, zero.
  bench.say(bench.sealed(std::string("text\x17\0\0\0", 8), static_cast<RecordType>(0)));
  EXPECT_EQ(bench.read(), "text");
}

TEST(Tls13Stream, RefusesWhatIsNoRecordOfTls13) {
  Tls13Bench{}.expect_refused({"\x16\x03\x03\0\x20", 5}, 10);
  Tls13Bench{}.expect_refused({"\x14\x03\x03\0\x01\x01", 6}, 10);
  Tls13Bench{}.expect_refused({"\x17\x03\x03\x40\x12", 5}, 22);  // longer than any
  Tls13Bench{}.expect_refused({"\x17\x03\x03\0\x10", 5}, 50);    // a tag alone
  Tls13Bench{}.expect_refused(std::string("\x17\x03\x03\0\x20", 5) + std::string(32, 'x'), 20);
}

TEST(Tls13Stream, RefusesWhatARecordMayNotHold) {
  const auto refused = [](RecordType type, std::string_view text, char alert) {
    Tls13Bench bench;
    bench.expect_refused(bench.sealed(text, type), alert);
  };
  refused(RecordType::change_cipher_spec, "\1", 10);
  refused(static_cast<RecordType>(24), "heartbeat", 10);
  refused(static_cast<RecordType>(0), std::string(9, '\0'), 20);  // zeros, and no type
  refused(RecordType::alert, "\1", 50);
  refused(RecordType::handshake, "", 10);
  refused(RecordType::handshake, "\1 a second ClientHello", 10);
  refused(RecordType::handshake, {"\x18\0\0\2\0", 5}, 50);
  refused(RecordType::handshake, {"\x18\0\0\0", 4}, 50);
  refused(RecordType::handshake, {"\x18\0\0\1\2", 5}, 47);
  refused(RecordType::handshake, {"\x18\0\0\1\0\x18", 6}, 10);  // another behind it
}

TEST(Tls13Stream, FollowsNewKeys) {
  Tls13Bench bench;
  bench.say_new_key();
  bench.say(bench.sealed("a"));
  bench.say_new_key(1);
  bench.say(bench.sealed("b"));
  EXPECT_EQ(bench.read(), "ab");
  EXPECT_EQ(bench.hear(), std::string("handshake:\x18\0\0\1\0", 15));
  write(*bench.stream, "under the new key");
  EXPECT_EQ(bench.hear(), "data:under the new key");
}

TEST(Tls13Stream, TakesANewKeyInPiecesButNothingBetween) {
  Tls13Bench bench;
  bench.say(bench.sealed({"\x18\0", 2}, RecordType::handshake));
  bench.say(bench.sealed({"\0\1\0", 3}, RecordType::handshake));
  bench.ours.advance();
  bench.say(bench.sealed("behind"));
  EXPECT_EQ(bench.read(), "behind");
  bench.say(bench.sealed({"\x18\0", 2}, RecordType::handshake));
  bench.expect_refused(bench.sealed("between"), 10);
}

TEST(Tls13Stream, RenewsItsKeyInTime) {
  Tls13Bench bench(2);
  for (int i = 0; i < 5; ++i) write(*bench.stream, std::to_string(i));
  const std::string renewed("handshake:\x18\0\0\1\0", 15);
  EXPECT_EQ(bench.hear(), "data:0 data:1 " + renewed + " data:2 data:3 " + renewed + " data:4");
}

TEST(Tls13Stream, NewKeysOfAListenerAreNoFlood) {
  Tls13Bench bench;
  for (int i = 0; i < 100; ++i) {
    bench.say_new_key();
    EXPECT_EQ(bench.read(), "");
    write(*bench.stream, "more");
  }
  EXPECT_FALSE(bench.stream->has_failed());
}

TEST(Tls13Stream, AFloodOfNothingBreaksIt) {
  Tls13Bench bench;
  std::string flood;
  for (int i = 0; i < 17; ++i) flood += bench.sealed("");
  bench.expect_refused(flood, 10);
}

TEST(Tls13Stream, HearsOfTheEnd) {
  Tls13Bench bench;
  bench.say(bench.sealed("last") + bench.sealed({"\1\x5a", 2}, RecordType::alert) +
            bench.sealed({"\1\0", 2}, RecordType::alert) + bench.sealed("too late"));
  EXPECT_EQ(bench.read(), "last");
  EXPECT_EQ(bench.last.state, Io::State::end);
  EXPECT_EQ(bench.read(), "");
  EXPECT_EQ(bench.last.state, Io::State::end);
  // Our direction goes on.
  write(*bench.stream, "answer");
  EXPECT_EQ(bench.hear(), "data:answer");
}

TEST(Tls13Stream, AnAlertBreaksIt) {
  Tls13Bench bench;
  bench.say(bench.sealed({"\2\x50", 2}, RecordType::alert));
  EXPECT_EQ(bench.read(), "");
  EXPECT_EQ(bench.last.state, Io::State::failed);
  EXPECT_EQ(bench.last.code, Code::reset);
  EXPECT_EQ(bench.hear(), "");  // an alert is not answered
}

TEST(Tls13Stream, ATicketGoesOnceNothingElseIsDue) {
  Tls13Bench bench(1000, "ticket");
  bench.say(bench.sealed("request"));
  EXPECT_EQ(bench.read(), "request");
  EXPECT_EQ(bench.hear(), "handshake:ticket");  // nothing more came, so nothing may follow soon
}

TEST(Tls13Stream, ATicketWaitsForAnAnswerThatIsDue) {
  Tls13Bench bench(1000, "ticket");
  bench.say(bench.sealed("request"));
  std::array<char, 100> room;
  EXPECT_EQ(bench.stream->read(room).count, 7u);
  EXPECT_EQ(bench.hear(), "");
  write(*bench.stream, "answer");
  EXPECT_EQ(bench.hear(), "handshake:ticket data:answer");
}

TEST(Tls13Stream, ATicketDoesNotWaitForAnIdleClient) {
  Tls13Bench bench(1000, "ticket");
  bench.stream->watch_now();
  EXPECT_EQ(bench.hear(), "handshake:ticket");
  EXPECT_TRUE(bench.stream->is_quiet());
}

TEST(Tls13Stream, SaysGoodbyeOnce) {
  Tls13Bench bench;
  bench.stream->shutdown_write();
  bench.stream->shutdown_write();
  bench.stream.reset();
  EXPECT_EQ(bench.hear(), std::string("alert:\1\0", 8));
  EXPECT_EQ(bench.peer_last.state, Io::State::end);
}

}  // namespace
}  // namespace fairlead::net
