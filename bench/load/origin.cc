// bench_origin: the bare backend of the benchmark. One thread, one epoll, fixed responses.
//
// GET /1k and /100k are answered with that many bytes of the pattern, on connections that are kept;
// anything else is a 404, which the generator counts as an error. The bulk port reads a decimal
// number and a newline, sends that many bytes and ends the stream. No request bodies, no pipelining
// beyond one answer at a time.
#include <signal.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sockets.h"

namespace fairlead::bench {
namespace {

// 8191 * 64: whole periods, so that a transfer may wrap at its end.
constexpr size_t kBulkPiece = kPatternPeriod * 64;

struct Connection {
  int fd = -1;
  bool bulk = false;
  bool last = false;         // close once what is being sent is out
  std::string partial;       // a request head that is not complete yet
  std::string_view sending;  // http: what is left of the response
  uint64_t bulk_left = 0;    // bulk: bytes still to send
  size_t bulk_offset = 0;    // bulk: where in the pattern
};

class Origin {
 public:
  Origin(int http, int bulk) : http_(http), bulk_(bulk), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    watch(http_, EPOLLIN);
    watch(bulk_, EPOLLIN);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    while (true) {
      int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        int fd = events[i].data.fd;
        if (fd == http_ || fd == bulk_) {
          accept_from(fd);
        } else {
          serve(*connections_[fd]);
        }
      }
    }
  }

 private:
  enum class Progress { more, wait, gone };

  void watch(int fd, uint32_t what) {
    epoll_event event{.events = what, .data = {.fd = fd}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_from(int listener) {
    while (true) {
      int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      if (connections_.size() <= static_cast<size_t>(fd)) connections_.resize(fd + 1);
      connections_[fd] = std::make_unique<Connection>();
      connections_[fd]->fd = fd;
      connections_[fd]->bulk = listener == bulk_;
      watch(fd, EPOLLIN | EPOLLOUT | EPOLLET);
    }
  }

  void serve(Connection& connection) {
    int fd = connection.fd;
    Progress progress = Progress::more;
    while (progress == Progress::more) {
      progress = connection.bulk ? send_bulk(connection) : send_response(connection);
      if (progress == Progress::more) progress = receive(connection);
    }
    if (progress != Progress::gone) return;
    close(fd);
    connections_[fd].reset();
  }

  // Reads once; more when a request is complete and its answer is due.
  Progress receive(Connection& connection) {
    ssize_t got = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return Progress::gone;
    std::string_view text(buffer_.data(), got > 0 ? got : 0);
    if (!connection.partial.empty()) {
      connection.partial += text;
      return take_partial(connection);
    }
    size_t used = take_request(connection, text);
    connection.partial.assign(text.substr(used));
    return used > 0 ? Progress::more : Progress::wait;
  }

  Progress take_partial(Connection& connection) {
    size_t used = take_request(connection, connection.partial);
    connection.partial.erase(0, used);
    return used > 0 ? Progress::more : Progress::wait;
  }

  // Length of the request that `text` begins with, or 0 while it is incomplete.
  size_t take_request(Connection& connection, std::string_view text) {
    std::string_view end = connection.bulk ? "\n" : "\r\n\r\n";
    size_t at = text.find(end);
    if (at == text.npos) return 0;
    std::string_view head = text.substr(0, at);
    if (connection.bulk) {
      std::from_chars(head.data(), head.data() + head.size(), connection.bulk_left);
      connection.last = true;
    } else {
      connection.sending = answer_to(head);
      // "onnection" is both spellings that proxies use.
      connection.last = head.find("onnection: close") != head.npos ||
                        head.substr(0, head.find('\r')).ends_with("HTTP/1.0");
    }
    return at + end.size();
  }

  std::string_view answer_to(std::string_view head) const {
    if (head.starts_with("GET /1k ")) return small_;
    if (head.starts_with("GET /100k ")) return large_;
    return missing_;
  }

  Progress send_response(Connection& connection) {
    while (!connection.sending.empty()) {
      std::string_view& left = connection.sending;
      ssize_t sent = send(connection.fd, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN ? Progress::wait : Progress::gone;
      left.remove_prefix(sent);
      if (left.empty() && connection.last) return Progress::gone;
      if (left.empty() && connection.partial.empty()) return Progress::wait;
      if (left.empty()) return take_partial(connection);
    }
    return Progress::more;
  }

  // Copied by send, as most backends do. sendfile would be cheaper, but it hands over pages of
  // 4 KiB each, eight times as many pieces as a proxy meets otherwise.
  Progress send_bulk(Connection& connection) {
    while (connection.bulk_left > 0) {
      size_t piece = std::min<uint64_t>(connection.bulk_left, kBulkPiece - connection.bulk_offset);
      ssize_t sent =
          send(connection.fd, bulk_bytes_.data() + connection.bulk_offset, piece, MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN ? Progress::wait : Progress::gone;
      connection.bulk_left -= sent;
      connection.bulk_offset = (connection.bulk_offset + sent) % kBulkPiece;
    }
    return connection.last ? Progress::gone : Progress::more;
  }

  static std::string response(std::string_view status, size_t length) {
    std::string text = "HTTP/1.1 ";
    text += status;
    text += "\r\nserver: bench\r\ncontent-type: text/plain\r\ncontent-length: ";
    text += std::to_string(length) + "\r\n\r\n" + pattern(length);
    return text;
  }

  int http_;
  int bulk_;
  int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by file descriptor
  std::array<char, 64 * 1024> buffer_;
  std::string small_ = response("200 OK", 1024);
  std::string large_ = response("200 OK", 100 * 1024);
  std::string missing_ = response("404 Not Found", 0);
  std::string bulk_bytes_ = pattern(kBulkPiece);
};

}  // namespace
}  // namespace fairlead::bench

int main(int count, char** words) {
  if (count != 3) {
    fputs("usage: bench_origin HTTP_PORT BULK_PORT\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  int http = fairlead::bench::listen_on(static_cast<uint16_t>(atoi(words[1])));
  int bulk = fairlead::bench::listen_on(static_cast<uint16_t>(atoi(words[2])));
  if (http < 0 || bulk < 0) {
    perror("bench_origin: listen");
    return 3;
  }
  static fairlead::bench::Origin origin(http, bulk);
  origin.run();
}
