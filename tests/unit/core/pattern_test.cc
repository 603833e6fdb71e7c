// SPDX-License-Identifier: GPL-2.0
// Every access pattern of the economics table as a fault stream: is it named, and how soon?
#include <algorithm>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core.h"
#include "synthesis.h"

namespace smadv::test::pattern {
namespace {

constexpr std::uint64_t kBase = 0x7f1234500;  // page number of 0x7f1234500000
constexpr std::uint64_t kPages = 65536;       // 256 MiB

constexpr std::uint32_t kSequential = 1U << SMART_MADVISE_PATTERN_SEQUENTIAL;
constexpr std::uint32_t kBackward = 1U << SMART_MADVISE_PATTERN_BACKWARD;
constexpr std::uint32_t kStrided = 1U << SMART_MADVISE_PATTERN_STRIDED;
constexpr std::uint32_t kRuns = 1U << SMART_MADVISE_PATTERN_RUNS;
constexpr std::uint32_t kRandom = 1U << SMART_MADVISE_PATTERN_RANDOM;
constexpr std::uint32_t kUnknown = 1U << SMART_MADVISE_PATTERN_UNKNOWN;
constexpr std::uint32_t kAny = ~0U;

constexpr MappingOptions kCached{};
constexpr MappingOptions kSinglePages{.fault_around = false};
constexpr MappingOptions kWritten{.writes = true};
constexpr MappingOptions kTight{.read_ahead = ReadAhead::kAround, .memory = 8192};
constexpr MappingOptions kHinted{
    .read_ahead = ReadAhead::kSingle, .retry = Retry::kTried, .memory = 8192};

struct Case {
  std::string name;
  std::function<Touches(std::uint64_t pages, std::uint32_t seed)> touches;
  MappingOptions options = kCached;
  std::uint32_t kinds = kAny;   ///< what it may be called, from then on
  std::uint64_t by_fault = 48;  ///< at the latest
  std::uint32_t never = 0;      ///< what it must not be called even before
  std::uint32_t pages_min = 0;  ///< of the pattern, where it is strided or runs
  std::uint32_t pages_max = 0;
  std::uint64_t pages = kPages;
  std::uint64_t base = kBase;
  std::uint64_t faults = 600;
  std::uint32_t seeds = 1;
};

std::string kinds_named(std::uint32_t kinds) {
  std::string names;
  for (std::uint32_t kind = 0; kind <= SMART_MADVISE_PATTERN_RANDOM; ++kind) {
    if ((kinds >> kind & 1U) != 0) {
      names += (names.empty() ? "" : " or ") + kind_name(kind);
    }
  }
  return names;
}

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.name;
}

class Detection : public testing::TestWithParam<Case> {
 protected:
  /// One pass over the case, judged after every so many faults.
  void watch(std::uint32_t seed, std::uint32_t judge_every) {
    const Case& c = GetParam();
    Subject subject(c.base, c.pages);
    subject.judge_every = judge_every;
    latency_ = 0;
    run_pages_.clear();
    Mapping mapping(c.base, c.pages, c.options, [&](std::uint64_t page, std::uint32_t flags) {
      subject.fault(page, flags);
      if (subject.faults() % judge_every == 0) {
        check(subject);
      }
    });
    const Touches touches = c.touches(c.pages, seed);
    while (subject.faults() < c.faults && !HasFailure()) {
      drive(subject, mapping, touches, 1, c.base);
    }
    if (!HasFailure()) {
      ASSERT_GE(subject.faults(), c.by_fault);
      check_run_pages();
    }
  }

  [[nodiscard]] std::uint64_t latency() const { return latency_; }

 private:
  void check(Subject& subject) {
    const Case& c = GetParam();
    const std::uint32_t bit = 1U << subject.kind();
    EXPECT_EQ(bit & c.never, 0U) << kind_name(subject.kind()) << " at fault " << subject.faults();
    if (latency_ == 0 && (bit & c.kinds) != 0 && bit != kUnknown) {
      latency_ = subject.faults();
    }
    // Judged every 16 faults, the 48th fault's judgement may come at the 64th.
    if (subject.faults() <
        (c.by_fault + subject.judge_every - 1) / subject.judge_every * subject.judge_every) {
      return;
    }
    EXPECT_NE(bit & c.kinds, 0U) << kind_name(subject.kind()) << " instead of "
                                 << kinds_named(c.kinds) << " at fault " << subject.faults();
    if (bit == kStrided) {
      EXPECT_GE(subject.range().pattern.pages, c.pages_min) << "at fault " << subject.faults();
      EXPECT_LE(subject.range().pattern.pages, c.pages_max) << "at fault " << subject.faults();
    } else if (bit == kRuns) {
      run_pages_.push_back(subject.range().pattern.pages);
    }
  }

