// Notebook: what one loading has read and found wrong so far.
//
// Every phase holds it. It knows the sources, so that a spot becomes a place with its line and its
// include chain, and it is the only way to report a problem.
#pragma once

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/node.h"
#include "core/config/problem.h"

namespace fairlead::core {

struct Source {
  std::string path;
  std::string text;
  Spot included_from;     // line 0: the first file
  std::string lost = {};  // what a mistake kept from being read
  std::vector<size_t> line_starts = {};
  std::set<int> spoiled = {};  // lines in which characters were replaced, which was reported
};

class Notebook {
 public:
  uint16_t add_source(std::string path, std::string text, Spot included_from = {});
  Source& source(uint16_t index) { return sources_[index]; }
  const Source& source(uint16_t index) const { return sources_[index]; }
  size_t source_count() const { return sources_.size(); }

  // The reference is for adding `other` or a severity, at once.
  Problem& error(const Spot& spot, std::string message, std::string hint = {});
  Problem& warning(const Spot& spot, std::string message, std::string hint = {});

  // Adds to what cannot be read, in the source of the spot.
  void note_lost(const Spot& spot, std::string_view text);
  // Something was left out there, which may have meant anything that the source speaks of.
  void note_all_lost(const Spot& spot);

  Place place_of(const Spot& spot) const;
  // The line of the source, from 1, without its end; empty where there is none.
  std::string_view line_of(uint16_t source, int line) const;
  // True when one of the words stands in what a mistake kept from being read: then nothing may be
  // said about its absence.
  bool may_be_lost(std::initializer_list<std::string_view> words) const;
  // True when a mistake kept anything from being read.
  bool has_lost_anything() const {
    return std::ranges::any_of(sources_, [](const Source& source) { return !source.lost.empty(); });
  }
  bool has_errors() const { return core::has_errors(problems_); }
  // To tell what one part of the file has added.
  size_t problem_count() const { return problems_.size(); }

  // The problems, by file and place.
  Problems take();

 private:
  Problem& add(Severity severity, const Spot& spot, std::string message, std::string hint);

  std::deque<Source> sources_;
  Problems problems_;
  std::vector<Spot> spots_;  // of each problem: the order of the files is not that of their names
};

}  // namespace fairlead::core
