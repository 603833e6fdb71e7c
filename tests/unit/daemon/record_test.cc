// SPDX-License-Identifier: GPL-2.0
// smadv record, report, replay and advise, from the command line.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli_fixture.h"
#include "daemon/recording/reader.h"
#include "daemon/signals.h"
#include "recordings.h"

namespace smadv {
namespace {

using test::judged;
using test::Outcome;
using test::range_note;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class RecordTest : public test::CliTest {
 protected:
  RecordTest() { root_.write("/proc/136/stat", "136 (fio) S 1 136 136"); }

  [[nodiscard]] std::string file() const { return (root_.path() / "f.rec").string(); }

  void send_some() {
    RecordingBatch batch;
    batch.items.emplace_back(range_note(0, 8192));
    RecordingNote faults = judged(2000, test::stream(0, 64));
    faults.sequence = 1;
    batch.items.emplace_back(faults);
    kernel_.send(std::move(batch));
  }

  [[nodiscard]] std::vector<recording::Entry> written() const {
    std::vector<recording::Entry> entries;
    auto reader = recording::Reader::open(file());
    EXPECT_TRUE(reader);
    while (auto entry = reader->next()) {
      entries.push_back(*std::move(entry));
    }
    return entries;
  }

  [[nodiscard]] recording::EndReason end() const {
    return std::get<recording::End>(written().back()).reason;
  }

  Outcome record(const std::string& options) { return run("record -o " + file() + ' ' + options); }
};

TEST_F(RecordTest, ForSomeTime) {
  send_some();
  const Outcome outcome = record("--seconds 0.05 136");
  EXPECT_EQ(outcome.exit, ExitCode::Ok) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("64 faults of 1 processes"));
  EXPECT_THAT(outcome.err, HasSubstr("its time was up"));
  EXPECT_EQ(written().size(), 4U) << "policy, range, faults, end";
  EXPECT_EQ(end(), recording::EndReason::TimeUp);
}

TEST_F(RecordTest, AsJson) {
  send_some();
  const Outcome outcome = record("--all --seconds 0.05 --json");
  const auto said = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(said["faults"], 64);
  EXPECT_EQ(said["end"], "its time was up");
}

TEST_F(RecordTest, UntilTheCommandEnds) {
  const Outcome outcome = record("-- false");
  EXPECT_EQ(static_cast<int>(outcome.exit), 1);
  EXPECT_EQ(end(), recording::EndReason::ProcessEnded);
  EXPECT_THAT(outcome.err, HasSubstr("nothing faulted"));
  EXPECT_EQ(record("-- true").exit, ExitCode::Ok);
  EXPECT_EQ(record("-- /no/such/command").exit, ExitCode::Failed);
}

TEST_F(RecordTest, UntilTheProcessEnds) {
  std::thread killer([this] {
    while (!std::filesystem::exists(file())) {  // it has begun
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::filesystem::remove_all(root_.path() / "proc/136");
  });
  EXPECT_EQ(record("136").exit, ExitCode::Ok);
  killer.join();
  EXPECT_EQ(end(), recording::EndReason::ProcessEnded);
}

TEST_F(RecordTest, SignalsEndItAndReachTheCommand) {
  const auto held = SignalFd::open({SIGTERM});  // in the other thread, too
  std::thread asker([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    kill(getpid(), SIGTERM);
  });
  const Outcome outcome = record("-- sleep 100");
  asker.join();
  EXPECT_EQ(static_cast<int>(outcome.exit), 128 + SIGTERM);
  EXPECT_EQ(end(), recording::EndReason::Asked);
}

TEST_F(RecordTest, ASecondSignalDoesNotWaitForTheCommand) {
  const auto held = SignalFd::open({SIGINT});  // in the other thread, too
  std::thread asker([] {
    for (int i = 0; i < 2; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
      kill(getpid(), SIGINT);
    }
  });
  const Outcome outcome =
      run("record --all -o " + file() + " -- " SMADV_SOURCE_DIR "/tests/unit/daemon/deaf");
  asker.join();
  EXPECT_EQ(outcome.exit, ExitCode::Ok);
}

TEST_F(RecordTest, ProgressOnATerminal) {
  machine_.err_is_terminal = true;
  const Outcome outcome = record("--all --seconds 1.3 --color never");
  EXPECT_THAT(outcome.err, HasSubstr("\r\x1b[Krecording 1 s, 0 faults of 0 processes, 0 lost, "));
  EXPECT_THAT(outcome.err, HasSubstr("\r\x1b[Ksmadv: "));
}

TEST_F(RecordTest, EndsWhenItIsFull) {
  for (std::uint64_t i = 0; i < 40; ++i) {
    RecordingBatch batch;
    for (std::uint64_t j = 0; j < 256; ++j) {
      RecordingNote note = judged(i, test::jumps(1U << 30U, 64, 256 * i + j + 1));
      note.sequence = 256 * i + j;
      batch.items.emplace_back(std::move(note));
    }
    kernel_.send(std::move(batch));
  }
  EXPECT_EQ(record("--all --max-size 1").exit, ExitCode::Ok);
  EXPECT_EQ(end(), recording::EndReason::MaxSize);
  EXPECT_LE(std::filesystem::file_size(file()), 1U << 20U);
}

TEST_F(RecordTest, FollowsThePolicy) {
  RecordingBatch batch;
  Event changed;
  changed.kind = EventKind::Policy;
  batch.items.emplace_back(changed);
  kernel_.send(std::move(batch));
  EXPECT_EQ(record("--all --seconds 0.05").exit, ExitCode::Ok);
  EXPECT_EQ(written().size(), 4U) << "policy, event, policy, end";
}

TEST_F(RecordTest, EndsWithTheModule) {
  kernel_.recorded.emplace_back(Error{ExitCode::ModuleAbsent, ENOENT, "gone"});
  EXPECT_EQ(record("--all").exit, ExitCode::Ok);
  EXPECT_EQ(end(), recording::EndReason::ModuleGone);
}

TEST_F(RecordTest, TroubleOfTheStreamIsSaid) {
  kernel_.recorded.emplace_back(Error{ExitCode::Failed, EBADMSG, "garbled"});
  EXPECT_EQ(record("--all").err, "smadv: garbled\n");
}

TEST_F(RecordTest, CommandLinesThatMakeNoSense) {
  EXPECT_EQ(record("").exit, ExitCode::Usage);
  EXPECT_EQ(record("--all 136").exit, ExitCode::Usage);
  EXPECT_EQ(record("136 -- true").exit, ExitCode::Usage);
  EXPECT_EQ(record("sh").exit, ExitCode::Usage);
  EXPECT_EQ(record("137").exit, ExitCode::NotFound);
  EXPECT_EQ(run("record --all").exit, ExitCode::Usage);
  EXPECT_EQ(run("record --all -o /no/such/folder/f").exit, ExitCode::Failed);
}

TEST_F(RecordTest, WhatTheModuleRefuses) {
  for (const auto* call : {"info", "info 2", "policy", "recording"}) {
    kernel_.failures = {{call, {ExitCode::NoPrivilege, EPERM, "not you"}}};
    EXPECT_EQ(record("--all").err, "smadv: not you\n") << call;
  }
}

class RecordingsTest : public RecordTest {
 protected:
  RecordingsTest() { test::write_recording(file(), test::busy_entries()); }

  nlohmann::ordered_json json(const std::string& line) {
    const Outcome outcome = run(line + " --json");
    EXPECT_EQ(outcome.exit, ExitCode::Ok) << outcome.err;
    return nlohmann::ordered_json::parse(outcome.out, nullptr, false);
  }
};

TEST_F(RecordingsTest, ReportsAsTextAndJson) {
  for (const std::string kind : {"heatmap", "patterns", "wss", "readahead", "hints", "timeline"}) {
    const Outcome outcome = run("report " + kind + ' ' + file());
    EXPECT_EQ(outcome.exit, ExitCode::Ok) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("9.5 s of 1 processes")) << kind;
    EXPECT_TRUE(json("report " + kind + ' ' + file())["facts"].is_array());
    EXPECT_EQ(run("report " + kind + " /none").exit, ExitCode::Failed);
  }
  const auto heat = json("report heatmap " + file())["heatmaps"][0]["cells"];
  EXPECT_EQ(heat.size(), 96U);
  EXPECT_EQ(json("report heatmap " + file())["files"][0]["faults"], 1024);
  machine_.out_columns = 60;
  EXPECT_THAT(run("report heatmap " + file() + " --file /other").out, HasSubstr("0 files"));
}

TEST_F(RecordingsTest, ReportsAsPictures) {
  const std::string picture = (root_.path() / "p.svg").string();
  EXPECT_EQ(run("report wss " + file() + " -o " + picture).exit, ExitCode::Ok);
  EXPECT_TRUE(std::filesystem::exists(picture));
  EXPECT_EQ(run("report wss " + file() + " -o p.pdf").exit, ExitCode::Usage);
}

TEST_F(RecordingsTest, Replay) {
  const Outcome outcome = run("replay " + file() + " --governor pattern --set random-pct=60");
  EXPECT_EQ(outcome.exit, ExitCode::Ok) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("policy: governor pattern, random-pct=60\n"));
  EXPECT_THAT(outcome.out, HasSubstr("applied"));
  EXPECT_THAT(outcome.err, HasSubstr("7 faults were lost"));
  const auto replayed = json("replay " + file());
  EXPECT_EQ(replayed["processes"][0]["ranges"][0]["file"], "/mnt/f");
  EXPECT_EQ(replayed["processes"][0]["decisions"][0]["hint"], "sequential");
  EXPECT_EQ(replayed["policy"]["governor"], "observe");
}

