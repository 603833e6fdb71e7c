// SPDX-License-Identifier: GPL-2.0
#include "daemon/replay/replay.h"

#include <utility>
#include <variant>

#include "daemon/policy.h"

namespace smadv::replay {
namespace {

class Player {
 public:
  Player(Outcome& outcome, const PolicyChoice& choice) : outcome_(outcome), choice_(choice) {
    set(default_policy());
  }

  void operator()(const Policy& policy) { set(policy); }
  void operator()(const Event& /*event*/) {}
  void operator()(const recording::End& end) { outcome_.end = end; }

  void operator()(const recording::Loss& loss) {
    outcome_.loss.messages += loss.messages;
    outcome_.loss.faults += loss.faults;
  }

  void operator()(const RecordingNote& note) {
    if (outcome_.first_ms == 0) {
      outcome_.first_ms = note.time_ms;
      smadv_budget_init(&outcome_.shared->budget, outcome_.policy.hints_per_second, note.time_ms);
    }
    outcome_.last_ms = note.time_ms;
    outcome_.processes.try_emplace(note.id, *outcome_.shared).first->second.take(note);
  }

 private:
  void set(const Policy& recorded) {
    outcome_.policy = choice_(recorded);
    outcome_.shared->policy = policy_of(outcome_.policy);
  }

  Outcome& outcome_;
  const PolicyChoice& choice_;
};

}  // namespace

Usage Outcome::usage(const std::string& only) const {
  Usage usage;
  for (const auto& [id, process] : processes) {
    for (const auto& [file, shares] : process.shares()) {
      const std::string& path = process.path_of(file);
      if (path.find(only) == std::string::npos) {
        continue;
      }
      Shares& sum = usage[path];
      for (std::size_t kind = 0; kind < shares.size(); ++kind) {
        sum[kind].faults += shares[kind].faults;
        sum[kind].waits += shares[kind].waits;
        sum[kind].waited_ns += shares[kind].waited_ns;
      }
    }
  }
  return usage;
}

Result<Outcome> replay(recording::Reader reader, const PolicyChoice& choice) {
  Outcome outcome;
  const auto header = recording::parse_header(reader.header());
  if (!header) {
    return header.error();
  }
  outcome.header = *header;
  outcome.shared = std::make_unique<Shared>();
  outcome.shared->page_bytes = header->page_bytes;
  Player player(outcome, choice);
  while (const auto entry = reader.next()) {
    std::visit(player, *entry);
  }
  outcome.cut_off = reader.cut_off();
  return outcome;
}

}  // namespace smadv::replay
