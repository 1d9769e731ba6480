// The kinds of probes and what each of them asks: http, tcp, grpc, redis, postgres.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/config/options/health.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

using Kind = ProbeConfig::Kind;
using Role = PostgresProbeConfig::Role;

// Long enough for any greeting; the answer is looked for in 4 KiB.
constexpr size_t kLongestBytes = 1024;

// The option that chooses a kind: `inner` reads what that kind asks.
template <typename T>
Type<ProbeConfig> kind_type(Kind kind, T ProbeConfig::* member, Type<T> inner) {
  return {inner.shape,
          [kind, member, inner](ProbeConfig& probe, const Node& node, Reader& reader) {
            probe.kind = kind;
            inner.read(probe.*member, node, reader);
          },
          [kind, member, inner](const ProbeConfig& probe) {
            return probe.kind == kind ? inner.show(probe.*member) : Node{};
          }};
}

// One character behind a backslash; nothing where it is none of ours.
std::optional<char> plain_escape(char c) {
  switch (c) {
    case 'r': return '\r';
    case 'n': return '\n';
    case 't': return '\t';
    case '\\': return '\\';
    default: return {};
  }
}

std::optional<char> hex_escape(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() != 2 || error != std::errc{} || end != text.data() + 2) return {};
  return static_cast<char>(value);
}

Parsed<std::string> parse_bytes(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const bool escaped = text[0] == '\\';
    const bool hex = escaped && text.size() > 1 && text[1] == 'x';
    std::optional<char> c = text[0];
    if (hex) {
      c = hex_escape(text.substr(2, 2));
    } else if (escaped) {
      c = text.size() > 1 ? plain_escape(text[1]) : std::nullopt;
    }
    if (!c) {
      return wrong(fmt::format("{} is no escape", ticked(text.substr(0, hex ? 4 : 2))),
                   "there are `\\r`, `\\n`, `\\t`, `\\\\` and `\\xNN`");
    }
    bytes += *c;
    text.remove_prefix(hex ? 4 : escaped ? 2 : 1);
  }
  if (bytes.empty()) return wrong("an empty text means nothing here");
  if (bytes.size() > kLongestBytes) {
    return wrong(
        fmt::format("this text has {} bytes; {} are the most", bytes.size(), kLongestBytes));
  }
  return bytes;
}

std::string escaped_text(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\\') {
      text += "\\\\";
    } else if (c < 0x20 || c == 0x7f) {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      text += c;
    }
  }
  return text;
}

Type<std::string> bytes_type() {
  return text_type<std::string>(
      Shape{.words = "a text with `\\r`, `\\n`, `\\t`, `\\\\` and `\\xNN` for what it cannot hold"},
      parse_bytes, [](const std::string& value) {
        return value.empty() ? Node{} : scalar(escaped_text(value));
      });
}

// Taken as it is, and never shown again.
Type<std::string> password_type() {
  Type<std::string> type = text("a password", 1024);
  type.show = [](const std::string& value) { return value.empty() ? Node{} : scalar("(hidden)"); };
  return type;
}

void finish_tcp(TcpProbeConfig& tcp, const Node& node, Reader& reader) {
  if (tcp.send.empty() || node.find("expect") != nullptr) return;
  if (reader.notebook().may_be_lost({"expect"})) return;
  reader.error(*node.find("send"), "`send` without `expect` would ask and not listen",
               "for example `tcp: { send: 'PING\\r\\n', expect: +PONG }`");
}

const Section<TcpProbeConfig>& tcp_section() {
  static const Section<TcpProbeConfig> section = {
      .name = "tcp_probe",
      .heading = "TCP probes",
      .help = "What is sent, and what must come back. Neither: a connection is enough.",
      .options = {{"send", &TcpProbeConfig::send, bytes_type(),
                   "Sent once connected. In single quotes, so that YAML leaves the escapes alone.",
                   "'PING\\r\\n'"},
                  {"expect", &TcpProbeConfig::expect, bytes_type(),
                   "Must be contained in the first 4 KiB that the backend sends.", "+PONG"}},
      .finish = finish_tcp,
  };
  return section;
}

const Section<RedisProbeConfig>& redis_section() {
  static const Section<RedisProbeConfig> section = {
      .name = "redis_probe",
      .heading = "Redis probes",
      .help = "Sends `PING` and wants `PONG`.",
      .options = {{"auth", &RedisProbeConfig::auth, password_type(),
                   "The password, for a server that asks for one: `AUTH` before `PING`.",
                   "\"${REDIS_PASSWORD}\""},
                  {"user", &RedisProbeConfig::user, text("a user name", 255),
                   "Whose password it is; the default user's when it is not given.", "probe"}},
      .finish =
          [](RedisProbeConfig& redis, const Node& node, Reader& reader) {
            if (redis.user.empty() || node.find("auth") != nullptr ||
                reader.notebook().may_be_lost({"auth"}))
              return;
            reader.error(*node.find("user"), "`user` without `auth` has no password to send",
                         "add `auth`, or leave it out");
          },
  };
  return section;
}

const Section<PostgresProbeConfig>& postgres_section() {
  static const Section<PostgresProbeConfig> section = {
      .name = "postgres_probe",
      .heading = "PostgreSQL probes",
      .help = "Logs in and asks whether the server is a primary or a replica.",
      .options =
          {{"user", &PostgresProbeConfig::user, text("a user name", 63), "Who logs in.", "probe"},
           {"database", &PostgresProbeConfig::database, text("a database name", 63),
            "Where; the database that is named like the user when it is not given.", "postgres"},
           {"password", &PostgresProbeConfig::password, password_type(),
            "For a server that asks for one: SCRAM-SHA-256, MD5 or in the clear, as it wants.",
            "\"${PROBE_PASSWORD}\""},
           {"role", &PostgresProbeConfig::role,
            choice<Role>(
                {{"any", Role::any}, {"primary", Role::primary}, {"replica", Role::replica}}),
            "What the server must be: a `primary` takes writes, a `replica` is in recovery.",
            "primary"}},
  };
  return section;
}

}  // namespace

Type<ProbeConfig> http_kind() { return kind_type(Kind::http, &ProbeConfig::path, probe_path()); }

Type<ProbeConfig> tcp_kind() {
  return kind_type(Kind::tcp, &ProbeConfig::tcp, section_type<TcpProbeConfig, tcp_section>());
}

Type<ProbeConfig> grpc_kind() {
  Type<std::string> service = text_type<std::string>(
      Shape{.words = "the name of a gRPC service, or `\"\"` for the server as a whole"},
      [](std::string_view given) -> Parsed<std::string> {
        const bool clean =
            std::ranges::all_of(given, [](char c) { return c > 0x20 && c != 0x7f && c != '/'; });
        if (!clean) return wrong(fmt::format("{} is not the name of a service", ticked(given)));
        if (given.size() > 255) return wrong("the name of a service has at most 255 bytes");
        return std::string(given);
      },
      [](const std::string& value) { return scalar(value); });
  return kind_type(Kind::grpc, &ProbeConfig::grpc_service, service);
}

Type<ProbeConfig> redis_kind() {
  return kind_type(Kind::redis, &ProbeConfig::redis,
                   section_type<RedisProbeConfig, redis_section>());
}

Type<ProbeConfig> postgres_kind() {
  return kind_type(Kind::postgres, &ProbeConfig::postgres,
                   section_type<PostgresProbeConfig, postgres_section>());
}

}  // namespace fairlead::core
