// SPDX-License-Identifier: GPL-2.0
/// @file
/// What the service needs of the world. Tests put their own in its place.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/config/configuration.h"
#include "daemon/kernel_client.h"
#include "daemon/metrics/server.h"
#include "daemon/module_watch.h"
#include "daemon/result.h"

namespace smadv {

/// Tells the service manager how the service fares.
class Notifier {
 public:
  virtual ~Notifier() = default;

  /// Started, or reloaded.
  virtual void ready() = 0;
  virtual void reloading() = 0;
  virtual void stopping() = 0;
  /// One line for `systemctl status`.
  virtual void status(const std::string& text) = 0;
  /// How often it wants to hear alive(), if it watches over the service.
  [[nodiscard]] virtual std::optional<std::chrono::microseconds> watch_interval() = 0;
  /// The service's loop turns.
  virtual void alive() = 0;
};

/// Waits for files, signals and time.
class Poller {
 public:
  using Clock = std::chrono::steady_clock;

  virtual ~Poller() = default;

  [[nodiscard]] virtual Clock::time_point now() const = 0;

  /// Wait until one of @p fds is readable, or until @p deadline. Gives the readable ones.
  [[nodiscard]] virtual Result<std::vector<int>> wait(
      std::span<const int> fds, std::optional<Clock::time_point> deadline) = 0;
};

/// Signals to the service.
class SignalSource {
 public:
  virtual ~SignalSource() = default;

  /// Readable when next() has something to tell.
  [[nodiscard]] virtual int fd() const = 0;
  /// The next signal that came, if any. Does not wait.
  [[nodiscard]] virtual std::optional<int> next() = 0;
};

/// The world around the service.
struct Ports {
  std::function<Result<std::unique_ptr<KernelClient>>()> connect;
  std::function<Result<Configuration>()> load;
  std::function<Result<std::unique_ptr<metrics::Server>>(const std::string& where,
                                                         metrics::Server::Page page)>
      serve_metrics;
  std::function<std::int64_t()> now_s;  ///< Seconds since 1970.
  ModuleWatch& watch;
  SignalSource& signals;
  Poller& poller;
  Notifier& notifier;
  /// Writes what the log had to keep back. False while there is no room for it.
  std::function<bool()> flush_log;
};

}  // namespace smadv
