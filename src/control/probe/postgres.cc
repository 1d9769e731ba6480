// A PostgreSQL probe logs in, asks whether the server is in recovery, and leaves. It passes when
// that is answered and the role is the one that is wanted.
//
// A server that starts up, shuts down or has no connection left says so, and so fails. TLS is
// spoken from the first byte on or not at all: a server that demands to be asked for it within its
// own protocol says that, too.
#include <fmt/format.h>

#include "control/probe/dialogue.h"
#include "control/probe/probe.h"
#include "control/probe/words.h"
#include "net/secret_text.h"
#include "wire/postgres.h"
#include "wire/scram.h"

namespace fairlead::control {
namespace {

namespace pg = wire::postgres;
using Role = core::PostgresProbeConfig::Role;

// Settings that the server tells after a login, and a row.
constexpr size_t kMostHeard = 64 * 1024;
constexpr size_t kNonceBytes = 18;
// What a server that is spoken to in TLS from the first byte on wants to hear (PostgreSQL 17).
constexpr std::string_view kProtocol[] = {"postgresql"};

std::unexpected<Error> no(std::string words) {
  return fail(Code::unsupported, Side::upstream, std::move(words));
}

std::unexpected<Error> malformed() { return no("the answer is not PostgreSQL's"); }

// One visit; the probe's coroutine frame holds it.
class Visit {
 public:
  Visit(const core::PostgresProbeConfig& config, Dialogue& dialogue)
      : config_(config),
        dialogue_(dialogue),
        scram_(config.password, net::secret_text(kNonceBytes)) {}

  // Up to the server's first ReadyForQuery.
  net::Task<Result<void>> log_in();
  // Whether it is in recovery.
  net::Task<Result<bool>> ask();

 private:
  struct Heard {
    char type;
    std::string payload;
  };
  // The next message that matters; an ErrorResponse is an error in the server's words.
  net::Task<Result<Heard>> next();
  net::Task<Result<void>> authenticate(std::string_view payload);
  // What answers a demand for a password.
  Result<std::string> answer(const pg::Authentication& wanted);
  Result<std::string> answer_scram(const pg::Authentication& wanted);