  /// A window holds a few runs only: single estimates vary, their median must not.
  void check_run_pages() {
    const Case& c = GetParam();
    if (c.pages_min == 0 || run_pages_.empty()) {
      return;
    }
    std::ranges::sort(run_pages_);
    EXPECT_GE(run_pages_.at(run_pages_.size() / 2), c.pages_min);
    EXPECT_LE(run_pages_.at(run_pages_.size() / 2), c.pages_max);
    EXPECT_GE(run_pages_.at(run_pages_.size() / 10), c.pages_min / 2);
    EXPECT_LE(run_pages_.at(run_pages_.size() * 9 / 10), c.pages_max * 2);
  }

  std::uint64_t latency_ = 0;
  std::vector<std::uint32_t> run_pages_;
};

TEST_P(Detection, NamesThePatternInTimeAndKeepsTheName) {
  for (std::uint32_t seed = 1; seed <= GetParam().seeds; ++seed) {
    for (const std::uint32_t judge_every : {16U, 1U}) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", judged every " +
                   std::to_string(judge_every));
      watch(seed, judge_every);
      if (HasFailure()) {
        return;
      }
    }
  }
  RecordProperty("latency_faults", static_cast<int>(latency()));
}

Case sequential_case(const std::string& name, MappingOptions options, std::uint64_t from = 0) {
  return {.name = "Sequential" + name,
          .touches = [from](std::uint64_t pages, std::uint32_t) { return sequential(pages, from); },
          .options = options,
          .kinds = kSequential,
          .never = kAny & ~(kSequential | kUnknown)};
}

Case backward_case(const std::string& name, MappingOptions options) {
  return {.name = "Backward" + name,
          .touches = [](std::uint64_t pages, std::uint32_t) { return backward(pages); },
          .options = options,
          .kinds = kBackward,
          .never = kAny & ~(kBackward | kUnknown)};
}

std::vector<Case> sequential_cases() {
  std::vector<Case> cases{
      sequential_case("Cached", kCached),
      sequential_case("CachedFromTheMiddleOfAWindow", kCached, 1005),
      sequential_case("SinglePages", kSinglePages),
      sequential_case("Written", kWritten),
      sequential_case("ReadAround", {.read_ahead = ReadAhead::kAround}),
      sequential_case("ReadForward", {.read_ahead = ReadAhead::kForward}),
      sequential_case("UnderRandomHint", {.read_ahead = ReadAhead::kSingle}),
      sequential_case("UnderRandomHintTried",
                      {.read_ahead = ReadAhead::kSingle, .retry = Retry::kTried}),
      sequential_case("RetriedTried", {.read_ahead = ReadAhead::kAround, .retry = Retry::kTried}),
      sequential_case("RetriedPlain", {.read_ahead = ReadAhead::kAround, .retry = Retry::kPlain}),
      sequential_case("RetriedBoth", {.read_ahead = ReadAhead::kForward, .retry = Retry::kBoth}),
      sequential_case("Folios32", {.folio_max = 32}),
      sequential_case("Folios128", {.folio_max = 128}),
      sequential_case("Folios512", {.folio_max = 512}),
      backward_case("Cached", kCached),
      backward_case("SinglePages", kSinglePages),
      backward_case("Written", kWritten),
      backward_case("UnderSequentialHint",
                    {.read_ahead = ReadAhead::kForward, .retry = Retry::kTried}),
  };
  for (Case& c : cases) {
    // A retry is an entry of its own: the bound is on faults.
    if (c.options.retry != Retry::kNone) {
      c.by_fault *= c.options.retry == Retry::kBoth ? 3 : 2;
    }
    if (c.options.folio_max > 1) {
      c.pages = 1 << 20;
    }
  }
  return cases;
}

