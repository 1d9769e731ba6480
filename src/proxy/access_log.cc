#include "proxy/access_log.h"

#include <fmt/format.h>

#include <iterator>

#include "base/rfc3339.h"

namespace fairlead::proxy {
namespace {

using Buffer = fmt::memory_buffer;

void put(Buffer& out, std::string_view text) { out.append(text.data(), text.data() + text.size()); }

// A text in quotes as JSON has them. Bytes above ASCII that a client sent need not be UTF-8, so
// they are written as the code points of Latin-1: the line stays JSON whatever comes.
void put_quoted(Buffer& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
  }
  out.push_back('"');
}

double milliseconds(Duration span) { return static_cast<double>(span.count()) / 1e6; }

void put_text_field(Buffer& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  fmt::format_to(std::back_inserter(out), ",\"{}\":", name);
  put_quoted(out, value);
}

void put_time(Buffer& out, WallTime now) {
  char time[kRfc3339Length];
  write_rfc3339(now, time);
  put(out, {time, sizeof time});
}

void put_json(Buffer& out, const Trip& trip, WallTime now) {
  put(out, "{\"time\":\"");
  put_time(out, now);
  put(out, "\"");
  put_text_field(out, "protocol", trip.protocol);
  put_text_field(out, "listener", trip.listener);
  put_text_field(out, "route", trip.route);
  put_text_field(out, "pool", trip.pool);
  put_text_field(out, "backend", trip.backend);
  put_text_field(out, "client", trip.client);
  if (trip.client_port != 0)
    fmt::format_to(std::back_inserter(out), ",\"client_port\":{}", trip.client_port);
  put_text_field(out, "tls", trip.tls);
  put_text_field(out, "client_subject", trip.client_subject);
  put_text_field(out, "method", trip.method);
  put_text_field(out, "host", trip.host);
  put_text_field(out, "uri", trip.target);
  put_text_field(out, "version", trip.version);
  fmt::format_to(std::back_inserter(out),
                 ",\"status\":{},\"bytes_in\":{},\"bytes_out\":{},\"duration_ms\":{:.3f},"
                 "\"upstream_ms\":{:.3f},\"attempts\":{}",
                 trip.status, trip.bytes_in, trip.bytes_out, milliseconds(trip.duration),
                 milliseconds(trip.upstream), trip.attempts);
  if (trip.queued > Duration::zero())
    fmt::format_to(std::back_inserter(out), ",\"queued_ms\":{:.3f}", milliseconds(trip.queued));
  put_text_field(out, "request_id", trip.request_id);
  put_text_field(out, "trace_id", trip.trace_id);
  put_text_field(out, "user_agent", trip.user_agent);
  put_text_field(out, "referer", trip.referer);
  put_text_field(out, "error", trip.error);
  put_text_field(out, "side", trip.side);
  put_text_field(out, "detail", trip.detail);
  put(out, "}\n");
}

std::string_view or_dash(std::string_view text) { return text.empty() ? "-" : text; }

void put_text(Buffer& out, const Trip& trip, WallTime now) {
  put_time(out, now);
  fmt::format_to(std::back_inserter(out), " {} ", or_dash(trip.client));
  if (trip.protocol == "http") {
    put_quoted(out, fmt::format("{} {} {}", or_dash(trip.method), or_dash(trip.target),
                                or_dash(trip.version)));
    fmt::format_to(std::back_inserter(out), " {}", trip.status);
  } else {
    put(out, trip.protocol);
  }
  fmt::format_to(std::back_inserter(out), " in={} out={} {:.1f}ms {} -> {} {}", trip.bytes_in,
                 trip.bytes_out, milliseconds(trip.duration), or_dash(trip.listener),
                 or_dash(trip.pool), or_dash(trip.backend));
  if (trip.attempts > 1) fmt::format_to(std::back_inserter(out), " attempts={}", trip.attempts);
  if (!trip.request_id.empty()) {
    put(out, " id=");
    put_quoted(out, trip.request_id);
  }
  if (!trip.trace_id.empty()) {
    put(out, " trace=");
    put_quoted(out, trip.trace_id);
  }
  if (!trip.client_subject.empty()) {
    put(out, " client=");
    put_quoted(out, trip.client_subject);
  }
  if (!trip.error.empty()) {
    fmt::format_to(std::back_inserter(out), " error={}/{}", or_dash(trip.side), trip.error);
  }
  if (!trip.error.empty() || !trip.detail.empty()) {
    put(out, " ");
    put_quoted(out, trip.detail);
  }
  put(out, "\n");
}

}  // namespace

std::string format_line(const Trip& trip, core::AccessLogConfig::Format format, WallTime now) {
  Buffer out;
  if (format == core::AccessLogConfig::Format::json)
    put_json(out, trip, now);
  else
    put_text(out, trip, now);
  return fmt::to_string(out);
}

std::string with_refused_retry(std::string_view detail, std::string_view pool) {
  return fmt::format("{}{}the retry budget of pool `{}` is used up", detail,
                     detail.empty() ? "" : "; ", pool);
}

}  // namespace fairlead::proxy
