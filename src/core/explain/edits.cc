#include "core/explain/edits.h"

#include <fmt/format.h>

#include "core/config/types.h"

namespace fairlead::core {
namespace {

using Lines = std::vector<std::string>;

// `facts`: null where they are not known yet, as those of a response.
void tell_edits(std::string_view of, const HeaderEdits& edits, const TemplateFacts* facts,
                Lines& lines) {
  for (const Pattern& name : edits.remove)
    lines.push_back(fmt::format("{}: without {}", of, name.text()));
  const auto tell = [&](std::string_view how, const HeaderField& field) {
    const std::string value = facts ? field.value.expand(*facts) : field.value.text();
    lines.push_back(fmt::format("{}: {}{}: {}", of, how, field.name, value));
  };
  for (const HeaderField& field : edits.set) tell("", field);
  for (const HeaderField& field : edits.add) tell("also ", field);
  if (edits.security) lines.push_back(fmt::format("{}: preset security", of));
}

void tell_rewrite(const RewriteConfig& rewrite, const TemplateFacts& facts,
                  const DescribedRequest& request, Lines& lines) {
  if (rewrite.path.kind() != PathRewrite::Kind::none) {
    const auto path = rewrite.path.apply(request.path, facts);
    lines.push_back(path ? fmt::format("path: {} becomes {}", request.path, *path)
                         : fmt::format("path: {} is answered {}: {}", request.path,
                                       rewrite.path.is_filled_by_client() ? 400 : 500,
                                       path.error()));
  }
  if (rewrite.host) lines.push_back(fmt::format("host: {}", rewrite.host->expand(facts)));
}

}  // namespace

std::vector<std::string> edits_of(const ListenerConfig& listener, const RouteConfig& route,
                                  const DescribedRequest& request) {
  Lines lines;
  if (request.protocol == Protocol::tcp) return lines;
  const DescribedFacts facts(request);
  if (route.max_connections > 0)
    lines.push_back(fmt::format("limit: {} requests at once", route.max_connections));
  if (route.max_body > 0)
    lines.push_back(fmt::format("limit: bodies of {}", text_of_size(route.max_body)));
  if (listener.trace.on) lines.emplace_back("trace: begun where the request is part of none");
  tell_edits("request", route.request_headers, &facts, lines);
  tell_rewrite(route.rewrite, facts, request, lines);
  if (route.buffer.request > 0)
    lines.push_back(fmt::format("buffer: requests up to {}", text_of_size(route.buffer.request)));
  if (route.buffer.response > 0)
    lines.push_back(fmt::format("buffer: responses up to {}", text_of_size(route.buffer.response)));
  if (route.mirror.any())
    lines.push_back(
        fmt::format("mirror: {} % to pool {}", route.mirror.percent, route.mirror.pool));
  tell_edits("response", route.response_headers, nullptr, lines);
  return lines;
}

}  // namespace fairlead::core
