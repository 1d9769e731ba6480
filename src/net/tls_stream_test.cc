#include "net/tls_stream.h"

#include <gtest/gtest.h>

#include <optional>

#include "net/scope.h"
#include "net/test_sim.h"
#include "net/test_tls.h"

namespace fairlead::net {
namespace {

using Accepted = Result<std::unique_ptr<Stream>>;

// A client and a server of TLS at two simulated hosts.
struct TlsBench : SimBench {
  explicit TlsBench(TlsServerOptions options = {}, const FaultPlan& plan = {}) : SimBench(1, plan) {
    if (options.certificates.empty()) options.certificates = {test_certificate()};
    tls = TlsServer::make(library, options, tickets, server).value();
    pair = connect();
    talker.emplace(*pair.client);
  }
  ~TlsBench() { scope.cancel_all(); }

  void accept(std::string_view answer_to_http = {}) { scope.spawn(accept_one(answer_to_http)); }
  Task<void> accept_one(std::string_view answer_to_http) {
    accepted = co_await tls_accept(server, std::move(pair.server), tls, server.now() + 10s,
                                   answer_to_http);
  }
  void shake(size_t at_once = SIZE_MAX) {
    accept();
    wait([&] { return talker->shake(at_once) && accepted; });
    ASSERT_TRUE(accepted && *accepted) << (accepted ? accepted->error().detail : "not done");
    talker->hear();
  }
  Stream& stream() { return ***accepted; }
  std::string heard_by_server(size_t wanted, size_t at_once = 4096) {
    std::string all;
    wait([&] {
      talker->pump();
      all += read_all(stream(), &last, at_once);
      return all.size() >= wanted || last.state == Io::State::end ||
             last.state == Io::State::failed;
    });
    return all;
  }
  std::string heard_by_client(size_t wanted) {
    std::string all;
    wait([&] {
      all += talker->hear();
      return all.size() >= wanted || talker->was_told_end() || talker->saw_end();
    });
    return all;
  }

