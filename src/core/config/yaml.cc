#include "core/config/yaml.h"

#include <fmt/format.h>
#include <libfyaml.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "core/config/words.h"
#include "core/config/yaml_screen.h"
#include "core/config/yaml_traps.h"

namespace fairlead::core {
namespace {

constexpr int kMostPasses = 20;

struct Free {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
  void operator()(fy_diag* diagnostics) const { fy_diag_destroy(diagnostics); }
};

// A collection that is still open.
struct Frame {
  Node node;
  std::optional<Node> key;                     // of a map: read, its value not yet
  std::unordered_map<std::string, Spot> seen;  // of a map
  bool drop = false;                           // the value that comes belongs to a refused key
};

// In place of what cannot be read: nothing more is said about it.
Node unreadable(const Spot& spot) {
  Node node = scalar("", spot);
  node.null = true;
  node.reported = true;
  return node;
}

// Grows the tree from events. One for each pass.
class Builder {
 public:
  Builder(Notebook& notebook, uint16_t source, bool silent)
      : notebook_(notebook), source_(source), silent_(silent) {}

  // False: no further events, the limit or mistake has been reported.
  bool take(fy_event* event);

  // Closes what is open; the tree so far. A [ or { that was never closed may hold anything, and is
  // left out.
  Node finish() {
    while (!open_.empty()) {
      Frame& frame = open_.back();
      if (frame.node.flow) frame.node = unreadable(frame.node.spot);
      close();
    }
    return std::move(root_);
  }

  // The innermost [ or { that is open, or null.
  const Node* open_bracket() const {
    for (auto frame = open_.rbegin(); frame != open_.rend(); ++frame) {
      if (frame->node.flow) return &frame->node;
    }
    return nullptr;
  }

 private:
  Spot spot_of(fy_event* event) const;
  void scalar_event(fy_event* event);
  void alias_event(fy_event* event);
  bool open_event(fy_event* event, Node::Kind kind);
  void close();
  void add(Node node);
  void add_key(Node node);
  void note_lost(const Node& node);
  void error(const Spot& spot, std::string message, std::string hint, const Spot* other = nullptr);

