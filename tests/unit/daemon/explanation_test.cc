// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/explanation.h"

#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/policy.h"
#include "fake_kernel.h"

namespace smadv::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class ExplanationTest : public testing::Test {
 protected:
  ExplanationTest() { policy_.governor = static_cast<std::uint32_t>(Governor::Pattern); }

  std::string explain() const { return explanation(range_, policy_, task_); }

  void window(std::uint32_t forward, std::uint32_t random, std::uint32_t rest = 0) {
    range_.window_forward = forward;
    range_.window_random = random;
    range_.window_short = rest;
  }

  Policy policy_ = default_policy();
  Range range_ = test::random_range();
  const Task* task_ = nullptr;
};

TEST_F(ExplanationTest, RandomMajority) {
  EXPECT_EQ(explain(),
            "RANDOM is applied: 61 of the last 64 faults were jumps (95 %), above the threshold of "
            "70 %.");
}

TEST_F(ExplanationTest, ThresholdReachedAndMissed) {
  window(30, 70);
  EXPECT_THAT(explain(), HasSubstr("(70 %), which reaches the threshold of 70 %."));
  window(31, 69);
  EXPECT_THAT(explain(), HasSubstr("(69 %), by now below the threshold of 70 %."))
      << "the window may have moved on since the verdict";
  window(301, 699);
  EXPECT_THAT(explain(), HasSubstr("(69 %), by now below")) << "69.9 % must not read as 70 %";
}

TEST_F(ExplanationTest, ShortRunsCountWhereTheyDecide) {
  window(0, 32, 32);  // records of two pages at random places
  EXPECT_THAT(explain(),
              HasSubstr("64 of the last 64 faults were jumps or steps of short runs (100 "
                        "%), above the threshold of 70 %."));
  range_.hint = range_.verdict = Hint::Sequential;
  range_.reason = Reason::SequentialMajority;
  window(40, 4, 20);  // a stream that has just begun
  EXPECT_THAT(explain(),
              HasSubstr("60 of the last 64 faults continued a forward stream, or one that "
                        "begins (93 %), above the threshold of 70 %."));
}

TEST_F(ExplanationTest, SequentialMajorityOfOneAndOfSeveralStreams) {
  range_.hint = range_.verdict = Hint::Sequential;
  range_.reason = Reason::SequentialMajority;
  window(60, 4);
  EXPECT_EQ(explain(),
            "SEQUENTIAL is applied: 60 of the last 64 faults continued a forward stream (93 %), "
            "above the threshold of 70 %.");
  range_.streams = 4;
  EXPECT_THAT(explain(), HasSubstr("continued one of 4 forward streams (93 %)"));
}

TEST_F(ExplanationTest, OnlyObserved) {
  policy_.governor = static_cast<std::uint32_t>(Governor::Observe);
  range_.hint = Hint::None;
  const std::string expected =
      "RANDOM is what the pattern asks for, but the governor only observes: 61 of the last 64 "
      "faults were "
      "jumps (95 %), above the threshold of 70 %.";
  EXPECT_EQ(explain(), expected);
  range_.reason = Reason::Observing;
  EXPECT_EQ(explain(), expected);
  range_.verdict = Hint::Sequential;
  EXPECT_THAT(explain(), HasSubstr("SEQUENTIAL is what the pattern asks for"));
  EXPECT_THAT(explain(), HasSubstr("continued a forward stream, or one that begins (4 %)"));
  range_.verdict = Hint::None;
  EXPECT_THAT(explain(), HasSubstr("No hint: of the last 64 faults 2 continued"));
}

TEST_F(ExplanationTest, WantedButNotApplied) {
  range_.hint = Hint::None;
  EXPECT_THAT(explain(), HasSubstr("RANDOM is wanted, but not applied: 61 of"));
}

TEST_F(ExplanationTest, WhyAWantedHintIsNotApplied) {
  range_.hint = Hint::None;
  Task task;
  task_ = &task;
  task.state = TaskState::Queued;
  EXPECT_THAT(explain(), HasSubstr("RANDOM is wanted, but still queued: 61 of"));
  task.state = TaskState::Refused;
  task.reason = Reason::KernelRefused;
  task.error = 12;
  EXPECT_THAT(explain(), HasSubstr("RANDOM is wanted, but was refused, for the kernel refused the "
                                   "advice (Cannot allocate memory): 61 of"));
  task.state = TaskState::Cancelled;
  task.reason = Reason::Filtered;
  EXPECT_THAT(explain(), HasSubstr("RANDOM is wanted, but was cancelled, for a filter rule "
                                   "excludes the process: 61 of"));
  task.state = TaskState::Applied;
  EXPECT_THAT(explain(), HasSubstr("RANDOM is wanted, but not applied: 61 of"));
}

