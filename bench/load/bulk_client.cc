#include "bulk_client.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sockets.h"

namespace fairlead::bench {
namespace {

constexpr size_t kPiece = 256 * 1024;  // bytes a turn: other connections wait meanwhile
char buffer[kPiece];

}  // namespace

void BulkClient::begin() {
  fd_ = connect_to(shared_.plan.port);
  if (fd_ < 0) {
    fail(std::string("connect: ") + strerror(errno));
    return;
  }
  // Level-triggered: what one turn leaves unread is told again.
  epoll_event event{.events = EPOLLIN, .data = {.ptr = static_cast<Client*>(this)}};
  epoll_ctl(shared_.epoll, EPOLL_CTL_ADD, fd_, &event);
  seen_ = 0;
  send_request();
}

// Loopback connections are made at once, or refused; one still under way is asked again when
// readable or writable, so only the rare case pays for EPOLLOUT.
bool BulkClient::send_request() {
  std::string line = std::to_string(shared_.plan.length) + "\n";
  ssize_t sent = send(fd_, line.data(), line.size(), MSG_NOSIGNAL);
  bool was_unsent = unsent_;
  unsent_ = sent < 0 && (errno == EAGAIN || errno == ENOTCONN);
  if (sent < 0 && !unsent_) return fail(std::string("send: ") + strerror(errno));
  if (unsent_ != was_unsent) {
    epoll_event event{.events = unsent_ ? EPOLLIN | EPOLLOUT : EPOLLIN,
                      .data = {.ptr = static_cast<Client*>(this)}};
    epoll_ctl(shared_.epoll, EPOLL_CTL_MOD, fd_, &event);
  }
  return false;
}

bool BulkClient::on_ready() {
  if (fd_ < 0) return true;
  if (unsent_) return send_request();
  ssize_t got = receive_once();
  if (got < 0 && errno == EAGAIN) return false;
  if (got < 0) return fail(std::string("recv: ") + strerror(errno));
  if (got == 0) return finish();
  seen_ += got;
  shared_.count.bytes += got;
  progress_ += got;
  return false;
}

// Bytes received, 0 at the end of the stream, or -1 with errno set (EBADMSG: other content).
ssize_t BulkClient::receive_once() {
  if (seen_ >= shared_.content.size()) return recv(fd_, nullptr, kPiece, MSG_TRUNC);
  size_t wanted = std::min(kPiece, shared_.content.size() - seen_);
  ssize_t got = recv(fd_, buffer, wanted, 0);
  if (got <= 0 || memcmp(buffer, shared_.content.data() + seen_, got) == 0) return got;
  errno = EBADMSG;
  return -1;
}

bool BulkClient::finish() {
  if (seen_ != shared_.plan.length) {
    return fail("a transfer ended after " + std::to_string(seen_) + " bytes");
  }
  ++shared_.count.responses;
  end();
  return true;
}

bool BulkClient::fail(std::string why) {
  shared_.count.fail(std::move(why));
  end();
  return true;
}

void BulkClient::end() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  unsent_ = false;
}

}  // namespace fairlead::bench
