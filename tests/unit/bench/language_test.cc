// SPDX-License-Identifier: GPL-2.0
#include <fstream>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pattern.h"

namespace smadv::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

workload right(const std::string& line) {
  workload parsed{};
  char error[MAX_ERROR] = "";
  EXPECT_TRUE(language_parse(line.c_str(), &parsed, error)) << line << ": " << error;
  return parsed;
}

std::string wrong(const std::string& line) {
  workload parsed{};
  char error[MAX_ERROR] = "";
  EXPECT_FALSE(language_parse(line.c_str(), &parsed, error)) << line;
  return error;
}

TEST(Language, VerbAloneHasItsDefaults) {
  const workload parsed = right("scan: sequential");
  EXPECT_STREQ(parsed.name, "scan");
  EXPECT_EQ(parsed.processes, 1U);
  EXPECT_EQ(parsed.threads, 1U);
  ASSERT_EQ(parsed.count, 1U);
  ASSERT_EQ(parsed.phases[0].count, 1U);
  const auto& only = parsed.phases[0].accesses[0];
  EXPECT_EQ(only.verb, VERB_SEQUENTIAL);
  EXPECT_EQ(only.from_pct, 0);
  EXPECT_EQ(only.to_pct, 100);
  EXPECT_TRUE(only.touches.percent);
  EXPECT_EQ(only.touches.value, 100);
  EXPECT_EQ(only.advice, ADVICE_NONE);
}

TEST(Language, EveryKeyIsTaken) {
  const workload parsed = right(
      "all: hot hits=95.5% set=2% place=together range=10%-20.5% touches=4096 think=2.5us "
      "advise=random + runs length=1M + stride step=7 + zipf theta=1.1 "
      "+ backward streams=3 touches=250%");
  ASSERT_EQ(parsed.phases[0].count, 5U);
  const auto* accesses = parsed.phases[0].accesses;
  EXPECT_EQ(accesses[0].hits_pct, 95.5);
  EXPECT_EQ(accesses[0].set_pct, 2);
  EXPECT_TRUE(accesses[0].together);
  EXPECT_EQ(accesses[0].from_pct, 10);
  EXPECT_EQ(accesses[0].to_pct, 20.5);
  EXPECT_FALSE(accesses[0].touches.percent);
  EXPECT_EQ(accesses[0].touches.value, 4096);
  EXPECT_EQ(accesses[0].think_us, 2.5);
  EXPECT_EQ(accesses[0].advice, ADVICE_RANDOM);
  EXPECT_EQ(accesses[1].run_pages, 256U);
  EXPECT_EQ(accesses[2].step, 7U);
  EXPECT_EQ(accesses[3].theta, 1.1);
  EXPECT_EQ(accesses[4].streams, 3U);
  EXPECT_EQ(accesses[4].touches.value, 250);
}

TEST(Language, PhasesComeAfterSettings) {
  const workload parsed =
      right(" three-4.x: processes=8 threads=2 seed=7 random;sequential+uniform ;\tbackward");
  EXPECT_STREQ(parsed.name, "three-4.x");
  EXPECT_EQ(parsed.processes, 8U);
  EXPECT_EQ(parsed.threads, 2U);
  EXPECT_EQ(parsed.seed, 7U);
  ASSERT_EQ(parsed.count, 3U);
  EXPECT_EQ(parsed.phases[1].count, 2U);
  EXPECT_EQ(parsed.phases[1].accesses[1].verb, VERB_UNIFORM);
  EXPECT_EQ(parsed.phases[2].accesses[0].verb, VERB_BACKWARD);
}

struct Refusal {
  const char* line;
  const char* word;
  const char* allowed;
};

class LanguageRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(LanguageRefuses, NamingTheWordAndWhatIsAllowed) {
  const std::string error = wrong(GetParam().line);
  EXPECT_THAT(error, StartsWith(std::string(GetParam().word) + ": "));
  EXPECT_THAT(error, HasSubstr(GetParam().allowed));
}

