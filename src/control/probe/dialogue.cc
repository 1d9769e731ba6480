#include "control/probe/dialogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "net/tls_connect.h"

namespace fairlead::control {

using net::Io;
using net::Woke;

namespace {

std::unexpected<Error> broken(Code code) {
  return fail(code, Side::upstream, "the connection was reset before an answer");
}

}  // namespace

Dialogue::~Dialogue() {
  if (stream_) stream_->reset();
}

std::unexpected<Error> Dialogue::too_late() const {
  return fail(Code::timeout, Side::upstream,
              fmt::format("no answer within {}", net::span_text(deadline_ - began_)));
}

net::Task<Result<void>> Dialogue::open(Asked whom, net::Protocols protocols) {
  auto stream = co_await net::dial_tls(network_, std::move(whom.address),
                                       {std::move(whom.tls), protocols}, deadline_);
  if (!stream) co_return std::unexpected(stream.error());
  stream_ = std::move(*stream);
  co_return Result<void>();
}

net::Task<Result<void>> Dialogue::say(std::string bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const Io io = stream_->write(rest);
    if (io.state == Io::State::failed) co_return broken(io.code);
    rest.remove_prefix(io.count);
    if (io.state != Io::State::blocked) continue;
    if (co_await net::wait_for(alarm_, deadline_, stream_->writable()) == Woke::deadline) {
      co_return too_late();
    }
  }
  co_return Result<void>();
}

net::Task<Result<void>> Dialogue::hear() {
  std::array<char, 4096> bytes;
  while (true) {
    if (heard_.size() == most_) {
      co_return fail(Code::too_large, Side::upstream,
                     fmt::format("more than {} bytes came", most_));
    }
    const Io io =
        stream_->read(std::span(bytes).first(std::min(bytes.size(), most_ - heard_.size())));
    switch (io.state) {
      case Io::State::done: heard_.append(bytes.data(), io.count); co_return Result<void>();
      case Io::State::end:
        co_return fail(Code::closed, Side::upstream, "the connection was closed without an answer");
      case Io::State::failed: co_return broken(io.code);
      case Io::State::blocked:
        if (co_await net::wait_for(alarm_, deadline_, stream_->readable()) == Woke::deadline) {
          co_return too_late();
        }
    }
  }
}

void Dialogue::leave(std::string_view last_words) {
  stream_->write(last_words);
  stream_.reset();
}

}  // namespace fairlead::control
