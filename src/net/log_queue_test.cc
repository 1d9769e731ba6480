#include "net/log_queue.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "net/descriptor.h"

namespace fairlead::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr WallTime kTime = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);

std::string contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// A folder of its own for each test, gone at its end.
class LogQueueTest : public testing::Test {
 protected:
  LogQueueTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fairlead-log-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~LogQueueTest() override { std::filesystem::remove_all(folder_); }

  std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }
  std::unique_ptr<LogQueue> start(const std::string& access, const LogQueueLimits& limits = {}) {
    return LogQueue::start(
               {LogTarget::parse(path("error.log")), LogTarget::parse(access)},
               [] { return kTime; }, limits)
        .value();
  }
  // Until the writer has brought it about; a test that waits in vain fails by itself afterwards.
  static void eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 5'000 && !holds(); ++i) std::this_thread::sleep_for(1ms);
  }

  std::string folder_;
};

TEST_F(LogQueueTest, WritesEachLineToItsDestination) {
  auto queue = start(path("access.log"));
  auto& producer = queue->producer();
  EXPECT_TRUE(producer.write(Destination::access_log, "GET /\n"));
  EXPECT_TRUE(producer.write(Destination::error_log, "oh no\n"));
  queue.reset();
  EXPECT_EQ(contents(path("access.log")), "GET /\n");
  EXPECT_EQ(contents(path("error.log")), "oh no\n");
}

TEST_F(LogQueueTest, WritesWithoutBeingStopped) {
  auto queue = start(path("access.log"));
  auto& producer = queue->producer();
  for (int i = 0; i < 3; ++i) {
    const std::string line = fmt::format("line {}\n", i);
    producer.write(Destination::access_log, line);
    eventually([&] { return contents(path("access.log")).ends_with(line); });
    EXPECT_THAT(contents(path("access.log")), EndsWith(line));
  }
}

TEST_F(LogQueueTest, KeepsTheOrderOfEachProducerAndLosesNothing) {
  auto queue = start(path("access.log"));
  constexpr int kThreads = 4;
  constexpr int kLines = 20'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&queue, t] {
      auto& producer = queue->producer();
      for (int i = 0; i < kLines; ++i) {
        while (!producer.write(Destination::access_log, fmt::format("{} {}\n", t, i)))
          std::this_thread::yield();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  queue.reset();
  std::vector<int> next(kThreads, 0);
  for (const std::string& line : lines_of(path("access.log"))) {
    int t = -1;
    int i = -1;
    ASSERT_TRUE(std::istringstream(line) >> t >> i) << line;
    ASSERT_EQ(i, next[static_cast<size_t>(t)]++);
  }
  EXPECT_EQ(next, std::vector<int>(kThreads, kLines));
}

TEST_F(LogQueueTest, DropsCountsAndReportsWhatDoesNotFit) {
  const std::string pipe = path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  Descriptor reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK));
  auto queue = start(pipe, {.ring = 64 * 1024, .flush_within = 50ms});
  auto& producer = queue->producer();
  const std::string line = std::string(999, 'x') + "\n";
  uint64_t refused = 0;
  // Pipe, pending lines and ring take about 4.2 MB; nobody reads the pipe.
  for (int i = 0; i < 10'000; ++i) refused += !producer.write(Destination::access_log, line);
  eventually([&] { return queue->counts().dropped > 0; });
  EXPECT_GT(refused + queue->counts().dropped, 0u);
  EXPECT_GE(queue->counts().dropped, refused);
  // The error log goes on, whatever the access log is stuck in.
  while (!producer.write(Destination::error_log, "still here\n")) std::this_thread::yield();
  eventually([&] { return contents(path("error.log")).contains("still here"); });
  EXPECT_THAT(contents(path("error.log")), HasSubstr("still here\n"));
  eventually([&] { return contents(path("error.log")).contains("were dropped"); });
  EXPECT_THAT(contents(path("error.log")), HasSubstr("2026-11-21T00:00:00.000Z warning "));
  EXPECT_THAT(contents(path("error.log")), HasSubstr("log lines were dropped"));
}

