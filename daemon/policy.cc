// SPDX-License-Identifier: GPL-2.0
#include "daemon/policy.h"

#include <linux/smart_madvise.h>

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "daemon/suggest.h"

namespace smadv {
namespace {

// Ranges and defaults are those of the module (kmod/core/policy.c), which checks every value again.
constexpr auto kPolicyKeys = std::to_array<PolicyKey>({
    {SMART_MADVISE_A_POLICY_ENABLED, "enabled", &Policy::enabled, 0, 1, 1, "",
     "1 watches page faults, 0 removes the hook, restores every hint and forgets every process.",
     PolicyKey::Form::Switch},
    {SMART_MADVISE_A_POLICY_GOVERNOR, "governor", &Policy::governor, 0, 2, 2, "",
     "Who decides about hints. A change to observe restores every hint.", PolicyKey::Form::Choice,
     kNames<Governor>},
    {SMART_MADVISE_A_POLICY_SEQUENTIAL_PCT, "sequential-pct", &Policy::sequential_pct, 50, 100, 70,
     "%",
     "Share of long forward steps among the faults of a window, in percent, from which a range is "
     "sequential."},
    {SMART_MADVISE_A_POLICY_RANDOM_PCT, "random-pct", &Policy::random_pct, 50, 100, 70, "%",
     "Share of jumps among the faults of a window, in percent, from which a range is random."},
    {SMART_MADVISE_A_POLICY_HYSTERESIS_PCT, "hysteresis-pct", &Policy::hysteresis_pct, 0, 40, 20,
     "percent points",
     "How far in percent points the share must fall below its threshold before the pattern is "
     "left."},
    {SMART_MADVISE_A_POLICY_MIN_FAULTS, "min-faults", &Policy::min_faults, 8, 1024, 32, "faults",
     "Faults of one range before its pattern is judged, at most window-faults."},
    {SMART_MADVISE_A_POLICY_WINDOW_FAULTS, "window-faults", &Policy::window_faults, 16, 1024, 64,
     "faults",
     "Faults after which the counters of a range are halved, the memory of the evidence."},
    {SMART_MADVISE_A_POLICY_HOLD_MS, "hold-ms", &Policy::hold_ms, 0, 60000, 100, "ms",
     "Least time in ms between two hint changes of one range, doubled while changes follow each "
     "other closely."},
    {SMART_MADVISE_A_POLICY_IDLE_MS, "idle-ms", &Policy::idle_ms, 100, 3600000, 10000, "ms",
     "Time in ms without a fault after which a range is idle."},
    {SMART_MADVISE_A_POLICY_MIN_MAPPING_KB, "min-mapping-kb", &Policy::min_mapping_kb, 64,
     1073741824, 1024, "KiB", "Smallest mapping in KiB that is watched."},
    {SMART_MADVISE_A_POLICY_MAX_PROCESSES, "max-processes", &Policy::max_processes, 1, 65536, 1024,
     "processes", "Most processes tracked at a time."},
    {SMART_MADVISE_A_POLICY_MAX_RANGES, "max-ranges", &Policy::max_ranges, 1, 256, 32, "ranges",
     "Most ranges per process."},
    {SMART_MADVISE_A_POLICY_MAX_SPLITS, "max-splits", &Policy::max_splits, 0, 1024, 16, "mappings",
     "Most additional mappings made by hints per process. 0 hints whole mappings only."},
    {SMART_MADVISE_A_POLICY_MAX_MEMORY_KB, "max-memory-kb", &Policy::max_memory_kb, 64, 1048576,
     16384, "KiB", "Most memory in KiB that records, ranges, journals and tasks may take."},
    {SMART_MADVISE_A_POLICY_HINTS_PER_SECOND, "hints-per-second", &Policy::hints_per_second, 1,
     100000, 100, "hints per second",
     "Most hints applied per second, restores not counted. Bursts up to one second's worth."},
    {SMART_MADVISE_A_POLICY_ANALYZER_CPU_BP, "analyzer-cpu-bp", &Policy::analyzer_cpu_bp, 1, 10000,
     50, "of 10,000",
     "CPU time that the analyzer may take in 1/10,000 of one CPU, before it looks at a sample only "
     "of the faults of processes about which nothing is new. Bursts up to one second's worth. What "
     "is new, and hints on trial, never wait for it."},
    {SMART_MADVISE_A_POLICY_APPLICATION_HINTS, "application-hints", &Policy::application_hints, 0,
     2, 0, "",
     "What governor benefit does about hints of the application. A change away from override "
     "restores every hint.",
     PolicyKey::Form::Choice, kNames<ApplicationHints>},
});

constexpr auto kSwitchNames = std::to_array<std::string_view>({"off", "on"});

std::span<const std::string_view> names_of(const PolicyKey& key) {
  return key.form == PolicyKey::Form::Switch ? kSwitchNames : key.choices;
}

Error out_of_range(const PolicyKey& key, std::string_view written) {
  return {
      ExitCode::Usage, 0,
      fmt::format("{} = {} is out of range, allowed: {}", key.name, written, allowed_values(key))};
}

}  // namespace

std::span<const PolicyKey> policy_keys() {
  return kPolicyKeys;
}

const PolicyKey* find_policy_key(std::string_view name) {
  for (const PolicyKey& key : kPolicyKeys) {
    if (key.name == name) {
      return &key;
    }
  }
  return nullptr;
}

Policy default_policy() {
  Policy policy;
  for (const PolicyKey& key : kPolicyKeys) {
    policy.*key.member = key.fallback;
  }
  return policy;
}

PolicyChanges whole_policy(const Policy& policy) {
  PolicyChanges changes;
  changes.reserve(kPolicyKeys.size());
  for (const PolicyKey& key : kPolicyKeys) {
    changes.push_back({&key, policy.*key.member});
  }
  return changes;
}

PolicyChanges policy_difference(const Policy& from, const Policy& to) {
  PolicyChanges changes;
  for (const PolicyKey& key : kPolicyKeys) {
    if (from.*key.member != to.*key.member) {
      changes.push_back({&key, to.*key.member});
    }
  }
  return changes;
}

std::string allowed_values(const PolicyKey& key) {
  const auto names = names_of(key);
  if (names.empty()) {
    return key.unit.empty() ? fmt::format("{}..{}", key.min, key.max)
                            : fmt::format("{}..{} {}", key.min, key.max, key.unit);
  }
  if (key.form == PolicyKey::Form::Switch) {
    return "on or off";
  }
  return fmt::format("{} or {}", fmt::join(names.first(names.size() - 1), ", "), names.back());
}

std::string format_policy_value(const PolicyKey& key, std::uint32_t value) {
  const auto names = names_of(key);
  return value < names.size() ? std::string(names[value]) : fmt::format("{}", value);
}

Result<std::uint32_t> check_policy_value(const PolicyKey& key, std::int64_t value) {
  if (value < key.min || value > key.max) {
    return out_of_range(key, fmt::format("{}", value));
  }
  return static_cast<std::uint32_t>(value);
}

Result<std::uint32_t> parse_policy_value(const PolicyKey& key, std::string_view text) {
  if (const auto index = index_of(names_of(key), text)) {
    return *index;
  }
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc::result_out_of_range) {
    return out_of_range(key, text);
  }
  if (code != std::errc{} || end != text.data() + text.size()) {
    return Error{
        ExitCode::Usage, 0,
        fmt::format("'{}' is no value for {}, allowed: {}", text, key.name, allowed_values(key))};
  }
  return check_policy_value(key, value);
}

std::optional<std::string> policy_conflict(const Policy& policy) {
  if (policy.min_faults > policy.window_faults) {
    return fmt::format("min-faults = {} exceeds window-faults = {}, so no range would be judged",
                       policy.min_faults, policy.window_faults);
  }
  return std::nullopt;
}

std::string unknown_policy_key(std::string_view name) {
  std::vector<std::string_view> names;
  names.reserve(kPolicyKeys.size());
  for (const PolicyKey& key : kPolicyKeys) {
    names.push_back(key.name);
  }
  return fmt::format("unknown key '{}'{}", name, did_you_mean(name, names));
}

}  // namespace smadv
