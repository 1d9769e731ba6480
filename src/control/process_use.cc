#include "control/process_use.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

namespace fairlead::control {
namespace {

Duration span_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

Duration cpu_time() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return span_of(use.ru_utime) + span_of(use.ru_stime);
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

uint64_t resident_bytes() {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen("/proc/self/statm", "re"));
  unsigned long long total = 0;
  unsigned long long resident = 0;
  if (!file || std::fscanf(file.get(), "%llu %llu", &total, &resident) != 2) return 0;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

uint64_t open_descriptors() {
  const std::unique_ptr<DIR, CloseFolder> folder(opendir("/proc/self/fd"));
  if (!folder) return 0;
  uint64_t count = 0;
  while (const dirent* entry = readdir(folder.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count > 0 ? count - 1 : 0;  // one is this folder
}

}  // namespace

ProcessUse process_use() { return {cpu_time(), resident_bytes(), open_descriptors()}; }

}  // namespace fairlead::control
