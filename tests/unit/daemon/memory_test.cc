// SPDX-License-Identifier: GPL-2.0
#include "daemon/memory/memory.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include "fake_kernel.h"
#include "temp_dir.h"

namespace smadv::memory {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class MemoryTest : public testing::Test {
 protected:
  MemoryTest() {
    log_.set_level(spdlog::level::debug);
    log_.set_pattern("%l: %v");
    kernel_.add_fio();
    client_ = *kernel_.connect();
  }

  [[nodiscard]] std::string file() const { return (dir_.path() / "memory.db").string(); }

  void remember() { memory_.follow({.file = file(), .limits = {}}); }

  // The hint on fio's range, RANDOM, begins to pay, or is found not to.
  Event outcome(bool paid) {
    Event event =
        test::hint_event(EventKind::Verdict, "fio", paid ? Reason::Pays : Reason::DoesNotPay,
                         paid ? Hint::Random : Hint::None);
    event.pid = 136;
    event.start = kernel_.ranges.front().start + 4096;
    event.pattern = Pattern::Random;
    event.standing_hint = Hint::Random;
    event.effect_ns = 5000;
    return event;
  }

  static Event adopted(std::uint32_t pid, const std::string& exe) {
    Event event = test::hint_event(EventKind::Adopted, "fio", Reason::None);
    event.pid = pid;
    event.exe = exe;
    return event;
  }

  void send(const Event& event) { memory_.on_event(event, *client_); }

  std::vector<Lesson> lessons() const { return *Store::open(file(), Store::Mode::Read)->lessons(); }

  std::string log() const { return stream_.str(); }

  test::TempDir dir_;
  test::FakeKernel kernel_;
  std::unique_ptr<KernelClient> client_;
  std::int64_t now_s_ = 1'000'000;
  std::ostringstream stream_;
  spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(stream_)};
  Memory memory_{log_, [this] { return now_s_; }};
};

TEST_F(MemoryTest, LearnsAndTellsWhenTheProgramComesAgain) {
  remember();
  send(adopted(136, "/usr/bin/fio"));
  EXPECT_THAT(kernel_.journal, IsEmpty()) << "nothing is known yet";
  send(outcome(true));
  ASSERT_THAT(lessons(), SizeIs(1));
  const Lesson lesson = lessons().front();
  EXPECT_EQ(lesson.last.exe, "/usr/bin/fio");
  EXPECT_EQ(lesson.last.file, "/mnt/f");
  EXPECT_EQ(lesson.last.file_id, 99U);
  EXPECT_EQ(lesson.last.pattern, Pattern::Random);
  EXPECT_EQ(lesson.last.start, 4096U);
  EXPECT_EQ(lesson.last.end, 4096U + 0x4000000);
  EXPECT_EQ(lesson.spared_ns, 5000U);
  EXPECT_EQ(lesson.last_s, now_s_);
  send(adopted(200, "/usr/bin/fio"));
  send(adopted(201, "/usr/bin/other"));
  EXPECT_THAT(kernel_.journal, ElementsAre("prior 200 99 random 25"));
  send(outcome(false));
  send(adopted(202, "/usr/bin/fio"));
  EXPECT_EQ(kernel_.journal.back(), "prior 202 99 random 400");
  EXPECT_THAT(log(), HasSubstr("debug: process 202 (/usr/bin/fio): told of 1 lessons\n"));
}

TEST_F(MemoryTest, ARestartedDaemonTellsOfAllProcesses) {
  remember();
  send(outcome(true));
  Range unknown = kernel_.ranges.front();
  unknown.pid = 137;
  unknown.exe.reset();
  kernel_.ranges.push_back(unknown);
  Memory again(log_, [] { return std::int64_t{0}; });
  again.offer_to_all(*client_);
  EXPECT_THAT(kernel_.journal, IsEmpty()) << "before it knows where lessons are";
  again.follow({.file = file(), .limits = {}});
  again.offer_to_all(*client_);
  EXPECT_THAT(kernel_.journal, ElementsAre("prior 136 99 random 25"));
  kernel_.failures = {{"ranges", {ExitCode::ModuleAbsent, 0, "gone"}}};
  again.offer_to_all(*client_);
  EXPECT_THAT(kernel_.journal, SizeIs(1));
}

