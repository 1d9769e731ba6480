#include "proxy/filter/rewrite.h"

#include <fmt/format.h>

#include "proxy/filter/header_edits.h"
#include "wire/http1_target.h"

namespace fairlead::proxy {
namespace {

// What a client chose is its own fault: nobody may make our faults at will.
std::unexpected<Error> cannot(const core::PathRewrite& config, std::string why) {
  if (config.is_filled_by_client()) return fail(Code::malformed, Side::downstream, std::move(why));
  return fail(Code::invalid, Side::internal, std::move(why));
}

Result<void> rewrite_path(const core::PathRewrite& config, const core::TemplateFacts& facts,
                          http::Request& request, http::Scratch& scratch,
                          wire::EncodedSlash slash) {
  auto made = config.apply(request.path, facts);
  if (!made) return cannot(config, std::move(made.error()));
  const std::string_view text = scratch.join({*made});
  const wire::NormalPath normal = wire::normalise_path(text, scratch.take(text.size()), slash);
  if (normal.fault != wire::PathFault::none)
    return cannot(config, fmt::format("the rewritten path: {}", wire::explain(normal.fault)));
  request.path = normal.path;
  request.target =
      request.has_query ? scratch.join({normal.path, "?", request.query}) : normal.path;
  return {};
}

}  // namespace

Result<void> rewrite(const core::RewriteConfig& config, const core::TemplateFacts& facts,
                     http::Request& request, http::Scratch& scratch, wire::EncodedSlash slash) {
  const bool has_path = request.form != wire::http1::TargetForm::asterisk;
  if (config.path.kind() != core::PathRewrite::Kind::none && has_path) {
    if (auto done = rewrite_path(config.path, facts, request, scratch, slash); !done) return done;
  }
  if (!config.host) return {};
  const std::string_view host = expand(*config.host, facts, scratch);
  if (!wire::http1::parse_authority(host))
    return fail(Code::malformed, Side::downstream, "of this request no host can be made");
  request.authority = host;
  return {};
}

}  // namespace fairlead::proxy
