// H2Response: a stream of ours at a backend: collects the heads of the response.
#pragma once

#include <vector>

#include "http/client.h"
#include "http/h2_stream.h"
#include "http/message_pool.h"
#include "http/scratch.h"
#include "wire/http1_facts.h"

namespace fairlead::http {

class H2Response final : public H2Stream {
 public:
  explicit H2Response(H2Session& session);

  // What was asked decides what may follow. Before the head goes out.
  void asked(Method method) { method_ = method; }
  HeadState read_head(Response& head);
  bool may_have_head() { return readable().is_set() || !heads_.empty(); }
  // Why a head cannot be understood, or why none comes.
  const Error& error() const { return error_; }
  bool has_begun() const { return has_begun_; }

 private:
  bool take_field(std::string_view name, std::string_view value) override;
  bool head_complete(bool ends) override;

  Method method_ = Method::other;
  std::vector<PooledResponse> heads_;  // that came and were not read yet
  PooledResponse coming_;
  wire::http1::Objection objection_;
  Scratch scratch_;
  uint32_t interim_heads_ = 0;
  size_t size_ = 0;
  bool has_begun_ = false;
};

}  // namespace fairlead::http
