#include "core/config/notebook.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace fairlead::core {
namespace {

// A broken file of 16 MiB could be one problem a line; beyond this nobody reads, and memory counts.
constexpr size_t kMostKept = 10'000;
// A line is kept with each problem: enough to show, however long it is.
constexpr size_t kLongestLine = 4096;
// So much lost text may hold any word; looking for each of many words in it would take minutes.
constexpr size_t kMostSearched = 256 * 1024;

}  // namespace

uint16_t Notebook::add_source(std::string path, std::string text, Spot included_from) {
  Source& source = sources_.emplace_back(std::move(path), std::move(text), included_from);
  source.line_starts.push_back(0);
  for (size_t i = 0; i < source.text.size(); ++i) {
    if (source.text[i] == '\n') source.line_starts.push_back(i + 1);
  }
  return static_cast<uint16_t>(sources_.size() - 1);
}

bool Notebook::may_be_lost(std::initializer_list<std::string_view> words) const {
  return std::ranges::any_of(sources_, [&](const Source& source) {
    if (source.lost.size() > kMostSearched) return true;
    return std::ranges::any_of(words,
                               [&](std::string_view word) { return source.lost.contains(word); });
  });
}

Place Notebook::place_of(const Spot& spot) const {
  if (spot.source >= sources_.size()) return {};
  return {sources_[spot.source].path, spot.line, spot.column};
}

std::string_view Notebook::line_of(uint16_t source, int line) const {
  if (source >= sources_.size() || line < 1) return {};
  const Source& from = sources_[source];
  const auto index = static_cast<size_t>(line - 1);
  if (index >= from.line_starts.size()) return {};
  std::string_view text = std::string_view(from.text).substr(from.line_starts[index]);
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

void Notebook::note_lost(const Spot& spot, std::string_view text) {
  if (spot.source < sources_.size()) (sources_[spot.source].lost += text) += '\n';
}

void Notebook::note_all_lost(const Spot& spot) {
  if (spot.source >= sources_.size()) return;
  Source& source = sources_[spot.source];
  if (source.lost.size() < source.text.size()) source.lost += source.text;
}

Problem& Notebook::error(const Spot& spot, std::string message, std::string hint) {
  return add(Severity::error, spot, std::move(message), std::move(hint));
}

Problem& Notebook::warning(const Spot& spot, std::string message, std::string hint) {
  return add(Severity::warning, spot, std::move(message), std::move(hint));
}

Problem& Notebook::add(Severity severity, const Spot& spot, std::string message, std::string hint) {
  if (problems_.size() >= kMostKept) {
    problems_.pop_back();
    spots_.pop_back();
  }
  Problem problem{.severity = severity,
                  .place = place_of(spot),
                  .length = std::max(spot.length, 1),
                  .message = std::move(message),
                  .hint = std::move(hint),
                  .line = std::string(line_of(spot.source, spot.line).substr(0, kLongestLine)),
                  .included_from = {},
                  .other = {}};
  for (Spot from = spot; from.source < sources_.size();) {
    from = sources_[from.source].included_from;
    if (from.line == 0) break;
    problem.included_from.push_back(place_of(from));
  }
  spots_.push_back(spot);
  return problems_.emplace_back(std::move(problem));
}

Problems Notebook::take() {
  std::vector<size_t> order(problems_.size());
  std::iota(order.begin(), order.end(), 0);
  const auto key = [this](size_t i) {
    return std::tuple(spots_[i].source, spots_[i].line, spots_[i].column, i);
  };
  std::ranges::sort(order, {}, key);
  Problems sorted;
  for (size_t i : order) sorted.push_back(std::move(problems_[i]));
  problems_.clear();
  spots_.clear();
  return sorted;
}

}  // namespace fairlead::core