std::vector<Case> random_cases() {
  std::vector<Case> cases;
  const auto add = [&](const std::string& name, auto touches, MappingOptions options,
                       std::uint64_t faults = 600) {
    cases.push_back({.name = "Random" + name,
                     .touches = touches,
                     .options = options,
                     .kinds = kRandom,
                     .by_fault = 33,
                     .never = kAny & ~(kRandom | kUnknown),
                     .faults = faults,
                     .seeds = 2});
  };
  const auto uniform = [](std::uint64_t pages, std::uint32_t seed) {
    return random_pages(pages, seed);
  };
  const auto once = [](std::uint64_t pages, std::uint32_t seed) {
    return permutation(pages, seed);
  };
  const auto hot = [](std::uint64_t pages, std::uint32_t seed) {
    return hot_set(pages, 90, 10, seed);
  };
  const auto skewed = [](std::uint64_t pages, std::uint32_t seed) {
    return zipf(pages, 0.8, seed);
  };
  add("Cached5Percent", uniform, kCached, kPages * 5 / 100 / 2);
  add("SinglePages5Percent", uniform, kSinglePages, kPages * 5 / 100);
  add("Cold5Percent", uniform, {.read_ahead = ReadAhead::kAround}, kPages * 5 / 100 / 2);
  add("Tight30Percent", uniform, kTight, 4000);
  add("SinglePages30Percent", uniform, kSinglePages, kPages * 30 / 100);
  add("OnceEachSinglePages", once, kSinglePages, kPages / 4);
  add("OnceEachTight", once, kTight, 4000);
  add("Zipf", skewed, kTight, 5000);
  add("ZipfSinglePages", skewed, kSinglePages, 5000);
  add("HotSet", hot, kTight, 5000);
  add("HotSetSinglePages", hot, kSinglePages, 4000);
  add("Written", uniform, kWritten, 5000);
  for (Case c : std::vector<Case>(cases)) {
    if (c.name == "RandomHotSet" || c.name == "RandomZipf" || c.name == "RandomTight30Percent") {
      c.name += "UnderRandomHint";
      c.options = kHinted;
      c.by_fault *= 2;
      cases.push_back(c);
    }
  }
  return cases;
}

std::vector<Case> stride_cases() {
  std::vector<Case> cases;
  for (const std::uint32_t step : {2,  3,  4,  5,  7,  8,  9,   11,  12,  15,  16,  17, 20,
                                   24, 31, 32, 33, 48, 64, 100, 128, 200, 256, 300, 512}) {
    for (const std::uint32_t offset : {0U, 5U}) {
      const auto touches = [=](std::uint64_t pages, std::uint32_t) {
        return stride(pages, step, offset);
      };
      const std::string name = std::to_string(step) + "From" + std::to_string(offset);
      Case c{.name = "Stride" + name + "SinglePages",
             .touches = touches,
             .options = kSinglePages,
             .kinds = kStrided,
             .never = kRandom | kBackward | kRuns,
             .pages_min = step,
             .pages_max = step,
             .pages = 1 << 20};
      if (step == SMADV_FAULT_AROUND_PAGES && offset == 0) {
        c.kinds = kSequential;  // exactly what fault-around makes of a sequential pass
      }
      cases.push_back(c);
      c.name = "Stride" + name + "Cached";
      c.options = kCached;
      if (step <= SMADV_FAULT_AROUND_PAGES) {
        // Each window faults once, whatever the stride in it: it looks, and costs, like a stream.
        c.kinds = kSequential;
        if (SMADV_FAULT_AROUND_PAGES % step == 0 && offset % step != 0) {
          // So does this, but each time at the same place inside of the window.
          c.kinds |= kStrided;
          c.pages_min = c.pages_max = SMADV_FAULT_AROUND_PAGES;
        }
      }
      cases.push_back(c);
    }
  }
  return cases;
}

std::vector<Case> run_cases() {
  std::vector<Case> cases;
  for (const std::uint32_t length : {4U, 16U, 64U, 256U}) {
    for (const bool aligned : {false, true}) {
      const auto touches = [=](std::uint64_t pages, std::uint32_t seed) {
        return runs(pages, length, aligned, seed);
      };
      const std::string name = std::to_string(length * 4) + "K" + (aligned ? "Aligned" : "");
      Case c{.name = "Runs" + name,
             .touches = touches,
             .options = kTight,
             .kinds = kRuns | kRandom,
             .by_fault = 64,
             .never = kSequential | kBackward | kStrided,
             .pages_min = length / 2,
             .pages_max = length * 2,
             // So wide that a run hardly ever begins where another one ended.
             .pages = 1 << 22,
             .faults = 3000,
             .seeds = 3};
      if (length == 256) {
        // One such run makes 33 faults where readahead meets windows: only the next one tells.
        c.never &= ~kSequential;
      }
      cases.push_back(c);
      c.never |= kSequential;
      c.name += "Cached";
      c.options = kCached;
      cases.push_back(c);
      // Longer ones fill a window of faults with one run.
      if (length <= 16) {
        c.name = "Runs" + name + "SinglePages";
        c.options = kSinglePages;
        c.kinds = kRuns;
        cases.push_back(c);
      }
    }
  }
  return cases;
}

