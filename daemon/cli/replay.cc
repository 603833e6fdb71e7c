// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/replay.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/config/configuration.h"
#include "daemon/recording/reader.h"
#include "daemon/replay/replay.h"
#include "daemon/report/usage.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

constexpr auto kRight = Column::Align::Right;

Policy applied(const Trial& trial, const Policy& recorded) {
  Policy policy = trial.base.value_or(recorded);
  for (const PolicyChange& change : trial.changes) {
    policy.*change.key->member = change.value;
  }
  return policy;
}

Result<replay::Outcome> outcome_of(Context& context, const std::string& file, const Trial& trial) {
  auto reader = recording::Reader::open(file, context.reading());
  if (!reader) {
    return reader.error();
  }
  auto outcome = replay::replay(
      *std::move(reader), [&trial](const Policy& recorded) { return applied(trial, recorded); });
  context.progress({});
  if (outcome) {
    if (const auto conflict = policy_conflict(outcome->policy)) {
      return Error{ExitCode::Usage, EINVAL, *conflict};
    }
  }
  return outcome;
}

// What differs from the module's defaults, the governor first.
std::string policy_text(const Policy& policy) {
  const std::string governor = name_of(static_cast<Governor>(policy.governor));
  std::string text = fmt::format("governor {}", governor);
  for (const PolicyKey& key : policy_keys()) {
    const std::uint32_t value = policy.*key.member;
    if (key.name != "governor" && value != key.fallback) {
      text += fmt::format(", {}={}", key.name, format_policy_value(key, value));
    }
  }
  return text;
}

std::uint64_t applied_in(const replay::ProcessReplay& process) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(process.decisions(), &replay::Decision::applied));
}

Json json_of(const replay::Decision& decision, std::uint64_t first_ms) {
  return std::move(Json::object()
                       .set("time-ms", Json(decision.time_ms - first_ms))
                       .set("kind", Json(decision.applied ? "applied" : "verdict"))
                       .set("start", Json(decision.start))
                       .set("end", Json(decision.end))
                       .set("hint", Json(name_of(decision.hint)))
                       .set("reason", Json(name_of(decision.reason)))
                       .set("pattern", Json(name_of(decision.pattern)))
                       .set("pattern-pages", Json(std::uint64_t{decision.pattern_pages}))
                       .set("confidence-pct", Json(std::uint64_t{decision.confidence_pct})));
}

Json json_of(const replay::Outcome& outcome) {
  Json processes = Json::array();
  for (const auto& [id, process] : outcome.processes) {
    Json ranges = Json::array();
    for (std::uint32_t i = 0; i < process.ranges().size(); ++i) {
      ranges.push(Json(process.range_of(process.ranges()[i])));
    }
    Json decisions = Json::array();
    for (const replay::Decision& decision : process.decisions()) {
      decisions.push(json_of(decision, outcome.first_ms));
    }
    processes.push(std::move(Json::object()
                                 .set("id", Json(id))
                                 .set("pid", Json(std::uint64_t{process.pid()}))
                                 .set("comm", Json(process.comm()))
                                 .set("faults", Json(process.faults()))
                                 .set("faults-lost", Json(process.lost()))
                                 .set("ranges", std::move(ranges))
                                 .set("decisions", std::move(decisions))));
  }
  return std::move(Json::object()
                       .set("policy", Json(outcome.policy))
                       .set("messages-lost", Json(outcome.loss.messages))
                       .set("processes", std::move(processes)));
}

Table decisions_of(const replay::Outcome& outcome) {
  Table table({{"TIME", kRight},
               {"PROCESS"},
               {"WHAT"},
               {"HINT"},
               {"RANGE"},
               {"SIZE", kRight},
               {"PATTERN"},
               {"CONF", kRight},
               {"REASON"}});
  for (const auto& [id, process] : outcome.processes) {
    for (const replay::Decision& decision : process.decisions()) {
      const std::uint64_t time_ms = decision.time_ms - outcome.first_ms;
      table.add({fmt::format("{}.{:03}", time_ms / 1000, time_ms % 1000),
                 fmt::format("{} ({})", printable(process.comm()), process.pid()),
                 decision.applied ? Cell("applied", Style::Good) : Cell("wanted"),
                 name_of(decision.hint), format_interval(decision.start, decision.end),
                 format_bytes(decision.end - decision.start),
                 pattern_text(decision.pattern, decision.pattern_pages),
                 format_percent(decision.confidence_pct), name_of(decision.reason)});
    }
  }
  return table;
}

Table ranges_of(const replay::Outcome& outcome) {
  Table table({{"PROCESS"},
               {"OFFSET", kRight},
               {"SIZE", kRight},
               {"PATTERN"},
               {"CONF", kRight},
               {"HINT"},
               {"WANTED"},
               {"REASON"},
               {"CHANGES", kRight},
               {"FAULTS", kRight},
               {"FILE"}});
  for (const report::UsedRange& used : report::ranges_of(outcome, {})) {
    const Range& range = used.range;
    table.add(
        {printable(used.process), format_bytes(used.offset), format_bytes(range.end - range.start),
         pattern_text(range.pattern, range.pattern_pages), format_percent(range.confidence_pct),
         name_of(range.hint), name_of(range.verdict), name_of(range.reason),
         fmt::format("{}", range.changes), fmt::format("{}", range.faults), printable(used.file)});
  }
  return table;
}

void print(Context& context, const replay::Outcome& outcome) {
  context.out() << "policy: " << policy_text(outcome.policy) << "\n\n";
  context.print(ranges_of(outcome));
  context.out() << '\n';
  context.print(decisions_of(outcome));
}

