#include "app/files.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "net/inspect_certificate.h"

namespace fairlead::app {
namespace {

constexpr size_t kLongestFile = 16 * 1024 * 1024;

std::expected<std::string, std::string> read_file(std::string_view path) {
  const std::string name(path);
  // A pipe or a device would let us wait for whoever writes to it, and a reload must not.
  const int descriptor = open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return std::unexpected(std::string(std::strerror(errno)));
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(fdopen(descriptor, "rb"), &std::fclose);
  struct stat about{};
  if (!file || fstat(descriptor, &about) != 0) return std::unexpected(std::string(std::strerror(errno)));
  if (S_ISDIR(about.st_mode)) return std::unexpected(std::string(std::strerror(EISDIR)));
  if (!S_ISREG(about.st_mode)) return std::unexpected("it is not a regular file");
  std::string content;
  char buffer[64 * 1024];
  while (const size_t count = std::fread(buffer, 1, sizeof buffer, file.get())) {
    content.append(buffer, count);
    if (content.size() > kLongestFile) return std::unexpected("the file is longer than 16 MiB");
  }
  if (std::ferror(file.get())) return std::unexpected(std::string(std::strerror(errno)));
  return content;
}

std::vector<std::string> list_files(std::string_view pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(std::string(pattern).c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return paths;
}

std::optional<std::string> environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (!value) return std::nullopt;
  return value;
}

}  // namespace

core::Outside real_world() {
  return {.read = read_file,
          .list = list_files,
          .environment = environment,
          .inspect_certificate = net::inspect_certificate,
          .inspect_authorities = net::inspect_authorities,
          .inspect_staple = net::inspect_staple,
          .has_authorities = net::has_system_authorities(),
          .now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())};
}

}  // namespace fairlead::app
