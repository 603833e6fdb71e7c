// SPDX-License-Identifier: GPL-2.0
// The daemon's real surroundings: command line, poll(), signals, the service manager's socket.
#include "daemon/service/system.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include "daemon/netlink/connect.h"
#include "daemon/service/log_sink.h"
#include "daemon/service/options.h"
#include "no_more_files.h"
#include "temp_dir.h"
#include "version.h"

namespace smadv {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

Options options_of(const std::vector<std::string>& words) {
  const auto parsed = parse_options(words);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return std::get<Options>(*parsed);
}

TEST(Options, Defaults) {
  const Options options = options_of({});
  EXPECT_EQ(options.config, "/etc/smart-madvise/policy.toml");
  EXPECT_EQ(options.log_level, "info");
  EXPECT_EQ(options.event_buffer_kb, 2048U);
  EXPECT_FALSE(options.check);
}

TEST(Options, Given) {
  const Options options = options_of({"--config", "x.toml", "--check", "--log-level", "debug"});
  EXPECT_EQ(options.config, "x.toml");
  EXPECT_EQ(options.log_level, "debug");
  EXPECT_TRUE(options.check);
}

TEST(Options, Wrong) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"--frob"},
                                                                 {"word"},
                                                                 {"--config"},
                                                                 {"--log-level", "loud"},
                                                                 {"--event-buffer-kb", "3"},
                                                                 {"--event-buffer-kb", "4097"},
                                                                 {"--event-buffer-kb", "x"}}) {
    const auto parsed = parse_options(words);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().exit, ExitCode::Usage);
    EXPECT_THAT(parsed.error().message, HasSubstr("smadvd --help"));
  }
}

TEST(Options, HelpAndVersion) {
  const auto help = parse_options({"--help"});
  ASSERT_TRUE(help);
  EXPECT_THAT(std::get<Answer>(*help).text,
              AllOf(HasSubstr("policy.d/*.toml"), HasSubstr("SIGHUP"), HasSubstr("Examples:"),
                    HasSubstr("Exit codes:")));
  const auto version = parse_options({"--version"});
  ASSERT_TRUE(version);
  EXPECT_EQ(std::get<Answer>(*version).text, "smadvd " SMADV_VERSION "\n");
}

TEST(SystemPoller, TellsWhatIsReadable) {
  const UniqueFd idle(eventfd(0, EFD_CLOEXEC));
  const UniqueFd busy(eventfd(1, EFD_CLOEXEC));
  SystemPoller poller;
  const std::array fds{idle.get(), busy.get()};
  const auto ready = poller.wait(fds, {});
  ASSERT_TRUE(ready);
  EXPECT_THAT(*ready, ElementsAre(busy.get()));
}

TEST(SystemPoller, WaitsUntilTheDeadlineAndNotLonger) {
  const UniqueFd idle(eventfd(0, EFD_CLOEXEC));
  SystemPoller poller;
  const std::array fds{idle.get()};
  const auto start = poller.now();
  const auto ready = poller.wait(fds, start + 100ms);
  ASSERT_TRUE(ready);
  EXPECT_THAT(*ready, IsEmpty());
  EXPECT_GE(poller.now(), start + 100ms);
  EXPECT_LT(poller.now(), start + 10s);
  EXPECT_TRUE(poller.wait(fds, start)) << "a deadline that has passed does not wait";
}

