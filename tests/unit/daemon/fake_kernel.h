// SPDX-License-Identifier: GPL-2.0
/// @file
/// A kernel module that is not there: state that clients show and change, and trouble on demand.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/kernel_client.h"
#include "daemon/unique_fd.h"

namespace smadv::test {

/// What the pretended module holds. Outlives its clients.
struct FakeKernel {
  FakeKernel();

  bool loaded = true;
  Info info;
  Policy policy;
  Stats stats;
  std::vector<Process> processes;
  std::vector<Range> ranges;
  std::vector<Task> tasks;
  std::vector<Filter> filters;
  std::uint32_t next_filter = 1;
  RestoreOutcome outcome{3, 1};
  bool torn = false;

  /// The call of this name (as in KernelClient) fails with this error; "name 2" only the second
  /// one of a client.
  std::map<std::string, Error> failures;
  /// Changes made, in order: "policy governor=pattern", "add exclude comm x", "delete 1", ...
  std::vector<std::string> journal;

  /// What a read of the event stream gives, one entry each; nothing once they are used up.
  std::deque<Result<EventBatch>> events;
  /// Readable, as long as somebody holds it, when the stream has something to tell.
  UniqueFd event_fd;
  int streams = 0;
  /// What a read of the recording stream gives, likewise.
  std::deque<Result<RecordingBatch>> recorded;

  /// Called after each change of the filter rules.
  std::function<void()> on_filters = [] {};

  /// Queue what the next read gives.
  void send(EventBatch batch);
  void send(RecordingBatch batch);
  void send(Error error);

  [[nodiscard]] Result<std::unique_ptr<KernelClient>> connect();

  /// A process of 6529 faults with one range that is hinted RANDOM.
  void add_fio();
};

/// A range as the module shows it for 61 jumps of 64 faults, hinted RANDOM.
[[nodiscard]] Range random_range();

/// Something happened to a hint of a process of this command.
[[nodiscard]] Event hint_event(EventKind kind, const std::string& comm, Reason reason,
                               Hint hint = Hint::None);

/// Error that the kernel's refusal with this errno becomes.
[[nodiscard]] Error refusal(ExitCode exit, int code, const std::string& message);

}  // namespace smadv::test
