#include "http_client.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sockets.h"

namespace fairlead::bench {
namespace {

constexpr size_t kHeadPiece = 4096;  // a head, and the whole of a small response

char buffer[64 * 1024];  // one thread: what is read is used at once

}  // namespace

void HttpClient::begin() {
  if (fd_ >= 0) {
    send_request();
  } else if (open() && (send_request() || unsent_)) {
    // Watched only now: a connection that was made at once has no "writable" to be woken for.
    uint32_t what = unsent_ ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN | EPOLLET;
    epoll_event event{.events = what, .data = {.ptr = static_cast<Client*>(this)}};
    epoll_ctl(shared_.epoll, EPOLL_CTL_ADD, fd_, &event);
  }
}

bool HttpClient::open() {
  fd_ = connect_to(shared_.plan.port);
  if (fd_ < 0) fail(std::string("connect: ") + strerror(errno));
  reader_ = ResponseReader(shared_.content);
  awaiting_end_ = verified_ = false;
  return fd_ >= 0;
}

// False when the request is not out: `unsent_` tells whether it still may be.
bool HttpClient::send_request() {
  ssize_t sent = send(fd_, shared_.request.data(), shared_.request.size(), MSG_NOSIGNAL);
  unsent_ = sent < 0 && (errno == EAGAIN || errno == ENOTCONN);
  if (unsent_) return false;
  if (sent == static_cast<ssize_t>(shared_.request.size())) return true;
  fail(std::string("send: ") + strerror(errno));
  return false;
}

bool HttpClient::on_ready() {
  if (fd_ < 0) return true;
  if (unsent_ && !send_request()) return fd_ < 0;
  return receive();
}

bool HttpClient::receive() {
  while (true) {
    // Once a body was compared on this connection, later ones are only counted: the generator must
    // not be what limits a run of large bodies.
    size_t uncopied = verified_ ? reader_.missing() : 0;
    ssize_t got = uncopied > 0 ? recv(fd_, nullptr, uncopied, MSG_TRUNC)
                               : recv(fd_, buffer, verified_ ? kHeadPiece : sizeof buffer, 0);
    if (got < 0 && errno == EAGAIN) return false;
    if (got < 0) return fail(std::string("recv: ") + strerror(errno));
    if (awaiting_end_) return got == 0 ? finish() : fail("bytes after the last response");
    if (got == 0) return fail("the proxy closed before the whole response");
    auto verdict = uncopied > 0 ? reader_.skip(got) : reader_.take(std::string_view(buffer, got));
    if (verdict == ResponseReader::Verdict::wrong) return fail(reader_.reason());
    if (verdict == ResponseReader::Verdict::incomplete) continue;
    if (shared_.plan.mode != Mode::close) return finish();
    awaiting_end_ = true;
  }
}

bool HttpClient::finish() {
  ++shared_.count.responses;
  shared_.count.bytes += shared_.content.size();
  progress_ += shared_.content.size();
  verified_ = true;
  if (shared_.plan.mode == Mode::close) end();
  return true;
}

bool HttpClient::fail(std::string why) {
  shared_.count.fail(std::move(why));
  end();
  return true;
}

void HttpClient::end() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  unsent_ = false;
}

bool HttpClient::is_open() const {
  char byte;
  return fd_ >= 0 && recv(fd_, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

}  // namespace fairlead::bench
