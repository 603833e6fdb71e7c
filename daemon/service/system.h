// SPDX-License-Identifier: GPL-2.0
/// @file
/// The real world around the service: poll(), signals, systemd, the log.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <spdlog/fwd.h>

#include "daemon/service/ports.h"
#include "daemon/signals.h"

namespace smadv {

/// poll(2) and the steady clock.
class SystemPoller final : public Poller {
 public:
  [[nodiscard]] Clock::time_point now() const override { return Clock::now(); }
  [[nodiscard]] Result<std::vector<int>> wait(std::span<const int> fds,
                                              std::optional<Clock::time_point> deadline) override;
};

/// Signals by signalfd.
class SystemSignals final : public SignalSource {
 public:
  explicit SystemSignals(SignalFd signals) : signals_(std::move(signals)) {}

  [[nodiscard]] int fd() const override { return signals_.fd(); }
  [[nodiscard]] std::optional<int> next() override { return signals_.read(); }

 private:
  SignalFd signals_;
};

/// sd_notify(3). Does nothing when no service manager listens.
class SystemdNotifier final : public Notifier {
 public:
  void ready() override;
  void reloading() override;
  void stopping() override;
  void status(const std::string& text) override;
  [[nodiscard]] std::optional<std::chrono::microseconds> watch_interval() override;
  void alive() override;
};

/// A logger, and how to make it write what found no room (Ports::flush_log).
struct Log {
  std::shared_ptr<spdlog::logger> logger;
  std::function<bool()> flush;
};

/// To the journal with priorities when standard error leads there, else to standard error.
/// @param level name of an spdlog level
[[nodiscard]] Log make_log(const std::string& level);

}  // namespace smadv
