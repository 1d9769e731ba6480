#include "proxy/body_look.h"

#include <string_view>

namespace fairlead::proxy {
namespace {

// What a pointer leads into begins with a brace or a bracket: of other bodies the first byte tells.
bool begins_otherwise(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && text[first] != '{' && text[first] != '[';
}

bool may_be_json(http::Exchange& exchange, uint32_t most) {
  const http::Request& request = exchange.request();
  if (request.framing == http::Framing::length && request.content_length > most) return false;
  const http::Piece here = exchange.body().peek(false);
  return here.state != http::Piece::State::data ||
         !begins_otherwise({here.bytes.data(), here.bytes.size()});
}

}  // namespace

// One byte more tells a body that fits from one that does not.
BodyLook::BodyLook(http::Exchange& exchange, uint32_t most)
    : exchange_(exchange), most_(most), body_(exchange.body(), size_t{most} + 1) {}

net::Task<Result<void>> BodyLook::look(Duration patience) {
  if (!may_be_json(exchange_, most_)) co_return Result<void>();
  exchange_.read_through(body_);
  const auto read = co_await http::read_ahead(exchange_, body_, patience, begins_otherwise);
  if (exchange_.stream().broken().is_set())
    co_return fail(Code::cancelled, Side::downstream, "the client broke off");
  if (!read) co_return std::unexpected(read.error());
  if (*read == http::BufferedBody::State::whole && body_.held().size() <= most_)
    json_ = core::JsonText::parse(body_.held());
  co_return Result<void>();
}

}  // namespace fairlead::proxy