TEST_F(ExplanationTest, TheLatestTaskOfTheRangeAndHintCounts) {
  Task right;
  right.id = 5;
  right.pid = range_.pid;
  right.start = range_.start;
  right.end = range_.end;
  right.hint = Hint::Random;
  Task earlier = right;
  earlier.id = 4;
  Task other_hint = right;
  other_hint.id = 6;
  other_hint.hint = Hint::Sequential;
  Task other_process = right;
  other_process.id = 7;
  other_process.pid = 1;
  Task before = right;
  before.id = 8;
  before.start = 0;
  before.end = range_.start;
  Task behind = right;
  behind.id = 9;
  behind.start = range_.end;
  behind.end = range_.end + 4096;
  const std::vector<Task> tasks{right, earlier, other_hint, other_process, before, behind};
  ASSERT_NE(latest_attempt(range_, tasks), nullptr);
  EXPECT_EQ(latest_attempt(range_, tasks)->id, 5U);
  EXPECT_EQ(latest_attempt(range_, {}), nullptr);
}

TEST_F(ExplanationTest, AppliedButNoLongerWanted) {
  range_.verdict = Hint::None;
  range_.reason = Reason::NoMajority;
  EXPECT_THAT(explain(), HasSubstr("RANDOM is applied, but no longer wanted: "));
}

TEST_F(ExplanationTest, AnotherHintWanted) {
  range_.verdict = Hint::Sequential;
  range_.reason = Reason::Holding;
  range_.hold_ms = 80;
  range_.changes = 3;
  EXPECT_EQ(explain(),
            "RANDOM is applied, but SEQUENTIAL is wanted: the last of 3 changes is too young, the "
            "next one has to wait 80.0 ms.");
}

TEST_F(ExplanationTest, FewFaults) {
  range_.hint = range_.verdict = Hint::None;
  range_.reason = Reason::FewFaults;
  window(5, 7);
  EXPECT_EQ(explain(), "No hint: 12 faults in the window so far, 32 are needed to judge.");
}

TEST_F(ExplanationTest, NoMajority) {
  range_.hint = range_.verdict = Hint::None;
  range_.reason = Reason::NoMajority;
  policy_.random_pct = 80;
  window(30, 20, 14);
  EXPECT_EQ(explain(),
            "No hint: of the last 64 faults 30 continued forward streams (46 %), 14 were steps of "
            "short runs (21 %), 20 were jumps (31 %), while 70 % sequential or 80 % random are "
            "called for.");
  window(0, 0);
  EXPECT_THAT(explain(), HasSubstr("of the last 0 faults none says anything, while"));
}

TEST_F(ExplanationTest, PatternsWithoutAHint) {
  range_.hint = range_.verdict = Hint::None;
  range_.reason = Reason::PatternUnhinted;
  range_.pattern = Pattern::Backward;
  window(0, 4);
  range_.window_backward = 60;
  EXPECT_EQ(explain(),
            "No hint: 60 of the last 64 faults continued a backward stream (93 %), and no hint of "
            "this governor serves that.");
  range_.pattern = Pattern::Strided;
  range_.pattern_pages = 32;
  range_.window_backward = 0;
  range_.window_strided = 60;
  EXPECT_THAT(explain(), HasSubstr("60 of the last 64 faults were steps of 32 pages (93 %), and"));
  range_.pattern = Pattern::Runs;
  range_.pattern_pages = 4;
  range_.window_strided = 0;
  window(0, 16, 48);
  EXPECT_THAT(explain(),
              HasSubstr("the last 64 faults were 16 jumps followed by runs of about 4 pages, and"));
  range_.pattern = Pattern::Random;
  EXPECT_THAT(explain(), HasSubstr("the kernel reads single pages at misses anyway"));
  EXPECT_THAT(explain(), HasSubstr("memory holds too few readahead windows to tell"));
  range_.pattern = Pattern::Unknown;
  EXPECT_THAT(explain(), HasSubstr("the pattern is unknown, and"));
}

TEST_F(ExplanationTest, Idle) {
  range_.reason = Reason::Idle;
  EXPECT_EQ(explain(),
            "RANDOM is applied: no fault for 10.0 s or longer, so what was decided last stays.");
}