TEST_F(LogQueueTest, LeavesInTimeWhenATargetTakesNothing) {
  const std::string pipe = path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  Descriptor reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK));
  auto queue = start(pipe, {.flush_within = 100ms});
  auto& producer = queue->producer();
  for (int i = 0; i < 200; ++i)
    producer.write(Destination::access_log, std::string(999, 'x') + "\n");
  producer.write(Destination::error_log, "the last line\n");
  const auto before = std::chrono::steady_clock::now();
  queue.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before,
            10s);  // far above: a busy machine, not a hang
  EXPECT_EQ(contents(path("error.log")), "the last line\n");
}

TEST_F(LogQueueTest, LeavesInTimeWhenTheWriterIsStuck) {
  // The writer asks for the time when it has something to report, and is held there.
  const auto gate = std::make_shared<std::atomic<bool>>(false);
  auto queue = LogQueue::start({LogTarget::parse(path("error.log"))},
                               [gate] {
                                 gate->wait(false);
                                 return kTime;
                               },
                               {.ring = 4096, .flush_within = 50ms})
                   .value();
  EXPECT_TRUE(queue->producer().write(Destination::error_log, "wakes the writer\n"));
  eventually([&] { return contents(path("error.log")) == "wakes the writer\n"; });
  EXPECT_FALSE(queue->producer().write(Destination::error_log, std::string(5'000, 'x')));
  queue.reset();
  EXPECT_EQ(contents(path("error.log")), "wakes the writer\n");  // and the report is still to come
  gate->store(true);
  gate->notify_all();
  eventually([&] { return gate.use_count() == 1; });
  EXPECT_THAT(contents(path("error.log")), HasSubstr("1 log lines were dropped"));
}

TEST_F(LogQueueTest, WhatAPipeTookIsWholeLines) {
  const std::string pipe = path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  Descriptor reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK));
  auto queue = start(pipe, {.flush_within = 50ms});
  auto& producer = queue->producer();
  for (int i = 0; i < 5'000; ++i)
    producer.write(Destination::access_log, fmt::format("line number {}\n", i));
  queue.reset();
  std::string got;
  char buffer[4096];
  for (ssize_t count; (count = read(reader.get(), buffer, sizeof buffer)) > 0;) {
    got.append(buffer, static_cast<size_t>(count));
  }
  EXPECT_GT(got.size(), 30'000u);
  EXPECT_EQ(got.back(), '\n');
  std::istringstream lines(got);
  int expected = 0;
  for (std::string line; std::getline(lines, line); ++expected) {
    ASSERT_EQ(line, fmt::format("line number {}", expected));
  }
}

TEST_F(LogQueueTest, ReopensAfterARename) {
  auto queue = start(path("access.log"));
  auto& producer = queue->producer();
  producer.write(Destination::access_log, "before\n");
  eventually([&] { return contents(path("access.log")) == "before\n"; });
  std::filesystem::rename(path("access.log"), path("access.log.1"));
  producer.write(Destination::access_log, "between\n");
  eventually([&] { return contents(path("access.log.1")) == "before\nbetween\n"; });
  queue->reopen();
  eventually([&] { return std::filesystem::exists(path("access.log")); });
  producer.write(Destination::access_log, "after\n");
  queue.reset();
  EXPECT_EQ(contents(path("access.log.1")), "before\nbetween\n");
  EXPECT_EQ(contents(path("access.log")), "after\n");
}

TEST_F(LogQueueTest, KeepsTheOldFileWhereReopeningFails) {
  std::filesystem::create_directory(path("folder"));
  auto queue = start(path("folder/access.log"));
  auto& producer = queue->producer();
  producer.write(Destination::access_log, "before\n");
  eventually([&] { return contents(path("folder/access.log")) == "before\n"; });
  std::filesystem::rename(path("folder"), path("moved"));
  queue->reopen();
  eventually([&] { return contents(path("error.log")).contains("cannot open"); });
  producer.write(Destination::access_log, "after\n");
  queue.reset();
  EXPECT_EQ(contents(path("moved/access.log")), "before\nafter\n");
  EXPECT_THAT(contents(path("error.log")), HasSubstr("folder/access.log"));
}

TEST_F(LogQueueTest, AFullDiskCostsLinesAndIsReported) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  auto queue = start("/dev/full");
  auto& producer = queue->producer();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(producer.write(Destination::access_log, "lost\n"));
  eventually([&] { return queue->counts().dropped == 10; });
  EXPECT_EQ(queue->counts().dropped, 10u);
  EXPECT_GE(queue->counts().write_errors, 1u);
  queue.reset();
  EXPECT_THAT(contents(path("error.log")), HasSubstr("writes to the log /dev/full have failed"));
  EXPECT_THAT(contents(path("error.log")), HasSubstr("ENOSPC"));
}

// The limit on a file's size stands for a disk: it takes a part of a line, then nothing.
TEST_F(LogQueueTest, AfterAFullDiskALineBeginsOnALineOfItsOwn) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlim_t before = std::exchange(limit.rlim_cur, 12);
  auto queue = start(path("access.log"));
  auto& producer = queue->producer();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  for (uint64_t lost = 1; lost <= 3; ++lost) {
    EXPECT_TRUE(producer.write(Destination::access_log, "sixteen letters\n"));
    eventually([&] { return queue->counts().dropped == lost; });
  }
  limit.rlim_cur = before;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_TRUE(producer.write(Destination::access_log, "whole\n"));
  queue.reset();
  EXPECT_EQ(lines_of(path("access.log")), (std::vector<std::string>{"sixteen lett", "whole"}));
}

TEST_F(LogQueueTest, APipeThatLosesItsReaderEndsNothing) {
  const std::string pipe = path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  Descriptor reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK));
  auto queue = start(pipe);
  auto& producer = queue->producer();
  reader = Descriptor();
  producer.write(Destination::access_log, "nobody reads this\n");
  eventually([&] { return queue->counts().write_errors > 0; });
  EXPECT_EQ(queue->counts().dropped, 1u);
  EXPECT_EQ(queue->counts().write_errors, 1u);
}

