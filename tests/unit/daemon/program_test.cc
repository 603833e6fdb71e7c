// SPDX-License-Identifier: GPL-2.0
// The programs as they are started, on a machine without the module.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/netlink/connect.h"
#include "daemon/result.h"
#include "daemon/unique_fd.h"
#include "no_more_files.h"
#include "temp_dir.h"
#include "version.h"

namespace smadv {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// One run of a program. What it says comes through a pipe.
class Program {
 public:
  /// @param files how many files it may have open
  explicit Program(std::vector<std::string> words, rlim_t files = 64) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    said_ = UniqueFd(ends[0]);
    const UniqueFd writer(ends[1]);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) {
      arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(writer.get(), STDOUT_FILENO);
      dup2(writer.get(), STDERR_FILENO);
      // What whoever started the tests left open.
      close_range(STDERR_FILENO + 1, ~0U, 0);
      const rlimit limit{files, files};
      setrlimit(RLIMIT_NOFILE, &limit);
      execv(arguments[0], arguments.data());
      _exit(127);
    }
  }
  ~Program() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void send(int signal) const { kill(pid_, signal); }

  /// Everything up to and including @p text, or to the end.
  std::string until(const std::string& text) {
    std::array<char, 4096> part{};
    while (text_.find(text) == std::string::npos) {
      const ssize_t got = read(said_.get(), part.data(), part.size());
      if (got <= 0) {
        break;
      }
      text_.append(part.data(), static_cast<std::size_t>(got));
    }
    return text_;
  }

  std::string all() { return until(std::string(1, '\0')); }

  /// Its exit code, once it has ended.
  ExitCode exit() {
    all();
    int status = 0;
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
    pid_ = 0;
    EXPECT_TRUE(WIFEXITED(status)) << text_;
    return static_cast<ExitCode>(WEXITSTATUS(status));
  }

 private:
  pid_t pid_ = 0;
  UniqueFd said_;
  std::string text_;
};

class ProgramTest : public testing::Test {
 protected:
  // What they would do to a module that is there is not for these tests.
  void SetUp() override {
    if (netlink::connect()) {
      GTEST_SKIP() << "the module is loaded";
    }
  }

  static Program smadv(std::vector<std::string> words) {
    words.insert(words.begin(), SMADV_PROGRAM);
    return Program(std::move(words));
  }
  static Program smadvd(std::vector<std::string> words, rlim_t files = 64) {
    words.insert(words.begin(), SMADVD_PROGRAM);
    return Program(std::move(words), files);
  }

  test::TempDir dir_;
  std::string policy_ = dir_.write("policy.toml", "[policy]\nhold-ms = 7\n").string();
};

TEST_F(ProgramTest, CliAnswersAndComplains) {
  auto version = smadv({"--version"});
  EXPECT_EQ(version.exit(), ExitCode::Ok);
  EXPECT_EQ(version.all(), "smadv " SMADV_VERSION "\n");
  auto processes = smadv({"ps"});
  EXPECT_EQ(processes.exit(), ExitCode::ModuleAbsent);
  EXPECT_THAT(processes.all(), StartsWith("smadv: the kernel module smart_madvise is not loaded"));
}

TEST_F(ProgramTest, DaemonAnswersAndComplains) {
  auto version = smadvd({"--version"});
  EXPECT_EQ(version.exit(), ExitCode::Ok);
  EXPECT_EQ(version.all(), "smadvd " SMADV_VERSION "\n");
  auto wrong = smadvd({"--frob"});
  EXPECT_EQ(wrong.exit(), ExitCode::Usage);
  EXPECT_THAT(wrong.all(), StartsWith("smadvd: "));
}

TEST_F(ProgramTest, DaemonChecksThePolicy) {
  auto right = smadvd({"--check", "--config", policy_});
  EXPECT_EQ(right.exit(), ExitCode::Ok);
  EXPECT_THAT(right.all(), StartsWith("# " + policy_ + "\n[policy]\n"));
  EXPECT_THAT(right.all(), HasSubstr("hold-ms = 7\n"));
  dir_.write("policy.toml", "[policy]\nhold-ms = -1\n");
  auto wrong = smadvd({"--check", "--config", policy_});
  EXPECT_EQ(wrong.exit(), ExitCode::Failed);
  EXPECT_THAT(wrong.all(), StartsWith("smadvd: " + policy_ + ":2:11: "));
}

TEST_F(ProgramTest, DaemonWaitsForTheModuleReloadsAndEnds) {
  auto daemon = smadvd({"--config", policy_});
  EXPECT_THAT(daemon.until("waiting for it"), HasSubstr("waiting for it"));
  daemon.send(SIGHUP);
  EXPECT_THAT(daemon.until("reloaded"), HasSubstr("reloaded"));
  daemon.send(SIGTERM);
  EXPECT_EQ(daemon.exit(), ExitCode::Ok);
}

TEST_F(ProgramTest, DaemonThatGetsNoSocketSaysSo) {
  auto daemon = smadvd({"--config", policy_}, 4);
  EXPECT_EQ(daemon.exit(), ExitCode::Failed);
  EXPECT_THAT(daemon.all(), HasSubstr("smadvd: cannot open a netlink socket"));
}

}  // namespace
}  // namespace smadv