TEST_F(ExplanationTest, WithinHysteresis) {
  range_.reason = Reason::WithinHysteresis;
  window(28, 36);
  EXPECT_EQ(explain(),
            "RANDOM is applied: 36 of the last 64 faults were jumps (56 %), less than the 70 % "
            "that call for it, but not less than the 50 % below which it is taken back.");
  window(20, 36, 20);
  EXPECT_THAT(explain(), HasSubstr("36 of the last 76 faults were jumps (47 %), less"))
      << "with the short runs it would reach the threshold";
  window(28, 36);
  range_.hint = range_.verdict = Hint::Sequential;
  policy_.sequential_pct = 90;
  policy_.hysteresis_pct = 40;
  EXPECT_EQ(explain(),
            "SEQUENTIAL is applied: 28 of the last 64 faults continued a forward stream (43 %), "
            "less than the 90 % that call for it, but not less than the 50 % below which it is "
            "taken back.");
}

TEST_F(ExplanationTest, ApplicationHint) {
  range_.hint = range_.verdict = Hint::None;
  range_.reason = Reason::ApplicationHint;
  range_.application_hint = Hint::Random;
  EXPECT_EQ(explain(), "No hint: the application has advised RANDOM itself, which is honoured.");
  range_.application_hint = Hint::None;
  EXPECT_THAT(explain(), HasSubstr("the application has advised this range itself"));
}

TEST_F(ExplanationTest, HintsOfTheApplicationThatAreJudged) {
  range_.hint = range_.verdict = Hint::None;
  range_.application_hint = Hint::Random;
  range_.reason = Reason::ApplicationHintCosts;
  range_.waited_ns = 1'500'000'000;
  range_.regret_ns = 1'200'000'000;
  EXPECT_EQ(explain(),
            "No hint: the application has advised RANDOM itself, which seems to have cost 1.2 s of "
            "the 1.5 s that its faults waited.");
  range_.reason = Reason::DoesNotPay;
  EXPECT_EQ(explain(),
            "No hint: the application has advised RANDOM itself, and MADV_NORMAL in its place was "
            "tried, measured and did not pay.");
  range_.reason = Reason::NoReuse;
  EXPECT_THAT(explain(), HasSubstr("No hint: pages hardly come again"));
  range_.reason = Reason::MemoryFilled;
  EXPECT_THAT(explain(), HasSubstr("No hint: memory is full, and was not when the hint was tried"));
  range_.reason = Reason::TriedBeside;
  EXPECT_THAT(explain(), HasSubstr("No hint: another range of the file tries the hint"));
  range_.verdict = Hint::Normal;
  range_.reason = Reason::Trial;
  EXPECT_EQ(explain(),
            "NORMAL in place of the application's RANDOM is wanted, but not applied: it may pay "
            "here, and is being measured.");
  range_.hint = Hint::Normal;
  range_.reason = Reason::Pays;
  EXPECT_EQ(explain(),
            "NORMAL in place of the application's RANDOM is applied: measured, faults wait for "
            "less with it than without.");
}

TEST_F(ExplanationTest, LimitsNameTheirKeys) {
  range_.reason = Reason::RateLimit;
  EXPECT_THAT(explain(), HasSubstr("hints-per-second = 100"));
  range_.reason = Reason::SplitLimit;
  EXPECT_THAT(explain(), HasSubstr("max-splits = 16"));
  range_.reason = Reason::MemoryLimit;
  EXPECT_THAT(explain(), HasSubstr("max-memory-kb = 16384"));
  range_.reason = Reason::KernelRefused;
  EXPECT_THAT(explain(), HasSubstr("the kernel refused the advice"));
}

TEST_F(ExplanationTest, EachReasonHasItsOwnSentence) {
  std::set<std::string> sentences;
  for (std::uint32_t i = 0; i < kNames<Reason>.size(); ++i) {
    range_.reason = static_cast<Reason>(i);
    const std::string sentence = explain();
    EXPECT_THAT(sentence, Not(HasSubstr("the reason is"))) << kNames<Reason>[i];
    sentences.insert(sentence);
  }
  // With a standing hint, what is observed reads like the majority that it rests on.
  EXPECT_EQ(sentences.size(), kNames<Reason>.size() - 1);
  range_.reason = static_cast<Reason>(kNames<Reason>.size());
  EXPECT_EQ(explain(),
            "RANDOM is applied: the reason is " + std::to_string(kNames<Reason>.size()) + ".");
}

TEST_F(ExplanationTest, EmptyWindowDividesByNothing) {
  window(0, 0);
  EXPECT_THAT(explain(), HasSubstr("0 of the last 0 faults were jumps (0 %)"));
}

}  // namespace
}  // namespace smadv::cli
