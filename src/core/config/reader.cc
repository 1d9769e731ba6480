#include "core/config/reader.h"

namespace fairlead::core {
namespace {

// A frame that is a key alone, such as "`health`" or "`pools`".
bool is_key(std::string_view frame) { return frame.starts_with('`'); }

// Keys that only hold named things say nothing that "pool `api`" does not.
bool is_container(std::string_view frame) {
  return frame == "`pools`" || frame == "`listeners`" || frame == "`routes`" ||
         frame == "`backends`";
}

}  // namespace

std::string Reader::where() const {
  std::string out;
  for (size_t i = path_.size(); i-- > 0;) {
    if (is_container(path_[i])) continue;
    out += (out.empty() ? "" : " of ") + path_[i];
  }
  return out;
}

std::string Reader::owner() const {
  for (size_t i = path_.size(); i-- > 0;) {
    if (!is_key(path_[i])) return path_[i];
  }
  return path_.empty() ? "" : path_.front();
}

}  // namespace fairlead::core
