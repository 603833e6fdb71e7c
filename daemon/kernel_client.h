// SPDX-License-Identifier: GPL-2.0
/// @file
/// All that the programs may ask of the kernel module, without a word of how.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "daemon/model.h"
#include "daemon/policy.h"
#include "daemon/result.h"

namespace smadv {

/// What arrived on an event stream since the last look.
struct EventBatch {
  std::vector<Event> events;
  /// How many were dropped after these, because nobody read them in time.
  std::uint64_t lost = 0;
};

/// The module's events from the moment of subscription on.
class EventStream {
 public:
  virtual ~EventStream() = default;

  /// Readable (poll) when read() has something to tell.
  [[nodiscard]] virtual int fd() const = 0;

  /// Everything that has arrived. Does not wait.
  [[nodiscard]] virtual Result<EventBatch> read() = 0;
};

/// What arrived on a recording stream since the last look.
struct RecordingBatch {
  std::vector<std::variant<RecordingNote, Event>> items;
  /// How many messages were dropped after these, because nobody read them in time.
  std::uint64_t lost = 0;
};

/// All that the analyzer works with, and the module's events among it, from the moment of
/// subscription on.
class RecordingStream {
 public:
  virtual ~RecordingStream() = default;

  /// Readable (poll) when read() has something to tell.
  [[nodiscard]] virtual int fd() const = 0;

  /// Everything that has arrived. Does not wait.
  [[nodiscard]] virtual Result<RecordingBatch> read() = 0;
};

/// One loaded kernel module. After the module was unloaded each call fails with
/// ExitCode::ModuleAbsent, also when it was loaded again since: connect anew.
class KernelClient {
 public:
  virtual ~KernelClient() = default;

  [[nodiscard]] virtual Result<Info> info() = 0;
  [[nodiscard]] virtual Result<Policy> policy() = 0;
  /// All of the changes or none.
  [[nodiscard]] virtual Result<void> set_policy(std::span<const PolicyChange> changes) = 0;
  [[nodiscard]] virtual Result<Stats> stats() = 0;

  /// All tracked processes in order of adoption.
  [[nodiscard]] virtual Result<Listing<Process>> processes() = 0;
  /// ExitCode::NotFound when the process is not tracked.
  [[nodiscard]] virtual Result<Process> process(std::uint32_t pid) = 0;
  /// Ranges of one process or of all, in order of address.
  [[nodiscard]] virtual Result<Listing<Range>> ranges(std::optional<std::uint32_t> pid) = 0;
  /// Tasks of one process or of all, in order of filing.
  [[nodiscard]] virtual Result<Listing<Task>> tasks(std::optional<std::uint32_t> pid) = 0;

  /// Restore a process and drop all that is known of it.
  [[nodiscard]] virtual Result<RestoreOutcome> forget(std::uint32_t pid) = 0;
  /// Restore every hint of one process or of all.
  [[nodiscard]] virtual Result<RestoreOutcome> restore(std::optional<std::uint32_t> pid) = 0;

  /// Say what is known of a hint on a file of a process.
  [[nodiscard]] virtual Result<void> set_prior(const Prior& prior) = 0;

  [[nodiscard]] virtual Result<Listing<Filter>> filters() = 0;
  /// The number of the new rule.
  [[nodiscard]] virtual Result<std::uint32_t> add_filter(const FilterRule& rule) = 0;
  /// Remove one rule, or every rule.
  [[nodiscard]] virtual Result<void> delete_filter(std::optional<std::uint32_t> id) = 0;

  /// Subscribe to the events.
  [[nodiscard]] virtual Result<std::unique_ptr<EventStream>> events() = 0;

  /// Subscribe to all that the analyzer works with, and the events among it.
  [[nodiscard]] virtual Result<std::unique_ptr<RecordingStream>> recording() = 0;
};

/// Refuses a module that speaks another version of the interface than this program.
[[nodiscard]] Result<void> check_abi(const Info& info);

}  // namespace smadv
