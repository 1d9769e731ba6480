#include "net/epoll_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"

namespace fairlead::net {
namespace {

// Events taken at once: enough for a busy loop to pay one epoll_wait for many requests, few enough
// that the first of them is not kept waiting by the last.
constexpr int kMostEvents = 256;

// Until a newcomer is registered without being waited for: so many polls of a busy loop, so long in
// one that sleeps. Most exchanges are over by then; a client's leaving is not noticed later than
// anybody would see.
constexpr uint16_t kPollsOfNewcomer = 32;
constexpr Duration kLongestDelay = 2ms;

int to_milliseconds(Duration patience) {
  if (patience < Duration::zero()) return -1;
  const auto rounded_up = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  return static_cast<int>(std::min<int64_t>(rounded_up, 3'600'000));
}

}  // namespace

EpollLoop::EpollLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) { CHECK(epoll_); }

bool EpollLoop::add(int descriptor, Handler& handler) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &handler;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void EpollLoop::add_later(int descriptor, Newcomer& newcomer) {
  newcomer.descriptor_ = descriptor;
  newcomer.polls_left_ = kPollsOfNewcomer;
  newcomers_.push_back(newcomer);
}

void EpollLoop::add_newcomers(bool all) {
  newcomers_.for_each([&](Newcomer& newcomer) {
    if (!all && newcomer.polls_left_ > 0) {
      --newcomer.polls_left_;
    } else if (add(newcomer.descriptor_, newcomer)) {
      newcomer.unlink();
    }
  });
}

void EpollLoop::remove(int descriptor) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
}

void EpollLoop::poll(Duration patience) {
  add_newcomers(false);
  const bool naps =
      !newcomers_.empty() && (patience < Duration::zero() || patience > kLongestDelay);
  if (naps) patience = kLongestDelay;
  std::array<epoll_event, kMostEvents> events;
  const int count = epoll_wait(epoll_.get(), events.data(), kMostEvents, to_milliseconds(patience));
  CHECK(count >= 0 || errno == EINTR);
  if (count == 0 && naps) add_newcomers(true);
  for (int i = 0; i < count; ++i) {
    static_cast<Handler*>(events[i].data.ptr)->on_events(events[i].events);
  }
}

}  // namespace fairlead::net