  const core::PostgresProbeConfig& config_;
  Dialogue& dialogue_;
  wire::Scram scram_;
  bool sent_proof_ = false;
  bool is_proven_ = false;
};

net::Task<Result<Visit::Heard>> Visit::next() {
  while (true) {
    const pg::Message message = pg::parse_message(dialogue_.heard());
    if (message.state == pg::Message::State::malformed) co_return malformed();
    if (message.state == pg::Message::State::incomplete) {
      const auto more = co_await dialogue_.hear();
      if (!more) co_return std::unexpected(more.error());
      continue;
    }
    Heard heard{message.type, std::string(message.payload)};
    dialogue_.consume(message.size);
    if (heard.type != 'E') co_return heard;
    const auto complaint = pg::parse_complaint(heard.payload);
    if (!complaint) co_return malformed();
    co_return no(fmt::format("the server says: {}", said(complaint->message)));
  }
}

Result<std::string> Visit::answer_scram(const pg::Authentication& wanted) {
  if (wanted.demand == pg::Demand::sasl) {
    if (pg::has_mechanism(wanted.data, "SCRAM-SHA-256")) {
      return pg::sasl_first("SCRAM-SHA-256", scram_.first());
    }
    return no("the server wants a login that a probe does not know");
  }
  // Hashing takes time: once for each visit, however often a server asks.
  if (sent_proof_) return malformed();
  auto proof = scram_.prove(wanted.data);
  if (!proof) return no(fmt::format("the server asks for a password, but {}", proof.error()));
  sent_proof_ = true;
  return pg::sasl_next(*proof);
}

Result<std::string> Visit::answer(const pg::Authentication& wanted) {
  switch (wanted.demand) {
    case pg::Demand::cleartext: return pg::password(config_.password);
    case pg::Demand::md5:
      if (const auto text = pg::md5_text(config_.user, config_.password, wanted.data)) {
        return pg::password(*text);
      }
      return no("the server wants a password by MD5, which this machine's libcrypto has not");
    case pg::Demand::sasl:
    case pg::Demand::sasl_continue: return answer_scram(wanted);
    case pg::Demand::nothing:
    case pg::Demand::sasl_final: break;
  }
  return no(fmt::format("the server wants a login that a probe does not know (number {})",
                        static_cast<uint32_t>(wanted.demand)));
}

net::Task<Result<void>> Visit::authenticate(std::string_view payload) {
  const auto wanted = pg::parse_authentication(payload);
  if (!wanted) co_return malformed();
  if (wanted->demand == pg::Demand::sasl_final) {
    is_proven_ = sent_proof_ && scram_.is_proven(wanted->data);
    if (!is_proven_) co_return no("the server does not know the password itself");
    co_return Result<void>();
  }
  if (wanted->demand == pg::Demand::nothing) {
    if (sent_proof_ && !is_proven_) co_return no("the server does not know the password itself");
    co_return Result<void>();
  }
  const bool by_password =
      wanted->demand == pg::Demand::cleartext || wanted->demand == pg::Demand::md5 ||
      wanted->demand == pg::Demand::sasl || wanted->demand == pg::Demand::sasl_continue;
  if (by_password && config_.password.empty()) {
    co_return no("the server asks for a password, and the probe has none");
  }
  auto bytes = answer(*wanted);
  if (!bytes) co_return std::unexpected(bytes.error());
  co_return co_await dialogue_.say(std::move(*bytes));
}

net::Task<Result<void>> Visit::log_in() {
  const std::string& database = config_.database.empty() ? config_.user : config_.database;
  auto said_it = co_await dialogue_.say(pg::startup(config_.user, database));
  if (!said_it) co_return said_it;
  while (true) {
    const auto heard = co_await next();
    if (!heard) co_return std::unexpected(heard.error());
    if (heard->type == 'Z') co_return Result<void>();
    if (heard->type != 'R') continue;  // settings, notices, the key for cancelling
    const auto done = co_await authenticate(heard->payload);
    if (!done) co_return done;
  }
}

net::Task<Result<bool>> Visit::ask() {
  const auto said_it = co_await dialogue_.say(pg::query("SELECT pg_is_in_recovery()"));
  if (!said_it) co_return std::unexpected(said_it.error());
  std::string value;
  while (true) {
    const auto heard = co_await next();
    if (!heard) co_return std::unexpected(heard.error());
    if (heard->type == 'D') value = pg::first_column(heard->payload).value_or("");
    if (heard->type == 'Z') break;
  }
  if (value == "t" || value == "f") co_return value == "t";
  co_return no("the server does not say whether it is in recovery");
}

class PostgresProbe final : public Probe {
 public:
  explicit PostgresProbe(const core::PostgresProbeConfig& config) : config_(config) {}

  net::Task<ProbeResult> run(net::Network& network, Asked whom,
                             Instant deadline) const override {
    Dialogue dialogue(network, deadline, kMostHeard);
    Visit visit(config_, dialogue);
    auto done = co_await dialogue.open(std::move(whom), kProtocol);
    if (done) done = co_await visit.log_in();
    if (!done) co_return result_of(done.error());
    const auto in_recovery = co_await visit.ask();
    if (!in_recovery) co_return result_of(in_recovery.error());
    // In order, or the server's log would have a line for each probe.
    dialogue.leave(pg::terminate());
    co_return judge(*in_recovery);
  }

 private:
  ProbeResult judge(bool in_recovery) const {
    const char* role = in_recovery ? "replica" : "primary";
    const Role found = in_recovery ? Role::replica : Role::primary;
    if (config_.role == Role::any || config_.role == found) return pass(role);
    return failed(fmt::format("a {}, expected a {}", role, in_recovery ? "primary" : "replica"));
  }

  core::PostgresProbeConfig config_;
};

}  // namespace

std::unique_ptr<Probe> make_postgres_probe(const core::ProbeConfig& config);
std::unique_ptr<Probe> make_postgres_probe(const core::ProbeConfig& config) {
  return std::make_unique<PostgresProbe>(config.postgres);
}

}  // namespace fairlead::control