TEST_F(MemoryTest, WhatTheModuleRefusesEndsTheOffer) {
  remember();
  send(outcome(true));
  kernel_.ranges.front().file_id = 100;
  send(outcome(true));
  kernel_.failures = {{"set_prior 2", {ExitCode::Failed, ENOSPC, "too many"}}};
  client_ = *kernel_.connect();
  send(adopted(200, "/usr/bin/fio"));
  EXPECT_THAT(kernel_.journal, SizeIs(1));
}

TEST_F(MemoryTest, OtherEventsTeachNothing) {
  remember();
  Event event = outcome(true);
  event.reason = Reason::Trial;
  send(event);
  event = outcome(true);
  event.kind = EventKind::Applied;
  send(event);
  event = outcome(false);
  event.standing_hint = Hint::None;
  send(event);
  event.standing_hint.reset();
  send(event);
  EXPECT_THAT(lessons(), IsEmpty());
}

TEST_F(MemoryTest, RangesOfWhichTooLittleIsKnownTeachNothing) {
  remember();
  kernel_.ranges.front().exe.reset();
  send(outcome(true));
  kernel_.ranges.front() = test::random_range();
  kernel_.ranges.front().file.reset();
  send(outcome(true));
  kernel_.ranges.front() = test::random_range();
  kernel_.ranges.front().file_id = 0;
  send(outcome(true));
  Event elsewhere = outcome(true);
  elsewhere.start = 0x1000;
  send(elsewhere);
  kernel_.failures = {{"ranges", {ExitCode::NotFound, ESRCH, "gone"}}};
  send(outcome(true));
  EXPECT_THAT(lessons(), IsEmpty());
}

TEST_F(MemoryTest, NowhereIsNowhere) {
  memory_.follow({.file = "", .limits = {}});
  send(outcome(true));
  send(adopted(200, "/usr/bin/fio"));
  EXPECT_THAT(kernel_.journal, IsEmpty());
  EXPECT_EQ(log(), "");
}

TEST_F(MemoryTest, AFileThatIsNotOursGoesAside) {
  std::ofstream(file()) << std::string(8192, 'x');
  remember();
  EXPECT_EQ(log(),
            "warning: the memory of former runs was no database of this version, or broken; it is "
            "now " +
                file() + ".aside\n");
  send(outcome(true));
  EXPECT_THAT(lessons(), SizeIs(1));
}

TEST_F(MemoryTest, ReloadFollowsTheFile) {
  remember();
  send(outcome(true));
  remember();
  memory_.follow({.file = file() + "2", .limits = {}});
  send(adopted(200, "/usr/bin/fio"));
  EXPECT_THAT(kernel_.journal, IsEmpty()) << "a new memory";
}

TEST_F(MemoryTest, TroubleIsSaidOnce) {
  memory_.follow({.file = "/proc/no/memory.db", .limits = {}});
  memory_.follow({.file = "/proc/no/memory.db", .limits = {}});
  EXPECT_EQ(log(),
            "warning: memory of former runs: /proc/no/memory.db: unable to open database "
            "file\n");
  send(outcome(true));
}

TEST_F(MemoryTest, AFileThatBreaksWhileItIsOpenGoesAside) {
  remember();
  send(outcome(true));
  {
    SQLite::Database other(file(), SQLite::OPEN_READWRITE);
    other.exec("UPDATE lesson SET paid = 7; PRAGMA wal_checkpoint(TRUNCATE)");
  }
  std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(4096);
  stream << std::string(8192, '\xff');
  stream.close();
  send(adopted(200, "/usr/bin/fio"));
  EXPECT_THAT(kernel_.journal, IsEmpty());
  send(outcome(true));
  EXPECT_THAT(log(), HasSubstr("it is now " + file() + ".aside\n"));
  EXPECT_THAT(lessons(), IsEmpty());
  send(outcome(true));
  EXPECT_THAT(lessons(), SizeIs(1));
}

}  // namespace
}  // namespace smadv::memory
