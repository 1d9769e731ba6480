// bench_load: the closed-loop generator of the benchmark. One thread, one epoll, N connections.
//
// Opens its connections, warms up, and measures a window: responses, bytes, errors, and the CPU
// time of the proxy's processes at both ends. Prints one line of JSON for the harness. It measures
// no latency: a closed loop hides the requests that it could not send.
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bulk_client.h"
#include "cpu_time.h"
#include "http_client.h"
#include "plan.h"
#include "sockets.h"

namespace fairlead::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr Seconds kStall{5.0};            // no answer for so long: the run has failed
constexpr uint64_t kTooManyErrors = 100;  // a run that fails this often says nothing

class Load {
 public:
  explicit Load(Plan plan) : plan_(std::move(plan)) {
    for (uint32_t i = 0; i < plan_.connections; ++i) {
      if (plan_.mode == Mode::bulk)
        clients_.push_back(std::make_unique<BulkClient>(shared_));
      else
        clients_.push_back(std::make_unique<HttpClient>(shared_));
    }
  }

  int run() {
    open_all();
    if (plan_.gate) wait_at_gate();
    if (plan_.hold) return end_of_hold();
    begin_all();
    serve_for(Seconds(plan_.gate ? 0.0 : plan_.warmup), UINT64_MAX);
    measure();
    if (plan_.gate) wait_for_line();  // connections stay open while the harness detaches
    return count_.errors == 0 ? 0 : 1;
  }

 private:
  bool healthy() const { return count_.errors < kTooManyErrors; }

  // Every connection makes one request, a few at a time: opening thousands at once would only
  // measure the accept queue.
  void open_all() {
    if (plan_.mode != Mode::keepalive) return;
    size_t next = 0;
    for (; next < clients_.size() && next < plan_.opening; ++next) clients_[next]->begin();
    size_t open = next;
    auto progress = Clock::now();
    while (open > 0 && healthy() && Clock::now() - progress < kStall) {
      for (Client* client : ready()) {
        if (!client->on_ready()) continue;
        progress = Clock::now();
        --open;
        if (next == clients_.size()) continue;
        clients_[next++]->begin();
        ++open;
      }
    }
    if (open > 0) count_.fail("connections without an answer: " + std::to_string(open));
  }

  void begin_all() {
    for (auto& client : clients_) client->begin();
  }

  // Runs the loop for so long, or until so many responses are counted.
  void serve_for(Seconds time, uint64_t responses) {
    const auto begin = Clock::now();
    auto progress = begin;
    uint64_t seen = count_.responses + count_.bytes;
    for (auto now = progress; now - begin < time && count_.responses < responses && healthy();
         now = Clock::now()) {
      for (Client* client : ready()) {
        if (client->on_ready()) client->begin();
      }
      if (uint64_t sum = count_.responses + count_.bytes; sum != seen) {
        seen = sum;
        progress = now;
      } else if (now - progress > kStall) {
        return count_.fail("no answer for five seconds");
      }
    }
  }

  std::vector<Client*>& ready() {
    std::array<epoll_event, 256> events;
    int count = epoll_wait(epoll_, events.data(), events.size(), 100);
    ready_.clear();
    for (int i = 0; i < count; ++i) ready_.push_back(static_cast<Client*>(events[i].data.ptr));
    return ready_;
  }

  void measure() {
    const Count before = count_;
    const std::vector<uint64_t> progress_before = progress();
    const CpuTime proxy = cpu_time_of(plan_.proxies);
    const double own = own_cpu();
    const auto begin = Clock::now();
    const bool counted = plan_.requests > 0;
    serve_for(Seconds(counted ? 60.0 : plan_.seconds),
              counted ? before.responses + plan_.requests : UINT64_MAX);
    const Seconds took = Clock::now() - begin;
    const CpuTime used = cpu_time_of(plan_.proxies) - proxy;
    if (!counted) refuse_stuck(progress_before);
    printf("{\"responses\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"errors\": %" PRIu64
           ", \"first_error\": \"%s\", \"seconds\": %.6f, \"proxy_cpu_ns\": %" PRIu64
           ", \"proxy_waited_ns\": %" PRIu64 ", \"own_cpu_seconds\": %.6f}\n",
           count_.responses - before.responses, count_.bytes - before.bytes, count_.errors,
           first_error().c_str(), took.count(), used.ran, used.waited, own_cpu() - own);
    fflush(stdout);
  }

  // A window in which some connections got nothing would praise a proxy that forgot them.
  void refuse_stuck(const std::vector<uint64_t>& before) {
    size_t stuck = 0;
    for (size_t i = 0; i < clients_.size(); ++i) stuck += clients_[i]->progress() == before[i];
    if (stuck > 0) count_.fail("connections without any answer: " + std::to_string(stuck));
  }

  std::vector<uint64_t> progress() const {
    std::vector<uint64_t> all;
    for (auto& client : clients_) all.push_back(client->progress());
    return all;
  }

  int end_of_hold() {
    size_t open = 0;
    for (auto& client : clients_) open += client->is_open() ? 1 : 0;
    if (open < clients_.size()) count_.fail("connections closed while idle");
    printf("{\"open\": %zu, \"errors\": %" PRIu64 ", \"first_error\": \"%s\"}\n", open,
           count_.errors, first_error().c_str());
    return count_.errors == 0 ? 0 : 1;
  }

  // A reason may quote a peer's status line: what would break the JSON is blotted out.
  std::string first_error() const {
    std::string text = count_.first_error;
    for (char& c : text) {
      if (c < ' ' || c > '~' || c == '"' || c == '\\') c = '?';
    }
    return text;
  }

  static double own_cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  }

  void wait_at_gate() {
    puts("{\"ready\": true}");
    fflush(stdout);
    wait_for_line();
  }

  // A newline or the end of standard input.
  static void wait_for_line() {
    for (char byte = 0; byte != '\n' && read(STDIN_FILENO, &byte, 1) == 1;) continue;
  }

  Plan plan_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  Count count_;
  std::string request_ = "GET " + plan_.path + " HTTP/1.1\r\nhost: bench.example\r\n" +
                         (plan_.mode == Mode::close ? "connection: close\r\n" : "") +
                         "user-agent: bench\r\naccept: */*\r\n\r\n";
  std::string content_ =
      pattern(plan_.mode == Mode::bulk ? std::min<size_t>(plan_.length, 1 << 20) : plan_.length);
  Shared shared_{plan_, epoll_, request_, content_, count_};
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Client*> ready_;
};

}  // namespace
}  // namespace fairlead::bench

int main(int count, char** words) {
  signal(SIGPIPE, SIG_IGN);
  auto plan = fairlead::bench::parse_plan({words + 1, static_cast<size_t>(count - 1)});
  if (!plan) {
    fputs("usage: bench_load --port N [--mode keepalive|close|bulk] [--connections N] ...\n",
          stderr);
    return 2;
  }
  return fairlead::bench::Load(*std::move(plan)).run();
}
