// TestExchange: an H1Exchange of a request that the test wrote, over a TestStream. For tests alone.
#pragma once

#include <string>
#include <string_view>

#include "http/h1_exchange.h"
#include "http/test_stream.h"
#include "net/sim_network.h"

namespace fairlead::http {

class TestExchange {
 public:
  // `request` is a whole head, perhaps with bytes behind it. What is wrong with it shows in
  // state().
  explicit TestExchange(std::string_view request,
                        const Address& peer = Address(Ip::v4({192, 0, 2, 7}), 4711))
      : stream_(peer) {
    stream_.arrive(request);
    state_ = reader_.read_head(exchange_.request());
    exchange_.head_complete();
  }

  H1Exchange& operator*() { return exchange_; }
  H1Exchange* operator->() { return &exchange_; }
  H1Reader::State state() const { return state_; }
  TestStream& stream() { return stream_; }
  net::SimWorld& world() { return world_; }

 private:
  struct Nobody final : Service {
    ConnectionOptions options() const override { return {}; }
    bool is_draining() const override { return false; }
    net::Task<void> serve(Exchange&) override { co_return; }
    void refused(Exchange&, const Error&) override {}
  };

  net::SimWorld world_{1};
  net::SimNetwork network_{world_, Ip::v4({10, 0, 0, 1})};
  TestStream stream_;
  Nobody service_;
  net::Alarm alarm_{network_.wheel()};
  H1Reader reader_{stream_, Side::downstream, H1Reader::Keep::head_until_next, {}};
  H1Writer writer_{stream_};
  H1Exchange exchange_{{network_, stream_, alarm_, reader_, writer_, service_}};
  H1Reader::State state_;
};

}  // namespace fairlead::http
