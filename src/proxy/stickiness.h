// Stickiness: what keeps the client of one exchange where it was: on its side of a split, at its
// backend in a pool.
//
// Reads what the request shows, takes Fairlead's own cookies out of it, and puts what the client is
// to remember into the head of the response. Made only where a route or its pool asks for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/pool.h"
#include "http/exchange.h"
#include "http/prepared.h"

namespace fairlead::proxy {

class Worker;

class Stickiness {
 public:
  // All that is given outlives this.
  Stickiness(Worker& worker, http::Exchange& exchange, const http::Prepared& prepared)
      : worker_(worker), exchange_(exchange), prepared_(prepared) {}
  Stickiness(const Stickiness&) = delete;

  // What the client is placed by. Who has no cookie yet, where that is the key, is given one.
  // REQUIRES: side.key.
  core::Key side(const core::SideConfig& side, const core::JsonText* body);

  // The id of the backend that it is kept at; 0: none. Once. REQUIRES: the pool is sticky.
  uint32_t place_in(core::Pool& pool);
  // Whether that is this one.
  bool is_kept_at(const core::Backend& backend) const { return kept_at_ == backend.id(); }
  // Whether it is kept anywhere.
  bool is_kept() const { return kept_at_ != 0; }

  // This head, of that backend, is to go to the client. Followed by stands() when bytes of it have
  // left, or by take_back(): then there may be another one.
  void answer(http::Response& head, const core::Backend& backend);
  // The client has been told: it counts.
  void stands();
  // Nobody was told: it is as if nothing had been answered.
  void take_back();

 private:
  void read_cookie();
  bool read(std::string_view value);
  void take_out(std::string_view name);
  void find_session();
  void set_cookie(const core::CookieConfig& cookie, std::string_view value, http::Response& head);
  void set_place(const core::Backend& backend, http::Response& head);
  void learn(const core::Backend& backend, const http::Response& head);
  void learn(std::string_view session, const core::Backend& backend);
  bool came_by_https() const { return prepared_.scheme == "https"; }

  Worker& worker_;
  http::Exchange& exchange_;
  const http::Prepared& prepared_;
  const core::CookieConfig* side_cookie_ = nullptr;  // that is to be set
  std::string_view side_;                            // its value
  core::Pool* pool_ = nullptr;                       // null: no sticky one
  std::string_view session_;                         // of an application
  uint32_t kept_at_ = 0;
  bool shown_ = false;                     // something that could say where it is
  bool genuine_ = false;                   // and that says so
  bool is_due_ = false;                    // a cookie that is to be replaced all the same
  std::optional<core::Stuck> stuck_;       // of an answer that may still be taken back
  std::vector<std::string_view> learned_;  // the same: sessions that it has brought
};

}  // namespace fairlead::proxy