TEST_F(LogQueueTest, SaysWhichTargetCannotBeOpened) {
  const auto error_of = [](const std::string& target) {
    return LogQueue::start({LogTarget::parse(target)}, [] { return kTime; }).error();
  };
  EXPECT_EQ(error_of(path("missing/access.log")).code, Code::not_found);
  EXPECT_THAT(error_of(path("missing/access.log")).detail, HasSubstr("missing/access.log"));
  EXPECT_EQ(error_of(folder_).code, Code::invalid);
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of(path("pipe")).code, Code::not_found);  // and does not wait for a reader
}

TEST_F(LogQueueTest, RefusesALineThatCanNeverFit) {
  auto queue = start(path("access.log"), {.ring = 4096});
  EXPECT_FALSE(queue->producer().write(Destination::access_log, std::string(5'000, 'x') + "\n"));
  EXPECT_EQ(queue->counts().dropped, 1u);
}

TEST_F(LogQueueTest, TakesTheLinesOfALog) {
  auto queue = start(path("access.log"));
  QueuedLog sink(queue->producer());
  Log log(sink, [] { return kTime; });
  log.error("cannot listen on {}", ":80");
  queue.reset();
  EXPECT_EQ(contents(path("error.log")), "2026-11-21T00:00:00.000Z error cannot listen on :80\n");
}

TEST(LogTarget, HasATextForm) {
  for (const char* text : {"stdout", "stderr", "/var/log/fairlead.log"}) {
    EXPECT_EQ(LogTarget::parse(text).name(), text);
  }
}

}  // namespace
}  // namespace fairlead::net