// What is read at once, as busy_entries() are, has none.
TEST_F(RecordingsTest, LongReadingShowsProgress) {
  const std::string report = "report heatmap " + file();
  machine_.err_is_terminal = true;
  EXPECT_THAT(run(report).err, Not(HasSubstr("reading")));
  auto entries = test::busy_entries();
  for (std::uint64_t i = 0; i < 1000; ++i) {
    entries.emplace_back(test::judged(20'000 + i, test::jumps(1U << 30U, 64, i + 1)));
  }
  test::write_recording(file(), entries);
  for (const std::string& line : {report, "replay " + file(), "advise " + file()}) {
    EXPECT_THAT(run(line).err, AllOf(StartsWith("\r\x1b[Kreading, "), HasSubstr(" %\r\x1b[K")))
        << line;
  }
  machine_.err_is_terminal = false;
  EXPECT_THAT(run(report).err, Not(HasSubstr("reading")));
}

TEST_F(RecordingsTest, ReplayOfWhatIsBrokenOff) {
  test::write_recording(file(), test::busy_entries(), false);
  EXPECT_THAT(run("replay " + file()).err, HasSubstr("as far as it goes"));
  EXPECT_EQ(run("replay /none").exit, ExitCode::Failed);
}

TEST_F(RecordingsTest, ReplayCompares) {
  const std::string line = "replay " + file() + " --governor pattern --versus governor=benefit";
  const Outcome outcome = run(line);
  EXPECT_THAT(outcome.out, HasSubstr("A: governor pattern\nB: governor benefit\n"));
  EXPECT_THAT(outcome.out, HasSubstr("fio (136)  A"));
  EXPECT_EQ(json(line)["versus"]["policy"]["governor"], "benefit");
}

TEST_F(RecordingsTest, ReplayUnderAFile) {
  const auto policy = root_.write("/policy.toml", "[policy]\nhold-ms = 250\n");
  EXPECT_THAT(run("replay " + file() + " --policy " + policy.string()).out,
              HasSubstr("hold-ms=250"));
  EXPECT_EQ(run("replay " + file() + " --policy /none").exit, ExitCode::Failed);
  EXPECT_EQ(run("replay " + file() + " --set colour=red").exit, ExitCode::Usage);
  EXPECT_EQ(run("replay " + file() + " --versus colour=red").exit, ExitCode::Usage);
  EXPECT_EQ(run("replay " + file() + " --set min-faults=64 window-faults=16").exit,
            ExitCode::Usage);
  EXPECT_EQ(run("replay " + file() + " --versus min-faults=64 window-faults=16").exit,
            ExitCode::Usage);
}

TEST_F(RecordingsTest, AdviseOfARecording) {
  EXPECT_THAT(run("advise " + file()).out, HasSubstr("What each file wants"));
}

TEST_F(RecordingsTest, AdviseOfWhatIsWatched) {
  send_some();
  const Outcome outcome = run("advise --seconds 0.05 136");
  EXPECT_THAT(outcome.out, HasSubstr("MADV_SEQUENTIAL"));
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(static_cast<int>(run("advise -- false").exit), 1);
  EXPECT_EQ(run("advise 4711").exit, ExitCode::NotFound);
  EXPECT_EQ(run("advise").exit, ExitCode::Usage);
  EXPECT_EQ(run("advise /none").exit, ExitCode::Failed);
}

}  // namespace
}  // namespace smadv