TEST(SystemPoller, SignalEndsTheWaitWithNothing) {
  struct sigaction former {};
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ASSERT_EQ(sigaction(SIGALRM, &action, &former), 0);
  const itimerval soon{{0, 0}, {0, 100'000}};
  ASSERT_EQ(setitimer(ITIMER_REAL, &soon, nullptr), 0);
  SystemPoller poller;
  const auto ready = poller.wait({}, poller.now() + 20s);
  ASSERT_EQ(sigaction(SIGALRM, &former, nullptr), 0);
  ASSERT_TRUE(ready) << ready.error().message;
  EXPECT_THAT(*ready, IsEmpty());
}

TEST(SystemPoller, MoreFilesThanMayBeOpenAreAnError) {
  const test::NoMoreFiles limit;
  SystemPoller poller;
  const std::array fds{0};
  EXPECT_EQ(poller.wait(fds, poller.now()).error().message, "cannot wait: Invalid argument");
}

TEST(SystemSignals, HandsSignalsOut) {
  auto fd = SignalFd::open({SIGHUP});
  ASSERT_TRUE(fd);
  SystemSignals signals(*std::move(fd));
  EXPECT_FALSE(signals.next());
  ASSERT_EQ(raise(SIGHUP), 0);
  SystemPoller poller;
  const std::array fds{signals.fd()};
  const auto ready = poller.wait(fds, poller.now() + 5s);
  ASSERT_TRUE(ready);
  EXPECT_THAT(*ready, ElementsAre(signals.fd()));
  EXPECT_EQ(signals.next(), SIGHUP);
}

/// The service manager's end of NOTIFY_SOCKET.
class NotifierTest : public testing::Test {
 protected:
  NotifierTest() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (dir_.path() / "notify").string();
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~NotifierTest() override { unsetenv("NOTIFY_SOCKET"); }

  std::string received() const {
    std::array<char, 512> buffer{};
    const ssize_t length = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return length < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(length));
  }

  test::TempDir dir_;
  UniqueFd socket_{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  SystemdNotifier notifier_;
};

TEST_F(NotifierTest, SpeaksToTheServiceManager) {
  notifier_.ready();
  EXPECT_EQ(received(), "READY=1");
  notifier_.reloading();
  EXPECT_THAT(received(), testing::MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  notifier_.status("waiting");
  EXPECT_EQ(received(), "STATUS=waiting");
  notifier_.stopping();
  EXPECT_EQ(received(), "STOPPING=1");
}

TEST_F(NotifierTest, TellsThatItIsAliveTwiceInTheTimeThatSystemdWaits) {
  setenv("WATCHDOG_USEC", "3000000", 1);
  const auto interval = notifier_.watch_interval();
  unsetenv("WATCHDOG_USEC");
  EXPECT_EQ(interval, 1500ms);
  EXPECT_EQ(notifier_.watch_interval(), std::nullopt);
  notifier_.alive();
  EXPECT_EQ(received(), "WATCHDOG=1");
}

TEST_F(NotifierTest, SpeaksToNobodyWhenThereIsNone) {
  unsetenv("NOTIFY_SOCKET");
  notifier_.ready();
  EXPECT_EQ(received(), "nothing");
}

TEST(Logger, HasTheLevelAskedFor) {
  EXPECT_EQ(make_log("debug").logger->level(), spdlog::level::debug);
  EXPECT_EQ(make_log("error").logger->level(), spdlog::level::err);
}

TEST(Logger, SpeaksToTheJournalWhenStandardErrorLeadsThere) {
  struct stat status {};
  ASSERT_EQ(fstat(STDERR_FILENO, &status), 0);
  setenv("JOURNAL_STREAM", fmt::format("{}:{}", status.st_dev, status.st_ino).c_str(), 1);
  const Log log = make_log("info");
  unsetenv("JOURNAL_STREAM");
  EXPECT_TRUE(log.flush()) << "there is nothing that it would have to keep";
  EXPECT_FALSE(std::dynamic_pointer_cast<LogSink>(log.logger->sinks().front()));
  const Log other = make_log("info");
  EXPECT_TRUE(std::dynamic_pointer_cast<LogSink>(other.logger->sinks().front()));
}

// The real sockets against the real kernel: its controller is always there, our family is not
// where these tests run, or then speaks our language.
TEST(Netlink, RealSocketsFindTheFamilyOrSayThatItIsAbsent) {
  const auto client = netlink::connect();
  if (client) {
    EXPECT_TRUE((*client)->info());
  } else {
    EXPECT_EQ(client.error().exit, ExitCode::ModuleAbsent) << client.error().message;
  }
}

TEST(Netlink, RealWatchIsQuiet) {
  const auto watch = netlink::watch_module();
  ASSERT_TRUE(watch) << watch.error().message;
  EXPECT_GE((*watch)->fd(), 0);
  const auto news = (*watch)->read();
  ASSERT_TRUE(news) << news.error().message;
  EXPECT_FALSE(news->appeared || news->vanished || news->lost);
}

}  // namespace
}  // namespace smadv
