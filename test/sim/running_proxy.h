// RunningProxy: the whole of Fairlead in a simulation: controller, workers, configuration as text.
//
// Takes the place of app/: a SimNetwork for each of its threads, and posts between them.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "control/controller.h"
#include "core/snapshot.h"
#include "net/sim_network.h"
#include "proxy/worker.h"
#include "sim/ledger.h"

namespace fairlead::sim {

class RunningProxy {
 public:
  RunningProxy(net::SimWorld& world, const Ip& host, uint32_t workers, Ledger& ledger);
  ~RunningProxy();

  // The text of a fairlead.yaml: the first one starts, further ones reload.
  void configure(const std::string& yaml);
  void drain();
  void cut();

  bool is_ready() const { return controller_ && controller_->first_round_done(); }
  bool is_drained() const { return drained_ == threads_.size(); }
  size_t connections() const;
  // What must hold once nothing is in flight.
  void check_at_rest();
  // No request may have arrived at a backend that had not been eligible for `grace`.
  void check_arrivals(Duration grace);

  const std::vector<std::string>& log() const { return log_lines_; }

 private:
  struct Lines final : LogSink {
    explicit Lines(std::vector<std::string>& lines) : lines(lines) {}
    void write(Level, std::string_view line) override { lines.emplace_back(line); }
    std::vector<std::string>& lines;
  };

  struct Thread final : proxy::Outside {
    Thread(RunningProxy& proxy, net::SimWorld& world, const Ip& host, uint32_t index);
    bool log_access(std::string_view line) override;
    Log& log() override { return own_log; }
    void tell(const core::Trouble& trouble) override;
    void obey(const std::shared_ptr<const core::Snapshot>& snapshot);

    RunningProxy& proxy;
    net::SimNetwork network;
    Lines lines;
    Log own_log;
    std::set<Address> doors;
    std::unique_ptr<proxy::Worker> worker;
  };

  void publish(const std::shared_ptr<const core::Snapshot>& snapshot);
  void remember(const core::Snapshot& snapshot);
  bool was_eligible(const Address& backend, Instant from, Instant to) const;
  uint64_t outcomes() const;

  net::SimWorld& world_;
  Ledger& ledger_;
  std::vector<std::string> log_lines_;
  net::SimNetwork control_network_;
  Lines control_lines_;
  Log control_log_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::unique_ptr<control::Controller> controller_;
  size_t drained_ = 0;
  uint64_t attempts_ = 0;  // as the access log told them
  std::vector<std::pair<Instant, std::shared_ptr<const core::Snapshot>>> published_;
  std::map<uint32_t, std::shared_ptr<core::Backend>> backends_;  // all that ever were, by id
  std::vector<std::shared_ptr<core::ListenerSeries>> listeners_;
  std::set<std::shared_ptr<const core::PoolSeries>> pools_;
};

}  // namespace fairlead::sim
