#include "app/self_signed.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <expected>

#include "app/run.h"
#include "app/tell.h"
#include "net/descriptor.h"
#include "net/self_signed.h"

namespace fairlead::app {
namespace {

int complain(std::string_view what) {
  fmt::print(stderr, "fairlead cert self-signed: {}\n", what);
  return kWrong;
}

// What names and addresses are written with, and no file name is more than.
bool is_host(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_:*").contains(c);
  };
  return !text.empty() && text.size() <= 253 && text.front() != '-' && text.front() != '.' &&
         std::ranges::all_of(text, plain) && text.find('*', 1) == text.npos;
}

// "*.example.com" -> "wildcard.example.com"
std::string file_name(const std::string& host) {
  return host.starts_with('*') ? "wildcard" + host.substr(1) : host;
}

std::expected<void, std::string> write_new(const std::string& path, std::string_view text,
                                           mode_t mode) {
  const net::Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.get() < 0 && errno == EEXIST)
    return std::unexpected(fmt::format("{} is there already, and is left as it is", path));
  if (file.get() < 0 || write(file.get(), text.data(), text.size()) != ssize_t(text.size()))
    return std::unexpected(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  return {};
}

}  // namespace

int write_self_signed(const std::vector<std::string>& hosts) {
  for (const std::string& host : hosts) {
    if (!is_host(host)) return complain(fmt::format("`{}` is no host name", host));
  }
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  const auto made = net::make_self_signed(hosts, now);
  if (!made) return complain(made.error().detail);
  const std::string cert = file_name(hosts.front()) + ".crt";
  const std::string key = file_name(hosts.front()) + ".key";
  // The key first: a certificate without its key would be of no use, and in the way next time.
  if (access(cert.c_str(), F_OK) == 0)
    return complain(fmt::format("{} is there already, and is left as it is", cert));
  if (const auto wrote = write_new(key, made->key, 0600); !wrote) return complain(wrote.error());
  if (const auto wrote = write_new(cert, made->certificates, 0644); !wrote)
    return complain(wrote.error());
  return tell(fmt::format("wrote {0} and {1}, good for a year\n  tls: {{ cert: {0}, key: {1} }}\n",
                          cert, key));
}

}  // namespace fairlead::app
