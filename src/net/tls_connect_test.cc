#include "net/tls_connect.h"

#include <gtest/gtest.h>

#include <optional>

#include "net/scope.h"
#include "net/test_sim.h"
#include "net/test_tls.h"

namespace fairlead::net {
namespace {

constexpr std::string_view kProtocols[] = {"h2", "http/1.1"};

WallTime now_and(Duration more) {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now() + more);
}

// A client of ours and a server of ours, at two simulated hosts.
struct ClientBench : SimBench {
  using Connected = Result<std::unique_ptr<TlsStream>>;

  explicit ClientBench(TlsClientOptions wanted = {}, TlsServerOptions offered = {},
                       const FaultPlan& plan = {})
      : SimBench(1, plan) {
    if (offered.certificates.empty()) offered.certificates = {test_certificate({"10.0.0.2"})};
    if (wanted.verify && wanted.ca.empty()) wanted.ca = offered.certificates[0].certificates;
    tls_server = TlsServer::make(library, offered, tickets, server).value();
    tls_client = TlsClient::make(library, wanted, client).value();
  }
  ~ClientBench() { scope.cancel_all(); }

  Task<void> accept_one(std::unique_ptr<Stream> below) {
    accepted = co_await tls_accept(server, std::move(below), tls_server, world.now() + 10s);
  }
  Task<void> connect_one(std::unique_ptr<Stream> below, Stops stops) {
    connected = co_await tls_connect(client, std::move(below), tls_client, address, protocols,
                                     world.now() + 3s, stops);
  }
  // Both ends, as far as they come.
  void begin(Stops stops = {}) {
    connected.reset();
    accepted.reset();
    SimPair pair = connect();
    scope.spawn(accept_one(std::move(pair.server)));
    scope.spawn(connect_one(std::move(pair.client), stops));
  }
  void shake() {
    begin();
    wait([&] { return connected && accepted; });
  }
  // What the client's end failed with.
  Error failure() {
    shake();
    if (!connected || *connected) return {Code::internal, Side::internal, Again::no, "it did not"};
    return connected->error();
  }
  // A word each way, so that tickets have arrived.
  void talk() {
    ASSERT_TRUE(connected && *connected) << (connected ? connected->error().detail : "not done");
    ASSERT_TRUE(accepted && *accepted);
    std::string_view rest = "hello";
    std::string heard;
    wait([&] {
      if (!rest.empty()) rest.remove_prefix(write(***accepted, rest).count);
      heard += read_all(***connected);
      return heard == "hello";
    });
    EXPECT_EQ(heard, "hello");
  }

