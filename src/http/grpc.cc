#include "http/grpc.h"

#include <fmt/format.h>

#include "wire/http1_chars.h"

namespace fairlead::http {
namespace {

constexpr std::string_view kContentType = "application/grpc";
constexpr size_t kMostDigits = 8;

// RFC 9110 codes for gRPC's, as its own clients read the ones of a proxy.
struct Pair {
  uint16_t http;
  uint8_t grpc;
};
constexpr Pair kPairs[] = {{400, 13}, {401, 16}, {403, 7},  {404, 12}, {408, 4},  {413, 8},
                           {429, 14}, {431, 8},  {501, 12}, {502, 14}, {503, 14}, {504, 4}};
constexpr uint8_t kUnknown = 2;

std::optional<Duration> unit_of(char letter) {
  switch (letter) {
    case 'H': return 1h;
    case 'M': return 1min;
    case 'S': return 1s;
    case 'm': return 1ms;
    case 'u': return 1us;
    case 'n': return 1ns;
    default: return std::nullopt;
  }
}

}  // namespace

bool is_grpc(const Request& request) {
  if (request.method != Method::post) return false;
  const std::string_view type = request.fields.find(FieldId::content_type).value_or("");
  if (type.size() < kContentType.size() ||
      !wire::http1::equals_ignoring_case(type.substr(0, kContentType.size()), kContentType))
    return false;
  const std::string_view rest = type.substr(kContentType.size());
  return rest.empty() || rest.front() == '+' || rest.front() == ';' || rest.front() == '-';
}

std::optional<Duration> grpc_timeout(const Request& request) {
  const std::string_view text = request.fields.find("grpc-timeout").value_or("");
  if (text.size() < 2 || text.size() > kMostDigits + 1) return std::nullopt;
  const auto unit = unit_of(text.back());
  if (!unit) return std::nullopt;
  int64_t count = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (!wire::http1::is_char(c, wire::http1::kDigit)) return std::nullopt;
    count = count * 10 + (c - '0');
  }
  return std::min<Duration>(*unit * std::min<int64_t>(count, Duration(24h * 365) / *unit),
                            24h * 365);
}

uint8_t grpc_status_of(uint16_t http_status) {
  for (const Pair& pair : kPairs)
    if (pair.http == http_status) return pair.grpc;
  return kUnknown;
}

uint16_t http_status_of(std::string_view grpc_status) {
  if (grpc_status == "14") return 503;  // unavailable
  if (grpc_status == "4") return 504;   // deadline exceeded
  if (grpc_status == "2" || grpc_status == "13" || grpc_status == "15") return 500;
  return 200;
}

std::string_view grpc_status_in(std::string_view trailers) {
  constexpr std::string_view kName = "grpc-status:";
  while (!trailers.empty()) {
    const size_t end = trailers.find("\r\n");
    const std::string_view line = trailers.substr(0, end);
    trailers.remove_prefix(end == trailers.npos ? trailers.size() : end + 2);
    if (wire::http1::equals_ignoring_case(line.substr(0, kName.size()), kName))
      return wire::http1::trim_blanks(line.substr(kName.size()));
  }
  return {};
}

std::string grpc_message(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 0x20 && c < 0x7f && c != '%')
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace fairlead::http
