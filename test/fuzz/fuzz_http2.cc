// Fuzzes a client's HTTP/2 connection: bytes behind the preface, in pieces, over a network in
// memory.
//
// The first byte of an input seeds how it is cut and whether the client goes silent or away; the
// rest are frames. Whatever comes, every exchange ends, nothing is served twice, and what is handed
// up is a request that HTTP/1 could have said.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/random.h"
#include "http/h2_connection.h"
#include "http/test_echo.h"
#include "net/dial.h"
#include "net/scope.h"
#include "net/sim_network.h"
#include "net/sim_world.h"

namespace fairlead::http {
namespace {

const Address kServer(Ip::v4({10, 0, 0, 2}), 80);

bool holds(std::string_view text, std::string_view set) {
  return text.find_first_of(set) != std::string_view::npos;
}

// Looks at each request before it is echoed.
class Checked final : public Service {
 public:
  ConnectionOptions options() const override {
    ConnectionOptions options = echo_.options();
    options.limits.max_head = 4096;
    options.limits.max_fields = 40;
    options.max_streams = 10;
    return options;
  }
  bool is_draining() const override { return echo_.is_draining(); }
  void refused(Exchange& exchange, const Error& error) override { echo_.refused(exchange, error); }
  void opened(Connection& connection) override { echo_.opened(connection); }
  void closed() override { echo_.closed(); }
  net::Task<void> serve(Exchange& exchange) override {
    const Request& request = exchange.request();
    CHECK(!request.method_text.empty() && !holds(request.method_text, " \t\r\n"));
    CHECK(!request.target.empty() && !holds(request.target, {" \t\r\n#\0", 6}));
    CHECK(!request.authority.empty() && !holds(request.authority, {" \t\r\n@/\0", 7}));
    for (const Field& field : request.fields.all()) {
      CHECK(!field.name.empty() && !holds(field.name, {" \t\r\n:\0", 6}));
      CHECK(!holds(field.value, {"\r\n\0", 3}));
      CHECK(field.id != FieldId::transfer_encoding && field.id != FieldId::connection);
    }
    return echo_.serve(exchange);
  }
  const TestEcho& echo() const { return echo_; }

 private:
  TestEcho echo_;
};

class Attack {
 public:
  Attack(uint64_t seed, std::string_view bytes) : random_(seed), bytes_(bytes) {
    serving_.spawn(accept());
    attacking_.spawn(attack());
  }

  void run() {
    world_.run_until([&] { return sent_ && service_.echo().open() == 0; }, world_.now() + 300s);
    CHECK(service_.echo().open() == 0);
    CHECK(service_.echo().live() == 0);
  }

 private:
  net::Task<void> accept() {
    net::Alarm alarm(there_.wheel());
    co_await net::wait_for(alarm, kNever, acceptor_->acceptable());
    auto stream = acceptor_->accept();
    if (stream && *stream)
      serving_.spawn(H2Connection::serve(there_, std::move(*stream), service_));
  }

  net::Task<void> attack() {
    net::Alarm alarm(here_.wheel());
    auto stream = co_await net::dial(here_, kServer, here_.now() + 5s);
    if (!stream) co_return;
    const std::string all = std::string(kH2Preface) + std::string(bytes_);
    std::string_view rest = all;
    char over[4096];
    while (!rest.empty()) {
      const size_t most = random_.below(4) == 0 ? 1 + random_.below(9) : rest.size();
      const net::Io io = (*stream)->write(rest.substr(0, std::min(most, rest.size())));
      if (io.state == net::Io::State::failed) break;
      rest.remove_prefix(io.count);
      while ((*stream)->read(over).state == net::Io::State::done) {
      }
      if (random_.below(3) == 0) co_await net::sleep_until(alarm, here_.now() + 1ms);
      if (io.state == net::Io::State::blocked)
        co_await net::wait_for(alarm, here_.now() + 1s, (*stream)->writable());
    }
    sent_ = true;
    // A client that stays, reads, and says no more.
    const Instant until = here_.now() + (random_.below(2) == 0 ? Duration(200s) : Duration(0s));
    while (here_.now() < until) {
      const net::Io io = (*stream)->read(over);
      if (io.state == net::Io::State::end || io.state == net::Io::State::failed) break;
      if (io.state == net::Io::State::blocked)
        co_await net::wait_for(alarm, until, (*stream)->readable());
    }
  }

  Random random_;
  std::string_view bytes_;
  bool sent_ = false;
  net::SimWorld world_{1};
  net::SimNetwork here_{world_, Ip::v4({10, 0, 0, 1})};
  net::SimNetwork there_{world_, Ip::v4({10, 0, 0, 2})};
  Checked service_;
  std::unique_ptr<net::Acceptor> acceptor_ = std::move(*there_.listen(kServer));
  net::Scope serving_;
  net::Scope attacking_;
};

}  // namespace
}  // namespace fairlead::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1 || size > 64 * 1024) return 0;
  fairlead::http::Attack attack(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  attack.run();
  return 0;
}
