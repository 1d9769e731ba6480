#include "http/h2_client_connection.h"

#include <algorithm>

namespace fairlead::http {
namespace {

// How long a backend may be silent once a request had to be given up. It is asked for a sign.
constexpr Duration kDoubt = 5s;

}  // namespace

H2ClientConnection::H2ClientConnection(net::Network& network, std::unique_ptr<net::Stream> below,
                                       Duration idle_timeout, uint32_t streams,
                                       net::Waiter& over)
    : H2Session(network, std::move(below), Role::client, {}),
      idle_timeout_(idle_timeout),
      assumed_streams_(streams),
      told_over_(over),
      alarm_(network.wheel()),
      idle_since_(network.now()) {
  task_.spawn(run());
}

H2ClientConnection::~H2ClientConnection() { task_.cancel_all(); }

// No more than our own limit, where the backend would take more: with too many, one that is read
// slowly makes too many others wait.
uint32_t H2ClientConnection::most_streams() const {
  return is_greeted() ? std::min(kMostStreams, most_streams_of_peer()) : assumed_streams_;
}

bool H2ClientConnection::has_room() const {
  return !leaving_ && !over_ && doubted_since_ == kNever && open_streams() < most_streams();
}

std::unique_ptr<Client> H2ClientConnection::open() {
  used_ = true;
  return std::make_unique<H2Client>(*this);
}

bool H2ClientConnection::is_alive() {
  return open_streams() > 0 || (!below().readable().is_set() && below().is_quiet());
}

void H2ClientConnection::retire() {
  leaving_ = true;
  stir();
}

// Perhaps it is the request, perhaps nobody is there any more.
void H2ClientConnection::given_up() {
  if (doubted_since_ != kNever) return;
  doubted_since_ = network().now();
  reads_at_doubt_ = reads();
  ask_for_a_sign();
}

Instant H2ClientConnection::deadline() const {
  Instant deadline = kNever;
  if (open_streams() == 0) deadline = saturating_add(idle_since_, idle_timeout_);
  if (doubted_since_ != kNever)
    deadline = std::min(deadline, saturating_add(doubted_since_, kDoubt));
  return deadline;
}

bool H2ClientConnection::is_late() { return network().now() >= deadline(); }

net::Task<void> H2ClientConnection::run() {
  size_t open_before = 0;
  while (true) {
    const Turn turn = H2Session::turn();
    if (reads() != reads_at_doubt_) doubted_since_ = kNever;
    if (turn == Turn::over) break;
    if (open_streams() == 0) {
      if (leaving_) break;
      if (open_before > 0) idle_since_ = network().now();
    }
    open_before = open_streams();
    if (turn == Turn::busy) {
      co_await net::yield(network().ready());
      continue;
    }
    const net::Woke woke = co_await net::wait_for_any(
        alarm_, deadline(), std::array{readable(), writable(), &stirred()});
    if (woke == net::Woke::deadline && is_late()) break;
  }
  over_ = true;
  end_with({}, NGHTTP2_NO_ERROR);
  write();
  break_streams(Code::closed, failure().empty() ? "the backend closed the connection"
                                                : std::string_view(failure()));
  network().ready().push(told_over_);
}

}  // namespace fairlead::http