constexpr Refusal kRefusals[] = {
    {"scan sequential", "scan sequential", "then a colon"},
    {"Scan: sequential", "Scan: sequential", "a-z, 0-9"},
    {"an-overlong-name-that-nobody-can-keep: random", "an-overlong-name-tha", "at most 31"},
    {"", "", "a colon"},
    {"a:", "at the end", "sequential, backward"},
    {"a: random ;", "at the end", "zipf"},
    {"a: random +", "at the end", "zipf"},
    {"a: + random", "+", "zipf"},
    {"a: random; seed=4 hot", "seed=4", "zipf"},
    {"a: zip", "zip", "zipf, hot"},
    {"a: random step=3", "step=3", "random knows range= touches= think= advise="},
    {"a: stride stepp=3", "stepp=3", "step="},
    {"a: stride step", "step", "step="},
    {"a: processes=0 random", "processes=0", "from 1 to 64"},
    {"a: threads=65 random", "threads=65", "from 1 to 64"},
    {"a: processes=9 threads=8 random", "processes=9 threads=8", "64 workers"},
    {"a: seed=-1 random", "seed=-1", "from 0 to"},
    {"a: stride step=1", "step=1", "from 2 to 65536"},
    {"a: stride step=2.5", "step=2.5", "whole number"},
    {"a: sequential streams=257", "streams=257", "from 1 to 256"},
    {"a: zipf theta=9", "theta=9", "from 0 to 5"},
    {"a: zipf theta=0x1", "theta=0x1", "from 0 to 5"},
    {"a: zipf theta=nan", "theta=nan", "from 0 to 5"},
    {"a: zipf theta=1e0", "theta=1e0", "from 0 to 5"},
    {"a: zipf theta=1.2.3", "theta=1.2.3", "from 0 to 5"},
    {"a: zipf theta=.", "theta=.", "from 0 to 5"},
    {"a: hot hits=101%", "hits=101%", "to 100%"},
    {"a: hot hits=50", "hits=50", "to 100%"},
    {"a: hot set=0%", "set=0%", "from 0.001%"},
    {"a: hot place=apart", "place=apart", "place=spread"},
    {"a: runs length=6K", "length=6K", "multiple of 4K"},
    {"a: runs length=65M", "length=65M", "64M"},
    {"a: runs length=64", "length=64", "multiple of 4K"},
    {"a: random touches=101%", "touches=101%", "to 100%"},
    {"a: random touches=0", "touches=0", "from 1 to"},
    {"a: random range=50%", "range=50%", "range=0%-25%"},
    {"a: random range=50%-50%", "range=50%-50%", "ascending"},
    {"a: random range=50%-101%", "range=50%-101%", "ascending"},
    {"a: random range=5-10", "range=5-10", "percentages"},
    {"a: random think=5", "think=5", "1e+06us"},
    {"a: random advise=dontneed", "advise=dontneed", "advise=none, normal"},
};
INSTANTIATE_TEST_SUITE_P(Lines, LanguageRefuses, testing::ValuesIn(kRefusals));

TEST(Language, LimitsAreThoseOfItsTables) {
  std::string phases = "a: random", accesses = "a: random";
  for (int i = 1; i < MAX_PHASES; ++i) {
    phases += "; random";
  }
  for (int i = 1; i < MAX_ACCESSES; ++i) {
    accesses += " + random";
  }
  EXPECT_EQ(right(phases).count, static_cast<unsigned>(MAX_PHASES));
  EXPECT_EQ(right(accesses).phases[0].count, static_cast<unsigned>(MAX_ACCESSES));
  EXPECT_THAT(wrong(phases + "; random"), HasSubstr("8 phases at most"));
  EXPECT_THAT(wrong(accesses + " + random"), HasSubstr("8 accesses at most"));
  EXPECT_THAT(wrong("a: " + std::string(64, 'r')), HasSubstr("longer than 63"));
}

TEST(Language, ReadsEveryWorkloadOfTheScoreboard) {
  std::ifstream file(WORKLOADS);
  std::set<std::string> names;
  for (std::string line; std::getline(file, line);) {
    line = line.substr(0, line.find('#'));
    const bool of_another_program = line.find(": program ") != std::string::npos;
    if (!of_another_program && line.find_first_not_of(" \t") != std::string::npos) {
      EXPECT_TRUE(names.insert(right(line).name).second) << line << ": twice";
    }
  }
  EXPECT_GT(names.size(), 20U);
}

}  // namespace
}  // namespace smadv::test
