// SPDX-License-Identifier: GPL-2.0
#include "daemon/service/log_sink.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include "daemon/unique_fd.h"
#include "temp_dir.h"

namespace smadv {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// A log to a file descriptor.
struct FdLog {
  explicit FdLog(int fd) : sink(std::make_shared<LogSink>(fd)), logger("test", sink) {
    logger.set_pattern("%l: %v");
  }
  std::shared_ptr<LogSink> sink;
  spdlog::logger logger;
};

/// A pipe. Signals of a reader that left are ignored, as the daemon does.
class LogToPipeTest : public testing::Test {
 protected:
  LogToPipeTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    reader_ = UniqueFd(ends[0]);
    writer_ = UniqueFd(ends[1]);
    former_ = std::signal(SIGPIPE, SIG_IGN);
  }
  ~LogToPipeTest() override { std::signal(SIGPIPE, former_); }

  // What is in the pipe, without waiting.
  std::string received() {
    fcntl(reader_.get(), F_SETFL, O_NONBLOCK);
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = read(reader_.get(), part.data(), part.size())) > 0;) {
      text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

  UniqueFd reader_;
  UniqueFd writer_;
  void (*former_)(int) = nullptr;
};

TEST_F(LogToPipeTest, LinesArriveAtOnce) {
  FdLog log(writer_.get());
  log.logger.info("one");
  EXPECT_EQ(received(), "info: one\n");
  EXPECT_TRUE(log.sink->drain());
}

TEST_F(LogToPipeTest, FullPipeDoesNotBlockAndIsCaughtUpWith) {
  FdLog log(writer_.get());
  const std::string filler(1000, 'x');
  int lines = 0;
  while (log.sink->drain()) {
    log.logger.info("{} {}", lines++, filler);
    ASSERT_LT(lines, 10'000);
  }
  log.logger.info("the last");
  std::string text = received();
  EXPECT_TRUE(log.sink->drain());
  text += received();
  std::istringstream stream(text);
  int number = 0;
  for (std::string line; std::getline(stream, line) && number < lines; ++number) {
    ASSERT_EQ(line, fmt::format("info: {} {}", number, filler)) << "torn, lost or out of order";
  }
  EXPECT_EQ(number, lines);
  EXPECT_THAT(text, EndsWith("info: the last\n"));
}

TEST_F(LogToPipeTest, FlushWritesWhatWasKept) {
  FdLog log(writer_.get());
  log.logger.info("x");
  log.logger.flush();
  EXPECT_EQ(received(), "info: x\n");
}

TEST_F(LogToPipeTest, ReaderThatLeftIsSurvived) {
  FdLog log(writer_.get());
  reader_ = UniqueFd();
  log.logger.info("to nobody");
  EXPECT_FALSE(log.sink->drain());
}

TEST_F(LogToPipeTest, LongLineIsCut) {
  FdLog log(writer_.get());
  log.logger.info("{}", std::string(10'000, 'x'));
  const std::string text = received();
  EXPECT_EQ(text.size(), LogSink::kMostLineBytes);
  EXPECT_THAT(text, EndsWith("x...\n"));
}

/// A file that may grow to so many bytes.
class LogToFullDiskTest : public testing::Test {
 protected:
  LogToFullDiskTest() {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &former_), 0);
    former_action_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~LogToFullDiskTest() override {
    room(former_.rlim_cur);
    std::signal(SIGXFSZ, former_action_);
  }

  void room(rlim_t bytes) const {
    const rlimit limit{bytes, former_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }

  [[nodiscard]] std::string content() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

  test::TempDir dir_;
  std::string path_ = (dir_.path() / "log").string();
  UniqueFd file_{open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  rlimit former_{};
  void (*former_action_)(int) = nullptr;
};

TEST_F(LogToFullDiskTest, LineBegunIsFinishedWhenThereIsRoom) {
  FdLog log(file_.get());
  room(15);
  log.logger.info("one");    // 10 bytes
  log.logger.info("two");    // 5 of 10
  log.logger.info("three");  // none
  EXPECT_FALSE(log.sink->drain());
  EXPECT_EQ(content(), "info: one\ninfo:");
  room(former_.rlim_cur);
  EXPECT_TRUE(log.sink->drain());
  EXPECT_EQ(content(), "info: one\ninfo: two\ninfo: three\n");
}

TEST_F(LogToFullDiskTest, TheLastLinesAreKeptAndTheRestIsCounted) {
  FdLog log(file_.get());
  room(0);
  for (std::size_t i = 0; i < LogSink::kMostLines + 40; ++i) {
    log.logger.info("{}", i);
  }
  EXPECT_FALSE(log.sink->drain());
  room(former_.rlim_cur);
  EXPECT_TRUE(log.sink->drain());
  const std::string text = content();
  EXPECT_THAT(text, StartsWith("warning: 40 lines of the log were lost: File too large\n"
                               "info: 40\ninfo: 41\n"));
  EXPECT_THAT(text, EndsWith(fmt::format("info: {}\n", LogSink::kMostLines + 39)));
  log.logger.info("more");
  EXPECT_EQ(content(), text + "info: more\n") << "the loss was told twice";
}

TEST_F(LogToFullDiskTest, LineBegunDoesNotFallOut) {
  FdLog log(file_.get());
  room(3);
  for (std::size_t i = 0; i < LogSink::kMostLines + 2; ++i) {
    log.logger.info("{}", i);
  }
  room(former_.rlim_cur);
  EXPECT_TRUE(log.sink->drain());
  EXPECT_THAT(content(), StartsWith("info: 0\nwarning: 2 lines of the log were lost"));
  EXPECT_THAT(content(), HasSubstr("\ninfo: 3\n"));
}

}  // namespace
}  // namespace smadv