struct Sums {
  std::uint64_t decisions = 0;
  std::uint64_t applied = 0;
  std::string wanted;
};

// What stands for each process, and how often it changed.
Sums sums_of(const replay::Outcome& outcome, std::uint64_t id) {
  Sums sums;
  const auto found = outcome.processes.find(id);
  if (found == outcome.processes.end()) {
    return sums;  // GCOVR_EXCL_LINE: both replays have the processes of one recording
  }
  const replay::ProcessReplay& process = found->second;
  sums.applied = applied_in(process);
  sums.decisions = process.decisions().size() - sums.applied;
  std::map<std::string, std::uint64_t> wanted;
  for (std::uint32_t i = 0; i < process.ranges().size(); ++i) {
    const Range range = process.range_of(process.ranges()[i]);
    wanted[fmt::format("{} ({})", name_of(range.verdict), name_of(range.reason))] +=
        range.end - range.start;
  }
  for (const auto& [what, bytes] : wanted) {
    sums.wanted +=
        fmt::format("{}{} {}", sums.wanted.empty() ? "" : ", ", what, format_bytes(bytes));
  }
  return sums;
}

// Side by side.
void compare(Context& context, const replay::Outcome& one, const replay::Outcome& other) {
  context.out() << "A: " << policy_text(one.policy) << "\nB: " << policy_text(other.policy)
                << "\n\n";
  Table table(
      {{"PROCESS"}, {""}, {"VERDICTS", kRight}, {"APPLIED", kRight}, {"WANTED AT THE END"}});
  for (const auto& [id, process] : one.processes) {
    const std::string name = fmt::format("{} ({})", printable(process.comm()), process.pid());
    for (const auto* outcome : {&one, &other}) {
      const Sums sums = sums_of(*outcome, id);
      table.add({outcome == &one ? name : "", outcome == &one ? "A" : "B",
                 fmt::format("{}", sums.decisions), fmt::format("{}", sums.applied), sums.wanted});
    }
  }
  context.print(table);
}

void note_doubts(Context& context, const replay::Outcome& outcome) {
  std::uint64_t lost = outcome.loss.faults;
  for (const auto& [id, process] : outcome.processes) {
    lost += process.lost();
  }
  if (lost + outcome.loss.messages > 0) {
    context.note(
        fmt::format("{} faults were lost while it was recorded: the module may have "
                    "decided otherwise",
                    lost));
  }
  if (outcome.cut_off) {
    context.note("the recording is read as far as it goes: " + *outcome.cut_off);
  }
}

}  // namespace

Result<void> replay_recording(Context& context, const ReplayRequest& request) {
  const auto outcome = outcome_of(context, request.file, request.trial);
  if (!outcome) {
    return outcome.error();
  }
  if (!request.versus) {
    if (context.json()) {
      context.print(json_of(*outcome));
    } else {
      print(context, *outcome);
    }
  } else {
    const auto other = outcome_of(context, request.file, *request.versus);
    if (!other) {
      return other.error();
    }
    if (context.json()) {
      context.print(json_of(*outcome).set("versus", json_of(*other)));
    } else {
      compare(context, *outcome, *other);
    }
  }
  note_doubts(context, *outcome);
  return {};
}

namespace {

// The policy of a file with changes by words.
Result<Trial> trial_of(const std::optional<std::string>& file,
                       const std::optional<std::string>& governor, std::vector<std::string> words) {
  Trial trial;
  if (file) {
    const auto configuration = load_configuration(*file);
    if (!configuration) {
      return configuration.error();
    }
    trial.base = configuration->policy;
  }
  if (governor) {
    words.push_back("governor=" + *governor);
  }
  auto changes = policy_changes(words);
  if (!changes) {
    return changes.error();
  }
  trial.changes = *std::move(changes);
  return trial;
}

}  // namespace

void declare_replay(const Command& smadv) {
  const Command command = smadv.add(
      "replay", "Tell what the module would have decided on a recording, under any policy",
      "  smadv replay db.rec\n"
      "  smadv replay db.rec --governor pattern --set random-pct=80\n"
      "  smadv replay db.rec --governor pattern --versus governor=benefit\n"
      "Without options under the policy that was in force. Hints are carried out at once, and\n"
      "faults stay as they were recorded: what a hint would have won is not known. "
      "docs/recording.md\n"
      "says more.\n");
  const auto file = command.text(
      {.names = "FILE", .does = "Recording", .required = true, .completer = complete_files});
  const auto governor =
      command.text({.names = "--governor", .does = "observe, pattern or benefit", .value = "NAME"});
  const auto policy = command.text({.names = "--policy",
                                    .does = "Policy file instead of the recorded policy",
                                    .value = "TOML",
                                    .completer = complete_files});
  const auto changes = command.texts({.names = "--set",
                                      .does = "Keys of the policy to be changed",
                                      .value = "KEY=VALUE",
                                      .completer = complete_change});
  const auto versus = command.texts({.names = "--versus",
                                     .does = "Compare with the recorded policy with these changes",
                                     .value = "KEY=VALUE",
                                     .completer = complete_change});
  command.runs([=](Context& context) -> Result<void> {
    const auto trial = trial_of(policy.get(), governor.get(), changes.value_or({}));
    const auto other = trial_of({}, {}, versus.value_or({}));
    if (!trial || !other) {
      return trial ? other.error() : trial.error();
    }
    return replay_recording(context,
                            {*file, *trial, versus ? std::optional(*other) : std::nullopt});
  });
}

}  // namespace smadv::cli