  Notebook& notebook_;
  uint16_t source_;
  bool silent_;
  std::vector<Frame> open_;
  Node root_;
  size_t nodes_ = 0;
  bool document_seen_ = false;
  Spot last_;
};

void Builder::error(const Spot& spot, std::string message, std::string hint, const Spot* other) {
  if (silent_) return;
  Problem& problem = notebook_.error(spot, std::move(message), std::move(hint));
  if (other != nullptr) problem.other = notebook_.place_of(*other);
}

Spot Builder::spot_of(fy_event* event) const {
  const fy_mark* start = fy_event_start_mark(event);
  if (start == nullptr) return last_;
  Spot spot{source_, start->line + 1, start->column + 1, 1};
  const fy_mark* end = fy_event_end_mark(event);
  if (end != nullptr && end->line == start->line)
    spot.length = std::max(end->column - start->column, 1);
  return spot;
}

void Builder::add(Node node) {
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& frame = open_.back();
  if (frame.node.is_list()) {
    frame.node.items.push_back(std::move(node));
  } else if (!frame.key) {
    add_key(std::move(node));
  } else {
    if (frame.drop) {
      if (!silent_) note_lost(node);
    } else {
      frame.node.entries.push_back({std::move(*frame.key), std::move(node)});
    }
    frame.key.reset();
    frame.drop = false;
  }
}

void Builder::note_lost(const Node& node) {
  if (node.is_scalar()) notebook_.note_lost(node.spot, node.text);
  for (const Node& item : node.items) note_lost(item);
  for (const Entry& entry : node.entries) {
    note_lost(entry.key);
    note_lost(entry.value);
  }
}

void Builder::add_key(Node node) {
  Frame& frame = open_.back();
  if (!node.is_scalar()) {
    error(node.spot, fmt::format("a key must be a word, not {}", describe(node)), "");
    frame.drop = true;
  } else if (node.text == "<<") {
    error(node.spot, "merge keys are not supported", "write out the keys where they are meant");
    if (!silent_) notebook_.note_all_lost(node.spot);
    frame.drop = true;
  } else if (auto [first, fresh] = frame.seen.try_emplace(node.text, node.spot); !fresh) {
    error(node.spot, fmt::format("{} stands twice in one mapping", ticked(node.text)),
          "YAML readers differ in which one they take; keep one of them", &first->second);
    frame.drop = true;
  }
  frame.key = std::move(node);
}

void Builder::scalar_event(fy_event* event) {
  size_t size = 0;
  fy_token* token = fy_event_get_token(event);
  const char* text = token != nullptr ? fy_token_get_text(token, &size) : nullptr;
  Node node = scalar(text != nullptr ? std::string(text, size) : std::string(), spot_of(event));
  const bool plain = token == nullptr || fy_token_scalar_style(token) == FYSS_PLAIN;
  node.plain = plain;
  node.null = plain && (node.text.empty() || node.text == "~" || node.text == "null");
  last_ = node.spot;
  add(std::move(node));
}

void Builder::alias_event(fy_event* event) {
  size_t size = 0;
  fy_token* token = fy_event_get_token(event);
  const char* name = token != nullptr ? fy_token_get_text(token, &size) : nullptr;
  Node node = scalar("*" + std::string(name != nullptr ? name : "", size), spot_of(event));
  const bool refused = !open_.empty() && open_.back().drop;  // with its key
  if (!refused) {
    error(node.spot, fmt::format("without quotes, YAML reads {} as an alias", ticked(node.text)),
          fmt::format("write {} for this text; aliases themselves are not supported",
                      in_quotes(node.text)));
  }
  node.reported = true;
  last_ = node.spot;
  add(std::move(node));
}

bool Builder::open_event(fy_event* event, Node::Kind kind) {
  const Spot spot = spot_of(event);
  last_ = spot;
  if (open_.size() >= static_cast<size_t>(kDeepest)) {
    error(spot, fmt::format("this is nested deeper than {} levels", kDeepest), "");
    return false;
  }
  Frame& frame = open_.emplace_back();
  frame.node.kind = kind;
  frame.node.spot = spot;
  const fy_mark* start = fy_event_start_mark(event);
  const fy_mark* end = fy_event_end_mark(event);
  frame.node.flow = start != nullptr && end != nullptr && end->input_pos > start->input_pos &&
                    fy_event_get_node_style(event) == FYNS_FLOW;
  return true;
}

void Builder::close() {
  Node node = std::move(open_.back().node);
  open_.pop_back();
  add(std::move(node));
}

bool Builder::take(fy_event* event) {
  if (++nodes_ > kMostNodes) {
    error(spot_of(event), fmt::format("this file has more than {} values", kMostNodes), "");
    return false;
  }
  if (fy_token* tag = fy_event_get_tag_token(event); tag != nullptr && event->type != FYET_ALIAS) {
    error(spot_of(event), "tags (`!name`) are not supported",
          "write a text that begins with `!` in quotes");
  }
  switch (event->type) {
    case FYET_DOCUMENT_START:
      if (document_seen_) {
        error(spot_of(event), "a file holds one document; a second begins here",
              "use `include` for more files");
        return false;
      }
      document_seen_ = true;
      return true;
    case FYET_SCALAR: scalar_event(event); return true;
    case FYET_ALIAS: alias_event(event); return true;
    case FYET_MAPPING_START: return open_event(event, Node::Kind::map);
    case FYET_SEQUENCE_START: return open_event(event, Node::Kind::list);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END: close(); return true;
    default: return true;
  }
}

struct Pass {
  Node tree;
  bool complete = false;
  std::string message;  // of the syntax error; empty with complete == false: reported already
  int line = 1;
  int column = 1;
  Spot open_bracket;     // line 0: none
  bool in_list = false;  // it is a [, not a {
};

void swallow(fy_diag*, void*, const char*, size_t) {}

std::unique_ptr<fy_diag, Free> quiet_diagnostics() {
  fy_diag_cfg settings;
  fy_diag_cfg_default(&settings);
  settings.fp = nullptr;
  settings.output_fn = swallow;
  settings.colorize = false;
  std::unique_ptr<fy_diag, Free> diagnostics(fy_diag_create(&settings));
  fy_diag_set_collect_errors(diagnostics.get(), true);
  return diagnostics;
}

Pass run(Notebook& notebook, uint16_t source, const std::string& text, bool silent) {
  auto diagnostics = quiet_diagnostics();
  fy_parse_cfg settings{};
  settings.flags =
      static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE);
  settings.diag = diagnostics.get();
  std::unique_ptr<fy_parser, Free> parser(fy_parser_create(&settings));
  Pass pass;
  fy_parser_set_string(parser.get(), text.data(), text.size());
  Builder builder(notebook, source, silent);
  bool ended = false;
  while (fy_event* event = fy_parser_parse(parser.get())) {
    ended = event->type == FYET_STREAM_END;
    const bool going_on = builder.take(event);
    fy_parser_event_free(parser.get(), event);
    if (!going_on) {
      pass.tree = builder.finish();
      return pass;
    }
  }
  pass.complete = ended && !fy_parser_get_stream_error(parser.get());
  if (const Node* bracket = builder.open_bracket()) {
    pass.open_bracket = bracket->spot;
    pass.in_list = bracket->is_list();
  }
  pass.tree = builder.finish();
  if (pass.complete) return pass;
  void* position = nullptr;
  const fy_diag_error* first = fy_diag_errors_iterate(diagnostics.get(), &position);
  pass.message = first != nullptr ? first->msg : "the parser gives up here";
  if (first != nullptr && first->line > 0) pass.line = first->line;
  if (first != nullptr && first->column > 0) pass.column = first->column;
  return pass;
}

// Blanks the line, so that every other place stays where it is; a "- " that opens an item is kept.
void blank(std::string& text, std::string_view line) {
  const size_t start = static_cast<size_t>(line.data() - text.data());
  size_t from = std::min(line.find_first_not_of(' '), line.size());
  if (line.substr(from).starts_with("- ")) from += 2;
  std::fill(text.begin() + static_cast<ptrdiff_t>(start + from),
            text.begin() + static_cast<ptrdiff_t>(start + line.size()), ' ');
}

std::string_view line_in(std::string_view text, int number) {
  for (int i = 1; i < number; ++i) {
    const size_t end = text.find('\n');
    if (end == text.npos) return text.substr(text.size());
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

SyntaxError explain(const Pass& pass, std::string_view line, std::string_view next) {
  SyntaxError error = explain_syntax(pass.message, line, pass.column, next);
  if (!error.passable && error.hint.empty() && pass.open_bracket.line > 0) {
    error.hint = fmt::format("the `{}` opened at line {}, column {} may lack its `{}`",
                             pass.in_list ? '[' : '{', pass.open_bracket.line,
                             pass.open_bracket.column, pass.in_list ? ']' : '}');
  }
  return error;
}

// The text from that line on.
std::string_view rest_from(std::string_view text, int number) {
  const std::string_view line = line_in(text, number);
  return text.substr(static_cast<size_t>(line.data() - text.data()));
}

struct SpottedError {
  Spot spot;
  SyntaxError error;
};

// Where lines were left out, a key may have lost its value to them.
void forgive_empty(Node& node) {
  if (node.is_scalar() && node.null) node.reported = true;
  for (Node& item : node.items) forgive_empty(item);
  for (Entry& entry : node.entries) forgive_empty(entry.value);
}

// Where characters were replaced, the value is not what was meant.
void forgive_spoiled(Node& node, const std::set<int>& lines) {
  if (node.is_scalar() && lines.contains(node.spot.line)) node.reported = true;
  for (Node& item : node.items) forgive_spoiled(item, lines);
  for (Entry& entry : node.entries) forgive_spoiled(entry.value, lines);
}

// Reads the text again and again, each time without a line that is a known trap. Leaves in `text`
// what can be read, and tells what was left out.
std::vector<SpottedError> find_syntax_errors(Notebook& notebook, uint16_t source,
                                             std::string& text) {
  std::vector<SpottedError> errors;
  std::string& lost = notebook.source(source).lost;
  for (int i = 0; i < kMostPasses; ++i) {
    const Pass pass = run(notebook, source, text, true);
    if (pass.complete) break;
    const std::string_view line = line_in(text, pass.line);
    const SyntaxError error = explain(pass, line, line_in(text, pass.line + 1));
    // After a line was left out, a further error may be no more than its echo.
    const bool believed = !pass.message.empty() && (errors.empty() || error.passable);
    if (believed) errors.push_back({{source, pass.line, error.column, error.length}, error});
    if (!believed || !error.passable) {
      lost += pass.message.empty() ? std::string_view(text) : rest_from(text, pass.line);
      break;
    }
    (lost += line) += '\n';
    blank(text, line);
  }
  return errors;
}

}  // namespace

Node parse_yaml(Notebook& notebook, uint16_t source) {
  std::string text = screen(notebook, source);
  for (const SpottedError& each : find_syntax_errors(notebook, source, text)) {
    notebook.error(each.spot, each.error.message, each.error.hint);
  }
  const bool is_torn = !notebook.source(source).lost.empty();
  Node tree = run(notebook, source, text, false).tree;
  if (is_torn) forgive_empty(tree);
  if (const auto& spoiled = notebook.source(source).spoiled; !spoiled.empty())
    forgive_spoiled(tree, spoiled);
  return tree;
}

}  // namespace fairlead::core