Touches streams(std::uint64_t pages, std::uint32_t count, std::uint32_t seed) {
  std::vector<Touches> parts;
  parts.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    // Not at the same place of a window each.
    parts.push_back(shifted(sequential(pages / count, i * 5), pages / count * i));
  }
  if (seed == 0) {
    return interleave(parts);
  }
  // Threads get turns of one to four touches, in an order that changes.
  return [parts, engine = std::mt19937_64(seed), turns = std::vector<std::size_t>()]() mutable {
    if (turns.empty()) {
      std::vector<std::size_t> order(parts.size());
      std::iota(order.begin(), order.end(), 0);
      std::shuffle(order.begin(), order.end(), engine);
      for (const std::size_t i : order) {
        turns.insert(turns.end(), engine() % 4 + 1, i);
      }
    }
    const std::size_t i = turns.back();
    turns.pop_back();
    return parts.at(i)();
  };
}

std::vector<Case> stream_cases() {
  std::vector<Case> cases;
  for (const std::uint32_t count : {2U, 3U, 4U}) {
    for (const bool threads : {false, true}) {
      for (const bool around : {true, false}) {
        cases.push_back({.name = "Streams" + std::to_string(count) + (threads ? "Threads" : "") +
                                 (around ? "Cached" : "SinglePages"),
                         .touches =
                             [=](std::uint64_t pages, std::uint32_t seed) {
                               return streams(pages, count, threads ? seed : 0);
                             },
                         .options = around ? kCached : kSinglePages,
                         .kinds = kSequential,
                         .by_fault = 96,
                         .never = kBackward | kStrided | kRandom,
                         .faults = 1500});
      }
    }
  }
  return cases;
}

std::vector<Case> noise_cases() {
  std::vector<Case> cases;
  // In touches per 10,000; with fault-around a stream touches 16 pages for each fault.
  const auto add = [&](const std::string& name, MappingOptions options, std::uint32_t bp) {
    cases.push_back({.name = "Sequential" + name,
                     .touches =
                         [=](std::uint64_t pages, std::uint32_t seed) {
                           return mix(sequential(pages), random_pages(pages, seed), bp, seed + 50);
                         },
                     .options = options,
                     .kinds = kSequential,
                     .by_fault = 96,
                     .never = kAny & ~(kSequential | kUnknown),
                     .faults = 2500,
                     .seeds = 8});
  };
  add("Plus10PercentNoiseCached", kCached, 69);
  add("Plus5PercentNoiseCached", kCached, 33);
  add("Plus10PercentNoiseSinglePages", kSinglePages, 1000);
  add("Plus5PercentNoiseSinglePages", kSinglePages, 500);
  return cases;
}

std::vector<Case> place_cases() {
  std::vector<Case> cases;
  for (const std::uint64_t base : {1ULL << 44, (1ULL << 45) - (1ULL << 30), 16ULL}) {
    const std::string at = "At" + std::to_string(base >> 30) + "G";
    for (Case c : {sequential_case("Cached", kCached), sequential_case("SinglePages", kSinglePages),
                   backward_case("Cached", kCached), random_cases().front()}) {
      c.name += at + "Of1GPages";
      c.pages = 1ULL << 30;
      c.base = base;
      c.faults = 1000;
      cases.push_back(c);
    }
  }
  return cases;
}

/// Ranges so small that faults come near each other by chance.
std::vector<Case> small_cases() {
  std::vector<Case> cases;
  for (const std::uint64_t pages : {256, 512, 1024, 2048, 4096}) {
    Case random{
        .name = "Random" + std::to_string(pages) + "Pages",
        .touches = [](std::uint64_t n, std::uint32_t seed) { return random_pages(n, seed); },
        .options = {.fault_around = false, .read_ahead = ReadAhead::kSingle, .memory = pages / 8},
        .kinds = pages < 1024 ? kRandom | kRuns | kUnknown : kRandom | kRuns,
        .by_fault = 64,
        .never = kSequential | kBackward | kStrided,
        .pages = pages,
        .faults = 3000,
        .seeds = 6};
    cases.push_back(random);
    random.name += "Around";
    random.options = {.read_ahead = ReadAhead::kAround, .memory = pages / 4};
    cases.push_back(random);
    Case c = sequential_case(std::to_string(pages) + "Pages", kSinglePages);
    c.pages = pages;
    c.faults = pages;
    cases.push_back(c);
  }
  return cases;
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Sequential, Detection, testing::ValuesIn(sequential_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(Random, Detection, testing::ValuesIn(random_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(Strides, Detection, testing::ValuesIn(stride_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(Runs, Detection, testing::ValuesIn(run_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(Streams, Detection, testing::ValuesIn(stream_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(Noise, Detection, testing::ValuesIn(noise_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(Places, Detection, testing::ValuesIn(place_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(Small, Detection, testing::ValuesIn(small_cases()), case_name);

}  // namespace
}  // namespace smadv::test::pattern
