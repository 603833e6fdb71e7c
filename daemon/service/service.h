// SPDX-License-Identifier: GPL-2.0
/// @file
/// The life of smadvd: keeps the policy of the files in force and logs what the module does.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/fwd.h>

#include "daemon/memory/memory.h"
#include "daemon/metrics/exporter.h"
#include "daemon/service/ports.h"

namespace smadv {

/// Applies the configuration at the start, on SIGHUP and whenever the module is loaded. At its end
/// the module goes on with the last policy.
class Service {
 public:
  Service(Ports ports, spdlog::logger& log)
      : ports_(std::move(ports)), log_(log), memory_(log, ports_.now_s) {}

  /// Until SIGTERM or SIGINT. Fails at once when the files are wrong, or the module refuses them.
  [[nodiscard]] ExitCode run();

 private:
  [[nodiscard]] Result<void> start();
  [[nodiscard]] Result<void> turn();

  [[nodiscard]] std::optional<Poller::Clock::time_point> deadline() const;
  void tell_alive();
  void on_signal();
  [[nodiscard]] Result<void> on_module_news();
  void on_events();

  void reload();
  void replace_configuration(Configuration configuration);
  void follow_metrics_settings();
  [[nodiscard]] Result<void> connect_and_apply();
  [[nodiscard]] Result<void> connect_or_wait();
  [[nodiscard]] Result<void> apply_to(KernelClient& client, const Configuration& configuration);
  void disconnect();
  void wait_for_module();
  void connect_or_retry();
  void retry_later();

  void log_event(const Event& event);
  void resynchronise(bool lost);
  [[nodiscard]] Result<void> look_for_deviation();
  void show_state();

  Ports ports_;
  spdlog::logger& log_;
  Configuration configuration_;
  std::unique_ptr<KernelClient> client_;
  std::unique_ptr<EventStream> events_;
  memory::Memory memory_;
  metrics::Exporter exporter_;
  std::unique_ptr<metrics::Server> metrics_server_;
  std::string metrics_at_;  ///< Where it listens.
  bool stopping_ = false;
  bool waiting_logged_ = false;
  std::string deviation_;  ///< How the policy in force differs from the files, as last logged.
  std::optional<Poller::Clock::time_point> retry_at_;
  std::chrono::seconds retry_after_{1};
  std::optional<std::chrono::microseconds> alive_every_;
  Poller::Clock::time_point alive_at_;
};

}  // namespace smadv
