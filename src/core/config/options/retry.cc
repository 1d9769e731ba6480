// retry: when a request is given to another backend.
#include <fmt/format.h>

#include <algorithm>

#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

const std::vector<std::string> kReasons = {"connect", "reset", "502", "503", "504"};

void note(RetryConfig& retry, size_t reason) {
  if (reason == 0) {
    retry.on_connect = true;
  } else if (reason == 1) {
    retry.on_reset = true;
  } else {
    const auto status = static_cast<uint16_t>(500 + reason);  // 502 stands at index 2
    if (!contains(retry.on_status, status)) retry.on_status.push_back(status);
  }
}

Node show_reasons(const RetryConfig& retry) {
  std::vector<Node> items;
  if (retry.on_connect) items.push_back(scalar("connect"));
  if (retry.on_reset) items.push_back(scalar("reset"));
  for (uint16_t status : retry.on_status) items.push_back(number(fmt::format("{}", status)));
  return list(std::move(items));
}

// The list says all that holds: what it does not name is off.
Type<RetryConfig> reasons() {
  Type<size_t> one = text_type<size_t>(
      choice_shape(kReasons), [](std::string_view text) { return find_word(text, kReasons); },
      [](const size_t& value) { return scalar(kReasons[value]); });
  Type<std::vector<size_t>> all =
      list_of(one, "a list of `connect`, `reset`, `502`, `503` and `504`");
  return {all.shape,
          [all](RetryConfig& retry, const Node& node, Reader& reader) {
            std::vector<size_t> given;
            all.read(given, node, reader);
            retry.on_connect = retry.on_reset = false;
            retry.on_status.clear();
            for (size_t reason : given) note(retry, reason);
          },
          show_reasons};
}

}  // namespace

const Section<RetryConfig>& retry_section() {
  static const Section<RetryConfig> section = {
      .name = "retry",
      .heading = "Retries",
      .help =
          "When a request is given to another backend. Only what is safe is retried: a request of "
          "which nothing was sent, or an idempotent one, whose body, as far as it was sent, came "
          "with its head: 16 KiB of both are kept. Where all that are in use were tried, one that "
          "serves and is only left out for its tier, zone or as a backup is asked.",
      .options =
          {{"attempts", &RetryConfig::attempts, whole_number(0, 10, "attempts"),
            "How many further attempts there may be after the first.", "2"},
           {"on", kItself, reasons(),
            "What leads to another attempt: `connect` (nothing was sent), `reset` (broken "
            "off before the "
            "response), or a status.",
            "[connect, reset, 503]"},
           {"per_try_timeout", &RetryConfig::per_try_timeout,
            off_or<Duration>(0s, duration(1ms, 24h)),
            "From the beginning of each attempt, its connect included, to the head of its "
            "response; waiting for the client's body does not count. An attempt that takes "
            "longer is given up, and another one follows if that is safe; else 504.",
            "2s"},
           {"budget", &RetryConfig::budget, off_or(kNoBudget, percent(0, 100)),
            "How many retries may be in flight at once in the route's pool, in percent of "
            "the work at its backends, over all workers; three always may be. A retry is "
            "in flight until its response begins. Only those behind a status or `per_try_timeout` "
            "count, for which a backend has worked already. `off`: as many as there are "
            "requests.",
            "10%"}},
      .turn_off = [](RetryConfig& retry) { retry.attempts = 0; },
      .is_off =
          [](const RetryConfig& retry) {
            return retry.attempts == 0 && retry.per_try_timeout == 0s;
          },
  };
  return section;
}

}  // namespace fairlead::core