  TlsLibrary library;
  std::shared_ptr<TicketKeys> tickets = std::make_shared<TicketKeys>();
  std::shared_ptr<const TlsServer> tls_server;
  std::shared_ptr<TlsClient> tls_client;
  Protocols protocols{};
  std::optional<Connected> connected;
  std::optional<Result<std::unique_ptr<Stream>>> accepted;
  Scope scope;
};

TEST(TlsConnect, CarriesBytesBothWays) {
  ClientBench bench({}, {.protocols = {"http/1.1"}});
  bench.protocols = kProtocols;
  bench.shake();
  bench.talk();
  EXPECT_EQ((**bench.connected)->tls().version, "TLSv1.3");
  EXPECT_EQ((**bench.connected)->tls().protocol, "http/1.1");
  EXPECT_EQ((**bench.accepted)->tls().protocol, "http/1.1");
  EXPECT_EQ((**bench.accepted)->tls().server_name, "");  // an address is no name
  write(***bench.connected, "good day");
  std::string heard;
  bench.wait([&] { return (heard += read_all(***bench.accepted)).size() >= 8; });
  EXPECT_EQ(heard, "good day");
}

TEST(TlsConnect, ShakesHandsInSmallPieces) {
  FaultPlan plan;
  plan.short_read = plan.short_write = 0.9;
  ClientBench bench({}, {}, plan);
  bench.shake();
  bench.talk();
}

TEST(TlsConnect, WhoWantsNoProtocolIsTold) {
  ClientBench bench({}, {.protocols = {"h3"}});
  bench.protocols = kProtocols;
  const Error error = bench.failure();
  EXPECT_EQ(error.code, Code::unsupported);
  EXPECT_EQ(error.detail, "tls: the server refused: tlsv1 alert no application protocol");
}

// ---- who is believed ------------------------------------------------------------------

TEST(TlsConnect, AsksForTheNameAndWantsItInTheCertificate) {
  const TlsPem pem = test_certificate({"api.internal", "*.wide.internal", "10.9.9.9"});
  for (const char* name : {"api.internal", "a.wide.internal", "10.9.9.9"}) {
    ClientBench bench({.server_name = name}, {.certificates = {pem}});
    bench.shake();
    bench.talk();
    EXPECT_EQ((**bench.accepted)->tls().server_name, std::string(name) == "10.9.9.9" ? "" : name);
  }
}

TEST(TlsConnect, SaysWhomACertificateIsFor) {
  const TlsPem pem = test_certificate({"api.internal", "10.0.0.9"});
  for (const auto& [name, wanted] : std::map<std::string, std::string>{
           {"", "10.0.0.2"}, {"other.internal", "other.internal"}, {"10.0.0.1", "10.0.0.1"}}) {
    ClientBench bench({.server_name = name}, {.certificates = {pem}});
    const Error error = bench.failure();
    EXPECT_EQ(error.detail, "tls: its certificate is not for " + wanted +
                                ", but for DNS:api.internal,IP:10.0.0.9");
    EXPECT_EQ(error.code, Code::permission);
    EXPECT_EQ(error.side, Side::upstream);
    EXPECT_EQ(error.again, Again::yes);
  }
}

TEST(TlsConnect, BelievesNobodyWhoIsUnknown) {
  ClientBench bench({.ca = test_certificate({"10.0.0.2"}).certificates});
  EXPECT_EQ(bench.failure().detail, "tls: self-signed certificate: CN=10.0.0.2");
  EXPECT_EQ(bench.accepted->error().detail, "tls: the client refused: tlsv1 alert unknown ca");
}

TEST(TlsConnect, BelievesNoCertificateThatHasExpired) {
  const TlsPem pem =
      make_self_signed(std::vector<std::string>{"10.0.0.2"}, now_and(-400 * 24h)).value();
  ClientBench bench({}, {.certificates = {pem}});
  EXPECT_EQ(bench.failure().detail, "tls: certificate has expired: CN=10.0.0.2");
  ClientBench blind({.verify = false}, {.certificates = {pem}});
  blind.shake();
  blind.talk();
}

TEST(TlsConnect, ShowsItsOwnCertificate) {
  const TlsPem own = test_certificate({"client.example"});
  const TlsServerOptions demanding{.certificates = {test_certificate({"10.0.0.2"})},
                                   .client_ca = own.certificates};
  ClientBench bench({.certificate = own}, demanding);
  bench.shake();
  bench.talk();
  EXPECT_EQ((**bench.accepted)->tls().client_subject, "CN=client.example");
}

// In TLS 1.3 it hears of that only behind its own end of the handshake.
TEST(TlsConnect, HearsThatItsCertificateIsMissing) {
  const TlsPem own = test_certificate({"client.example"});
  ClientBench bench(
      {}, {.certificates = {test_certificate({"10.0.0.2"})}, .client_ca = own.certificates});
  bench.shake();
  ASSERT_TRUE(*bench.connected);
  Io last;
  bench.wait([&] {
    read_all(***bench.connected, &last);
    return last.state == Io::State::failed;
  });
  EXPECT_EQ((**bench.connected)->failure().detail, "tls: tlsv13 alert certificate required");
}

TEST(TlsConnect, RefusesVersionsThatAreTooOld) {
  ClientBench bench({.only_1_3 = true});
  SimPair pair = bench.connect();
  const ContextPtr old(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
  TestTlsClient peer(*pair.server, "", old.get());
  SSL_set_accept_state(peer.ssl());
  bench.scope.spawn(bench.connect_one(std::move(pair.client), {}));
  bench.wait([&] {
    peer.shake();
    return bench.connected.has_value();
  });
  EXPECT_EQ(bench.connected->error().code, Code::version_unsupported);
}

// ---- servers that do not do their part ------------------------------------------------

TEST(TlsConnect, SaysWhatIsNoTls) {
  ClientBench bench;
  SimPair pair = bench.connect();
  bench.scope.spawn(bench.connect_one(std::move(pair.client), {}));
  write(*pair.server, "HTTP/1.1 400 Bad Request\r\n\r\n");
  bench.wait([&] { return bench.connected.has_value(); });
  EXPECT_EQ(bench.connected->error().detail, "tls: what the server answered is no TLS");
  EXPECT_EQ(bench.connected->error().code, Code::malformed);
}

TEST(TlsConnect, WaitsNoLongerThanItMay) {
  ClientBench bench;
  SimPair pair = bench.connect();
  bench.scope.spawn(bench.connect_one(std::move(pair.client), {}));
  bench.wait([&] { return bench.connected.has_value(); });
  EXPECT_EQ(bench.connected->error().code, Code::connect_timeout);
  EXPECT_TRUE(
      bench.connected->error().detail.starts_with("tls: the handshake was not done within 3.0 s"));
}

TEST(TlsConnect, HearsThatTheServerHasLeft) {
  ClientBench bench;
  SimPair pair = bench.connect();
  bench.scope.spawn(bench.connect_one(std::move(pair.client), {}));
  pair.server->shutdown_write();
  bench.wait([&] { return bench.connected.has_value(); });
  EXPECT_EQ(bench.connected->error().code, Code::closed);
  EXPECT_EQ(bench.connected->error().detail, "tls: the server closed it in the handshake");
}

TEST(TlsConnect, StopsWhereItIsNotWantedAnyMore) {
  ClientBench bench;
  Event off;
  SimPair pair = bench.connect();
  bench.scope.spawn(bench.connect_one(std::move(pair.client), {.off = &off}));
  bench.settle();
  // Its deadline is over; another one, in time.
  pair = bench.connect();
  bench.connected.reset();
  bench.scope.spawn(bench.connect_one(std::move(pair.client), {.off = &off}));
  off.set(bench.client.ready());
  bench.wait([&] { return bench.connected.has_value(); });
  EXPECT_EQ(bench.connected->error().code, Code::draining);
}

// ---- sessions -------------------------------------------------------------------------

TEST(TlsConnect, ResumesWhatItBegan) {
  for (const bool only_1_3 : {true, false}) {
    TlsServerOptions offered{.certificates = {test_certificate({"10.0.0.2"})}};
    ClientBench bench({.only_1_3 = only_1_3}, offered);
    for (const bool resumed : {false, true, true}) {
      bench.shake();
      bench.talk();
      EXPECT_EQ((**bench.connected)->tls().is_resumed, resumed);
      EXPECT_EQ((**bench.accepted)->tls().is_resumed, resumed);
    }
    EXPECT_EQ(bench.tls_client->sessions(), 1u);
  }
}

TEST(TlsConnect, ResumesAfterABreakAsWell) {
  ClientBench bench;
  bench.shake();
  bench.talk();
  (**bench.connected)->reset();
  bench.shake();
  bench.talk();
  EXPECT_TRUE((**bench.connected)->tls().is_resumed);
}

TEST(TlsConnect, LooksAtACertificateAgainAfterAnHour) {
  ClientBench bench;
  for (const bool resumed : {false, true, true, false, true}) {
    bench.shake();
    bench.talk();
    EXPECT_EQ((**bench.connected)->tls().is_resumed, resumed);
    bench.world.run_for(25min);
    bench.client.post([] {});  // it looks at the clock
    bench.settle();
  }
}

TEST(TlsConnect, ResumesNothingWhereItIsNotToDoSo) {
  ClientBench bench({.resume = false});
  for (int i = 0; i < 2; ++i) {
    bench.shake();
    bench.talk();
    EXPECT_FALSE((**bench.connected)->tls().is_resumed);
  }
}

TEST(TlsConnect, ForgetsASessionWithWhichItFailed) {
  ClientBench bench;
  bench.shake();
  bench.talk();
  EXPECT_EQ(bench.tls_client->sessions(), 1u);
  SimPair pair = bench.connect();
  bench.connected.reset();
  bench.scope.spawn(bench.connect_one(std::move(pair.client), {}));
  pair.server->shutdown_write();
  bench.wait([&] { return bench.connected.has_value(); });
  EXPECT_EQ(bench.tls_client->sessions(), 0u);
}

// ---- while idle -----------------------------------------------------------------------

TEST(TlsConnect, TicketsDoNotEndTheQuiet) {
  ClientBench bench;
  bench.shake();
  (**bench.accepted)->watch_now();  // nothing will be said for now: the tickets go
  bench.settle();                   // they are here, unread
  TlsStream& stream = ***bench.connected;
  EXPECT_TRUE(stream.readable().is_set());
  EXPECT_TRUE(stream.is_quiet());
  EXPECT_FALSE(stream.readable().is_set());
  EXPECT_EQ(bench.tls_client->sessions(), 1u);
  bench.talk();
  write(***bench.accepted, "unasked");
  bench.settle();
  EXPECT_FALSE(stream.is_quiet());
  EXPECT_EQ(read_all(stream), "unasked");
  bench.accepted.reset();
  bench.settle();
  EXPECT_FALSE(stream.is_quiet());
}

}  // namespace
}  // namespace fairlead::net
