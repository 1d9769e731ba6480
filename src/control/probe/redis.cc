// A Redis probe passes when PING is answered with PONG, after a login where a password is known.
//
// A server that still loads its data answers every command with an error, and so fails.
#include <fmt/format.h>

#include "control/probe/dialogue.h"
#include "control/probe/probe.h"
#include "control/probe/words.h"
#include "wire/redis_reply.h"

namespace fairlead::control {
namespace {

namespace redis = wire::redis;

// Of two replies.
constexpr size_t kMostHeard = 2 * redis::kLongestReply;

// Text of the next reply, or why there is none; an error of the server's in its own words.
net::Task<Result<std::string>> reply(Dialogue& dialogue) {
  while (true) {
    const redis::Reply reply = redis::parse_reply(dialogue.heard());
    dialogue.consume(reply.size);
    switch (reply.state) {
      case redis::Reply::State::simple: co_return std::string(reply.text);
      case redis::Reply::State::error:
        co_return fail(Code::unsupported, Side::upstream,
                       fmt::format("the server says: {}", said(reply.text)));
      case redis::Reply::State::malformed:
        co_return fail(Code::malformed, Side::upstream, "the answer is not Redis");
      case redis::Reply::State::incomplete: break;
    }
    const auto more = co_await dialogue.hear();
    if (!more) co_return std::unexpected(more.error());
  }
}

class RedisProbe final : public Probe {
 public:
  explicit RedisProbe(const core::RedisProbeConfig& config)
      : login_(!config.auth.empty()), commands_(login_of(config) + redis::command({"PING"})) {}

  net::Task<ProbeResult> run(net::Network& network, Asked whom,
                             Instant deadline) const override {
    Dialogue dialogue(network, deadline, kMostHeard);
    auto done = co_await dialogue.open(std::move(whom));
    if (done) done = co_await dialogue.say(commands_);
    if (!done) co_return result_of(done.error());
    // Both commands went out at once: a server that refuses the first need not be asked again.
    Result<std::string> answer = std::string("OK");
    if (login_) answer = co_await reply(dialogue);
    if (answer) answer = co_await reply(dialogue);
    if (!answer) co_return result_of(answer.error());
    if (*answer == "PONG") co_return pass("PONG");
    co_return failed(fmt::format("PING was answered with `{}`", said(*answer)));
  }

 private:
  static std::string login_of(const core::RedisProbeConfig& config) {
    if (config.auth.empty()) return {};
    if (config.user.empty()) return redis::command({"AUTH", config.auth});
    return redis::command({"AUTH", config.user, config.auth});
  }

  bool login_;
  std::string commands_;
};

}  // namespace

std::unique_ptr<Probe> make_redis_probe(const core::ProbeConfig& config);
std::unique_ptr<Probe> make_redis_probe(const core::ProbeConfig& config) {
  return std::make_unique<RedisProbe>(config.redis);
}

}  // namespace fairlead::control
