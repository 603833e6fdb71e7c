// SPDX-License-Identifier: GPL-2.0
/// @file
/// Remembers how trials of hints went, and tells the module when the same program comes again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <spdlog/fwd.h>

#include "daemon/kernel_client.h"
#include "daemon/memory/settings.h"
#include "daemon/memory/store.h"
#include "daemon/model.h"

namespace smadv::memory {

/// Follows the events of the module. Trouble with the database is logged, once until it is over or
/// another one, and keeps nothing else from working.
class Memory {
 public:
  using Clock = std::function<std::int64_t()>;  ///< Seconds since 1970.

  Memory(spdlog::logger& log, Clock now_s) : log_(log), now_s_(std::move(now_s)) {}

  /// Keep lessons as @p settings say from now on.
  void follow(const Settings& settings);

  /// A process came under watch, or a trial of a hint had an outcome.
  void on_event(const Event& event, KernelClient& client);

  /// Tell the module of all processes that it watches already.
  void offer_to_all(KernelClient& client);

 private:
  void open();
  void offer(const std::string& exe, std::uint32_t pid, KernelClient& client);
  void learn(const Event& event, KernelClient& client);
  void complain(const Error& error);

  spdlog::logger& log_;
  Clock now_s_;
  Settings settings_{.file = "", .limits = {}};
  std::optional<Store> store_;
  std::string complaint_;  ///< As last logged.
};

}  // namespace smadv::memory
