// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/explanation.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "daemon/text.h"

namespace smadv::cli {
namespace {

std::uint64_t window_of(const Range& range) {
  return std::uint64_t{range.window_forward} + range.window_backward + range.window_strided +
         range.window_short + range.window_random;
}

// Rounded down, so that a share just below a threshold does not read as if it had reached it.
std::uint64_t percent_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : part * 100 / whole;
}

std::string capitals(Hint hint) {
  std::string name = name_of(hint);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  return name;
}

/// Faults of the window that speak for a hint, and what they were.
struct Share {
  std::uint64_t part;
  std::string what;
};

// The module counts steps of short runs for the pattern that they promise to become, else for
// RANDOM. It does not tell how many for which, so there is a narrow and a wide reading.
Share narrow_share(const Range& range, Hint hint) {
  if (hint == Hint::Random) {
    return {range.window_random, "were jumps"};
  }
  return {range.window_forward,
          range.streams > 1 ? fmt::format("continued one of {} forward streams", range.streams)
                            : "continued a forward stream"};
}

Share wide_share(const Range& range, Hint hint) {
  Share narrow = narrow_share(range, hint);
  if (range.window_short == 0) {
    return narrow;
  }
  return {
      narrow.part + range.window_short,
      narrow.what + (hint == Hint::Random ? " or steps of short runs" : ", or one that begins")};
}

std::uint32_t threshold_of(Hint hint, const Policy& policy) {
  return hint == Hint::Random ? policy.random_pct : policy.sequential_pct;
}

// "61 of the last 64 faults were jumps (95 %)"
std::string share_text(const Share& share, std::uint64_t window) {
  return fmt::format("{} of the last {} faults {} ({} %)", share.part, window, share.what,
                     percent_of(share.part, window));
}

std::string majority(const Range& range, const Policy& policy, Hint hint) {
  const std::uint64_t window = window_of(range);
  const std::uint32_t threshold = threshold_of(hint, policy);
  Share share = narrow_share(range, hint);
  if (percent_of(share.part, window) < threshold) {
    share = wide_share(range, hint);
  }
  const std::uint64_t percent = percent_of(share.part, window);
  // Below: the window has moved on since the verdict.
  const std::string_view relation = percent > threshold    ? "above the"
                                    : percent == threshold ? "which reaches the"
                                                           : "by now below the";
  return fmt::format("{}, {} threshold of {} %", share_text(share, window), relation, threshold);
}

std::string hysteresis(const Range& range, const Policy& policy) {
  const std::uint64_t window = window_of(range);
  const Hint hint = range.hint == Hint::None ? range.verdict : range.hint;
  const std::uint32_t threshold = threshold_of(hint, policy);
  Share share = wide_share(range, hint);
  if (percent_of(share.part, window) >= threshold) {
    share = narrow_share(range, hint);
  }
  return fmt::format(
      "{}, less than the {} % that call for it, but not less than the {} % below "
      "which it is taken back",
      share_text(share, window), threshold, threshold - std::min(threshold, policy.hysteresis_pct));
}

std::string no_majority(const Range& range, const Policy& policy) {
  const std::uint64_t window = window_of(range);
  std::string parts;
  for (const auto& [part, what] : std::initializer_list<std::pair<std::uint32_t, const char*>>{
           {range.window_forward, "continued forward streams"},
           {range.window_backward, "continued backward streams"},
           {range.window_strided, "were equal strides"},
           {range.window_short, "were steps of short runs"},
           {range.window_random, "were jumps"}}) {
    if (part != 0) {
      parts += fmt::format("{}{} {} ({} %)", parts.empty() ? "" : ", ", part, what,
                           percent_of(part, window));
    }
  }
  return fmt::format(
      "of the last {} faults {}, while {} % sequential or {} % random are called for", window,
      parts.empty() ? "none says anything" : parts, policy.sequential_pct, policy.random_pct);
}

std::string unhinted(const Range& range) {
  const std::uint64_t window = window_of(range);
  std::string what;
  switch (range.pattern) {
    case Pattern::Backward:
      what = share_text({range.window_backward, "continued a backward stream"}, window);
      break;
    case Pattern::Strided:
      what = share_text(
          {range.window_strided, fmt::format("were steps of {} pages", range.pattern_pages)},
          window);
      break;
    case Pattern::Runs:
      what = fmt::format("the last {} faults were {} jumps followed by runs of about {} pages",
                         window, range.window_random, range.pattern_pages);
      break;
    case Pattern::Random:
      return "the pattern is random, and the kernel reads single pages at misses anyway, or "
             "memory holds too few readahead windows to tell what reading around is worth";
    default:
      what = fmt::format("the pattern is {}", name_of(range.pattern));
      break;
  }
  return what + ", and no hint of this governor serves that";
}

std::string application(const Range& range) {
  return range.application_hint == Hint::None ? "the application has advised this range itself"
                                              : fmt::format("the application has advised {} itself",
                                                            capitals(range.application_hint));
}

// What the numbers say when the governor only observes.
std::string observed(const Range& range, const Policy& policy) {
  return range.verdict == Hint::None ? no_majority(range, policy)
                                     : majority(range, policy, range.verdict);
}

// Why a task ended, or a hint was taken back.
std::string outcome(Reason reason, std::uint32_t error, const Policy& policy) {
  switch (reason) {
    case Reason::Filtered:
      return "a filter rule excludes the process";
    case Reason::Superseded:
      return "a newer decision took the place of this one";
    case Reason::ProcessGone:
      return "the process exited or changed its program before the hint was applied";
    case Reason::MappingGone:
      return "the range is no longer mapped, or maps something else now";
    case Reason::RateLimit:
      return fmt::format("more hints were due than hints-per-second = {} allows",
                         policy.hints_per_second);
    case Reason::SplitLimit:
      return fmt::format("the hint would split more mappings than max-splits = {} allows",
                         policy.max_splits);
    case Reason::MemoryLimit:
      return fmt::format("the module's memory has reached max-memory-kb = {}",
                         policy.max_memory_kb);
    case Reason::KernelRefused:
      return error == 0 ? "the kernel refused the advice"
                        : fmt::format("the kernel refused the advice ({})",
                                      std::strerror(static_cast<int>(error)));
    case Reason::PolicyChanged:
      return "the governor or the policy changed";
    case Reason::Request:
      return "an administrator asked for it";
    case Reason::Unload:
      return "the module is leaving";
    case Reason::PatternChanged:
      return "the pattern no longer calls for the former hint";
    case Reason::LockContended:
      return "the process kept its address space locked too long";
    default:
      return fmt::format("the reason is {}", name_of(reason));
  }
}

// What the governor benefit found out.
std::string effect(const Range& range, const Policy& policy) {
  switch (range.reason) {
    case Reason::Trial:
      return "it may pay here, and is being measured";
    case Reason::Pays:
      return "measured, faults wait for less with it than without";
    case Reason::DoesNotPay:
      return range.application_hint == Hint::None
                 ? "a hint was tried and measured, and spared nothing or cost more than it spared"
                 : application(range) +
                       ", and MADV_NORMAL in its place was tried, measured and did not pay";
    case Reason::LittleAtStake:
      return "faults waited for too little so far to be worth a trial";
    case Reason::FitsMemory:
      return "random access to what fits in memory, which reading around fills sooner";
    case Reason::ApplicationHintCosts:
      return fmt::format("{}, which seems to have cost {} of the {} that its faults waited",
                         application(range), format_duration_ns(range.regret_ns),
                         format_duration_ns(range.waited_ns));
    case Reason::MemoryFilled:
      return "memory is full, and was not when the hint was tried, so that it is measured anew";
    case Reason::NoReuse:
      return "pages hardly come again, so that memory is of more use with what is read around them";
    case Reason::TriedBeside:
      return "another range of the file tries the hint, and this one may follow if it pays there";
    default:
      return outcome(range.reason, 0, policy);
  }
}

std::string few_faults(const Range& range, const Policy& policy) {
  const std::uint64_t window = window_of(range);
  return fmt::format("{} faults in the window so far, {} are needed to judge", window,
                     policy.min_faults);
}

std::string because(const Range& range, const Policy& policy) {
  switch (range.reason) {
    case Reason::None:
      return "nothing was decided yet";
    case Reason::FewFaults:
      return few_faults(range, policy);
    case Reason::NoMajority:
      return no_majority(range, policy);
    case Reason::SequentialMajority:
      return majority(range, policy, Hint::Sequential);
    case Reason::RandomMajority:
      return majority(range, policy, Hint::Random);
    case Reason::PatternUnhinted:
      return unhinted(range);
    case Reason::Idle:
      return fmt::format("no fault for {} or longer, so what was decided last stays",
                         format_duration_ns(std::uint64_t{policy.idle_ms} * 1'000'000));
    case Reason::WithinHysteresis:
      return hysteresis(range, policy);
    case Reason::Holding:
      return fmt::format("the last of {} changes is too young, the next one has to wait {}",
                         range.changes,
                         format_duration_ns(std::uint64_t{range.hold_ms} * 1'000'000));
    case Reason::ApplicationHint:
      return application(range) + ", which is honoured";
    case Reason::MemoryBacked:
      return "the file lives in memory, where readahead does not apply";
    case Reason::Observing:
      return observed(range, policy);
    default:
      return effect(range, policy);
  }
}

// What became of the attempt to apply the hint that is wanted.
std::string attempt(const Task* task, const Policy& policy) {
  if (task == nullptr) {
    return "not applied";
  }
  switch (task->state) {
    case TaskState::Queued:
      return "still queued";
    case TaskState::Refused:
      return fmt::format("was refused, for {}", outcome(task->reason, task->error, policy));
    case TaskState::Cancelled:
      return fmt::format("was cancelled, for {}", outcome(task->reason, task->error, policy));
    case TaskState::Applied:
      break;
  }
  return "not applied";
}

// NORMAL tells nothing by itself.
std::string in_place(const Range& range, Hint hint) {
  return hint == Hint::Normal ? fmt::format("NORMAL in place of the application's {}",
                                            capitals(range.application_hint))
                              : capitals(hint);
}

// What is done with the range now.
std::string state(const Range& range, const Policy& policy, const Task* task) {
  const std::string standing = in_place(range, range.hint);
  const std::string wanted = in_place(range, range.verdict);
  const bool observing = static_cast<Governor>(policy.governor) == Governor::Observe;
  if (range.hint == range.verdict) {
    return range.hint == Hint::None ? "No hint" : standing + " is applied";
  }
  if (range.hint == Hint::None) {
    return observing ? wanted + " is what the pattern asks for, but the governor only observes"
                     : fmt::format("{} is wanted, but {}", wanted, attempt(task, policy));
  }
  return range.verdict == Hint::None
             ? standing + " is applied, but no longer wanted"
             : fmt::format("{} is applied, but {} is wanted", standing, wanted);
}

}  // namespace

const Task* latest_attempt(const Range& range, const std::vector<Task>& tasks) {
  const Task* latest = nullptr;
  for (const Task& task : tasks) {
    const bool overlaps = task.start < range.end && task.end > range.start;
    if (task.pid == range.pid && overlaps && task.hint == range.verdict &&
        (latest == nullptr || task.id > latest->id)) {
      latest = &task;
    }
  }
  return latest;
}

std::string explanation(const Range& range, const Policy& policy, const Task* task) {
  return fmt::format("{}: {}.", state(range, policy, task), because(range, policy));
}

}  // namespace smadv::cli
