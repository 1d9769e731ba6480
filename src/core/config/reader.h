// Reader: where in the configuration we are while nodes become values, and what is noted on the
// way.
//
// Types and sections report through it, so that a message can say "in pool `api`"; names that can
// only be checked when all has been read are noted for references.h.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/notebook.h"
#include "core/config/outside.h"

namespace fairlead::core {

// What was said where, for the checks that need the whole.
struct Notes {
  struct Named {
    std::string name;
    Spot spot;
  };
  struct Bound {
    Address address;
    std::string owner;  // "listener `web`", "`admin`"
    Spot spot;
  };
  struct HttpOnly {
    std::string pool;
    std::string key;
    Spot spot;
  };
  std::vector<Named> pools;
  bool pools_unread = false;  // something that is no mapping stands there
  std::vector<Named> pool_uses;
  std::vector<Named> subsets;  // by pool
  std::vector<Bound> binds;
  std::vector<HttpOnly> http_only;  // settings of pools that are for HTTP alone
  std::set<std::string> tcp_pools;  // those that listeners of each protocol use
  std::set<std::string> http_pools;
};

class Reader {
 public:
  // `outside`: for files that options name; outlives the reader.
  Reader(Notebook& notebook, const Outside& outside) : notebook_(notebook), outside_(outside) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // A step down, undone when it goes out of scope.
  class Step {
   public:
    Step(Reader& reader, std::string frame) : reader_(reader) {
      reader_.path_.push_back(std::move(frame));
    }
    ~Step() { reader_.path_.pop_back(); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Reader& reader_;
  };

  // Into an option, by its key.
  Step into(std::string_view key) { return Step(*this, "`" + std::string(key) + "`"); }
  // Into something with a name: "pool `api`", or "route 2".
  Step into_named(std::string what) { return Step(*this, std::move(what)); }

  Problem& error(const Node& node, std::string message, std::string hint = {}) {
    return notebook_.error(node.spot, std::move(message), std::move(hint));
  }
  Problem& warning(const Node& node, std::string message, std::string hint = {}) {
    return notebook_.warning(node.spot, std::move(message), std::move(hint));
  }

  // The key that is being read, in backticks.
  std::string key() const { return path_.empty() ? "the file" : path_.back(); }
  // "`health` of pool `api`", "route 2 of listener `web`"; "" at the top.
  std::string where() const;
  // The innermost thing with a name: "listener `web`"; "" at the top.
  std::string owner() const;

  Place place(const Node& node) const { return notebook_.place_of(node.spot); }
  Notebook& notebook() { return notebook_; }
  Notes& notes() { return notes_; }
  const Outside& outside() const { return outside_; }

 private:
  Notebook& notebook_;
  const Outside& outside_;
  Notes notes_;
  std::vector<std::string> path_;
};

}  // namespace fairlead::core