  TlsLibrary library;
  std::shared_ptr<TicketKeys> tickets = std::make_shared<TicketKeys>();
  std::shared_ptr<const TlsServer> tls;
  SimPair pair;
  std::optional<TestTlsClient> talker;
  std::optional<Accepted> accepted;
  Io last;
  Scope scope;
};

std::string pattern(size_t size) {
  std::string text(size, ' ');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
  return text;
}

// Both classes that a server's end may be of: with OpenSSL behind the handshake, and without.
class TlsStreams : public testing::TestWithParam<int> {
 protected:
  explicit TlsStreams(const FaultPlan& plan = {}) : bench({}, plan) { set_version(); }
  void set_version() { SSL_set_max_proto_version(bench.talker->ssl(), GetParam()); }
  TlsBench bench;
};
INSTANTIATE_TEST_SUITE_P(Versions, TlsStreams, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                           return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(TlsStreams, CarriesBytesBothWays) {
  bench.shake();
  EXPECT_EQ(bench.stream().tls().version, GetParam() == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
  EXPECT_EQ(bench.stream().tls().server_name, "a.example");
  EXPECT_EQ(bench.stream().descriptor(), -1);
  bench.talker->say("hello");
  EXPECT_EQ(bench.heard_by_server(5), "hello");
  EXPECT_EQ(write(bench.stream(), "good day").count, 8u);
  EXPECT_EQ(bench.heard_by_client(8), "good day");
}

class TlsStreamsInPieces : public TlsStreams {
 protected:
  TlsStreamsInPieces() : TlsStreams(in_pieces()) {}
  static FaultPlan in_pieces() {
    FaultPlan plan;
    plan.short_read = plan.short_write = 0.9;
    return plan;
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, TlsStreamsInPieces, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_P(TlsStreamsInPieces, LoseNothing) {
  bench.shake(1);
  bench.talker->say(pattern(30'000));
  EXPECT_TRUE(bench.heard_by_server(30'000) == pattern(30'000)) << name_of(bench.last.code);
}

TEST_P(TlsStreams, AReadIntoLittleRoomLosesNothing) {
  bench.shake();
  bench.talker->say(pattern(100'000));
  EXPECT_EQ(bench.heard_by_server(100'000, 7), pattern(100'000));
}

TEST_P(TlsStreams, ABigWriteWaitsForTheReader) {
  bench.shake();
  const std::string text = pattern(3'000'000);
  size_t sent = 0;
  size_t most_in_flight = 0;
  bool was_blocked = false;
  std::string heard;
  bench.wait([&] {
    while (sent < text.size()) {
      const Io io = write(bench.stream(), std::string_view(text).substr(sent));
      most_in_flight = std::max(most_in_flight, bench.stream().in_flight());
      if (io.state != Io::State::done) {
        EXPECT_EQ(io.state, Io::State::blocked);
        EXPECT_FALSE(bench.stream().writable().is_set());
        was_blocked = true;
        break;
      }
      sent += io.count;
    }
    heard += bench.talker->hear();
    return heard.size() == text.size();
  });
  EXPECT_TRUE(heard == text);
  EXPECT_TRUE(was_blocked);
  EXPECT_LE(most_in_flight, 2 * 65536u);  // ours, and what the stream below takes
  EXPECT_EQ(bench.stream().in_flight(), 0u);
}

// What write() took is out even where the stream dies at once.
TEST_P(TlsStreams, WhatWasTakenIsDelivered) {
  bench.shake();
  const std::string text = pattern(500'000);
  size_t sent = 0;
  std::string heard;
  bench.wait([&] {
    const Io io = write(bench.stream(), std::string_view(text).substr(sent));
    if (io.state == Io::State::done) sent += io.count;
    if (sent < text.size()) heard += bench.talker->hear();
    return sent == text.size();
  });
  bench.accepted.reset();
  bench.wait([&] {
    heard += bench.talker->hear();
    return bench.talker->was_told_end();
  });
  EXPECT_TRUE(heard == text);
}

TEST_P(TlsStreams, SaysThatItEnds) {
  bench.shake();
  bench.stream().shutdown_write();
  EXPECT_EQ(bench.heard_by_client(1), "");
  EXPECT_TRUE(bench.talker->was_told_end());
  // The other direction goes on.
  bench.talker->say("still here");
  EXPECT_EQ(bench.heard_by_server(10), "still here");
}

TEST_P(TlsStreams, AnEndThatWasSaidIsAnEnd) {
  bench.shake();
  bench.talker->say("last words");
  SSL_shutdown(bench.talker->ssl());
  bench.talker->pump();
  EXPECT_EQ(bench.heard_by_server(11), "last words");
  EXPECT_EQ(bench.last.state, Io::State::end);
}

TEST_P(TlsStreams, ATruncationIsAFailure) {
  bench.shake();
  bench.talker->say("half a mess");
  bench.pair.client->shutdown_write();
  EXPECT_EQ(bench.heard_by_server(12), "half a mess");
  EXPECT_EQ(bench.last.state, Io::State::failed);
  EXPECT_EQ(bench.last.code, Code::closed);
  EXPECT_TRUE(bench.stream().has_failed());
}

TEST_P(TlsStreams, AResetSaysNoGoodbye) {
  bench.shake();
  bench.stream().reset();
  bench.accepted.reset();
  bench.settle();
  bench.talker->hear();
  EXPECT_FALSE(bench.talker->was_told_end());
  EXPECT_TRUE(bench.talker->saw_break());
}

TEST_P(TlsStreams, WrongBytesBreakIt) {
  bench.shake();
  write(*bench.pair.client, std::string_view("\x17\x03\x03\x00\x20"
                                             "this was never encrypted at all!",
                                             37));
  EXPECT_EQ(bench.heard_by_server(1), "");
  EXPECT_EQ(bench.last.state, Io::State::failed);
  EXPECT_EQ(bench.last.code, Code::malformed);
}

TEST(Tls13Stream, AFloodOfKeyUpdatesBreaksIt) {
  TlsBench bench;
  bench.shake();
  for (int i = 0; i < 10; ++i) {
    SSL_key_update(bench.talker->ssl(), SSL_KEY_UPDATE_REQUESTED);
    bench.talker->say("x");
  }
  EXPECT_EQ(bench.heard_by_server(10), "xxxxxxxxxx");
  for (int i = 0; i < 100; ++i) {
    SSL_key_update(bench.talker->ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(bench.talker->ssl());
  }
  bench.talker->pump();
  bench.heard_by_server(1);
  EXPECT_EQ(bench.last.state, Io::State::failed);
}

// ---- handshakes that come to nothing --------------------------------------------------

const Error& failure_of(TlsBench& bench) {
  bench.wait([&] {
    bench.talker->shake();
    return bench.accepted.has_value();
  });
  EXPECT_TRUE(bench.accepted && !*bench.accepted);
  return bench.accepted->error();
}

TEST(TlsAccept, TellsWhyNothingIsShared) {
  TlsBench bench;
  SSL_set_max_proto_version(bench.talker->ssl(), TLS1_2_VERSION);
  SSL_set_cipher_list(bench.talker->ssl(), "ECDHE-RSA-AES128-GCM-SHA256");
  bench.accept();
  EXPECT_EQ(failure_of(bench).detail, "tls: no shared cipher");
  EXPECT_EQ(failure_of(bench).code, Code::unsupported);
}

TEST(TlsAccept, RefusesVersionsThatAreTooOld) {
  TlsBench bench({.only_1_3 = true});
  SSL_set_max_proto_version(bench.talker->ssl(), TLS1_2_VERSION);
  bench.accept();
  EXPECT_EQ(failure_of(bench).code, Code::version_unsupported);
}

TEST(TlsAccept, WantsAProtocolInCommon) {
  TlsBench bench({.protocols = {"http/1.1"}});
  SSL_set_alpn_protos(bench.talker->ssl(), reinterpret_cast<const unsigned char*>("\x02h2"), 3);
  bench.accept();
  EXPECT_EQ(failure_of(bench).code, Code::unsupported);
}

TEST(TlsAccept, AnswersPlainHttp) {
  TlsBench bench;
  bench.accept("HTTP/1.1 400 Bad Request\r\n\r\n");
  write(*bench.pair.client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  bench.wait([&] { return bench.accepted.has_value(); });
  EXPECT_EQ(bench.accepted->error().detail, "tls: plain HTTP came, not TLS");
  bench.settle();
  EXPECT_EQ(read_all(*bench.pair.client), "HTTP/1.1 400 Bad Request\r\n\r\n");
}

TEST(TlsAccept, GarbageIsRefused) {
  TlsBench bench;
  bench.accept("HTTP/1.1 400 Bad Request\r\n\r\n");
  write(*bench.pair.client, std::string(300, '\x7f'));
  bench.wait([&] { return bench.accepted.has_value(); });
  EXPECT_EQ(bench.accepted->error().code, Code::malformed);
}

TEST(TlsAccept, WaitsNoLongerThanItMay) {
  TlsBench bench;
  bench.accept();
  const Instant start = bench.world.now();
  bench.wait([&] { return bench.accepted.has_value(); });
  EXPECT_EQ(bench.accepted->error().code, Code::timeout);
  EXPECT_GE(bench.world.now() - start, 9s);
}

TEST(TlsAccept, AClientThatLeavesIsNotWaitedFor) {
  TlsBench bench;
  bench.accept();
  bench.pair.client->shutdown_write();
  bench.wait([&] { return bench.accepted.has_value(); });
  EXPECT_EQ(bench.accepted->error().code, Code::cancelled);
}

// ---- certificates, clients, tickets ---------------------------------------------------

std::string shown_to(TlsServerOptions options, const char* name) {
  TlsBench bench(std::move(options));
  SSL_set_tlsext_host_name(bench.talker->ssl(), name);
  bench.shake();
  const X509* shown = SSL_get0_peer_certificate(bench.talker->ssl());
  return shown ? hosts_of(*shown).front() : "";
}

TEST(TlsServer, ChoosesACertificateByName) {
  TlsServerOptions options;
  for (const char* host : {"first.example", "*.wide.example", "a.wide.example"})
    options.certificates.push_back(test_certificate({host}));
  EXPECT_EQ(shown_to(options, "first.example"), "first.example");
  EXPECT_EQ(shown_to(options, "A.Wide.Example"), "a.wide.example");
  EXPECT_EQ(shown_to(options, "b.wide.example"), "*.wide.example");
  EXPECT_EQ(shown_to(options, "x.y.wide.example"), "first.example");
  EXPECT_EQ(shown_to(options, "wide.example"), "first.example");
  EXPECT_EQ(shown_to(options, "other.example"), "first.example");
}

TEST(TlsServer, AsksClientsForTheirCertificate) {
  const TlsPem client = test_certificate({"client.example"});
  TlsServerOptions options{.client_ca = client.certificates};
  {
    TlsBench bench(options);
    SSL_use_certificate(bench.talker->ssl(),
                        read_certificates(nullptr, client.certificates).front().get());
    SSL_use_PrivateKey(bench.talker->ssl(), read_key(nullptr, client.key).get());
    bench.shake();
    EXPECT_EQ(bench.stream().tls().client_subject, "CN=client.example");
    EXPECT_EQ(bench.stream().tls().client_names, "DNS:client.example");
  }
  TlsBench without(options);
  without.accept();
  EXPECT_EQ(failure_of(without).detail, "tls: peer did not return a certificate");
  EXPECT_EQ(failure_of(without).code, Code::permission);
  options.client_required = false;
  TlsBench optional(options);
  optional.shake();
  EXPECT_EQ(optional.stream().tls().client_subject, "");
}

TEST(TicketKeys, AreForgottenInTheEnd) {
  TicketKeys keys;
  const Instant start(1000s);
  const TicketKey first = keys.current(start);
  EXPECT_EQ(keys.current(start + 59min).name, first.name);
  EXPECT_TRUE(keys.find(first.name, start + 59min)->is_current);
  const TicketKey second = keys.current(start + 61min);
  EXPECT_NE(second.name, first.name);
  EXPECT_FALSE(keys.find(first.name, start + 62min)->is_current);
  EXPECT_TRUE(keys.find(second.name, start + 62min)->is_current);
  EXPECT_FALSE(keys.find(first.name, start + 122min));
  EXPECT_FALSE(keys.find(second.name, start + 300min));
}

TEST(TlsServer, ResumesASessionOfAnotherWorker) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsPem pem = test_certificate();
    const ContextPtr context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_max_proto_version(context.get(), version);
    TlsBench one({.certificates = {pem}, .scope = "web"});
    one.talker.emplace(*one.pair.client, "a.example", context.get());
    one.shake();
    one.stream().watch_now();
    one.settle();
    one.talker->hear();  // the ticket
    const std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>> session(
        SSL_get1_session(one.talker->ssl()));
    for (const bool same_scope : {true, false}) {
      TlsBench two;
      two.tickets = one.tickets;
      two.tls = TlsServer::make(two.library,
                                {.certificates = {pem}, .scope = same_scope ? "web" : "other"},
                                two.tickets, two.server)
                    .value();
      two.talker.emplace(*two.pair.client, "a.example", context.get());
      SSL_set_session(two.talker->ssl(), session.get());
      two.shake();
      EXPECT_EQ(two.stream().tls().is_resumed, same_scope) << version;
      EXPECT_EQ(SSL_session_reused(two.talker->ssl()) == 1, same_scope) << version;
      // Clients of TLS 1.3 use each ticket once: there is another.
      two.stream().watch_now();
      two.settle();
      two.talker->hear();
      EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get0_session(two.talker->ssl())), 1) << version;
    }
  }
}

}  // namespace
}  // namespace fairlead::net
