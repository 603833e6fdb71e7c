// SPDX-License-Identifier: GPL-2.0
/// @file
/// A program at a terminal, and the person before it.
#pragma once

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <pty.h>
#include <string>
#include <string_view>
#include <termios.h>

#include <gtest/gtest.h>

#include "daemon/unique_fd.h"

namespace smadv::test {

/// Runs a function as a job at a pseudo-terminal of its own. What stands for the shell says
/// "[stopped]" when the job stops, and lets it go on after a line of input.
class Terminal {
 public:
  explicit Terminal(const std::function<int()>& job, winsize size = {24, 80, 0, 0}) {
    std::fflush(nullptr);
    int fd = -1;
    shell_ = forkpty(&fd, nullptr, nullptr, &size);
    if (shell_ == 0) {
      be_shell(job);
    }
    fd_ = UniqueFd(fd);
  }
  ~Terminal() {
    if (shell_ > 0) {
      hang_up();
      waitpid(shell_, nullptr, 0);
    }
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(std::string_view keys) const {
    EXPECT_EQ(write(fd_.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }

  void resize(unsigned short width, unsigned short height) const {
    const winsize size{height, width, 0, 0};
    EXPECT_EQ(ioctl(fd_.get(), TIOCSWINSZ, &size), 0);
  }

  /// Signal the job.
  void send(int signal) const { kill(-tcgetpgrp(fd_.get()), signal); }

  void hang_up() { fd_ = UniqueFd(); }

  /// Wait until @p text is written, which is forgotten up to there.
  void until(const std::string& text) {
    while (said_.find(text) == std::string::npos && read_on()) {
    }
    const auto found = said_.find(text);
    ASSERT_NE(found, std::string::npos) << said_;
    said_.erase(0, found + text.size());
  }

  /// Wait until @p text shows: the screen is written anew, again and again.
  void sees(const std::string& text) {
    said_.clear();
    while (said_.find(text) == std::string::npos) {
      pollfd fd{fd_.get(), POLLIN, 0};
      if (poll(&fd, 1, 100) == 0) {
        said_.clear();
        type("\f");
      } else {
        ASSERT_TRUE(read_on()) << said_;
      }
    }
  }

  /// All that was written since the last wait, once the job ended, and how it did.
  std::string rest(int& exit) {
    while (read_on()) {
    }
    int status = 0;
    EXPECT_EQ(waitpid(shell_, &status, 0), shell_);
    shell_ = 0;
    exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return said_;
  }

  /// Whether the terminal edits lines and echoes, as shells want it.
  [[nodiscard]] bool is_usual() const {
    termios mode{};
    EXPECT_EQ(tcgetattr(fd_.get(), &mode), 0);
    return (mode.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO) && (mode.c_iflag & ICRNL) != 0;
  }

 private:
  bool read_on() {
    std::array<char, 4096> part{};
    const ssize_t got = read(fd_.get(), part.data(), part.size());
    if (got > 0) {
      said_.append(part.data(), static_cast<std::size_t>(got));
    }
    return got > 0;
  }

  [[noreturn]] static void be_shell(const std::function<int()>& job) {
    std::signal(SIGTTOU, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);
    const pid_t pid = fork();
    if (pid == 0) {
      setpgid(0, 0);
      tcsetpgrp(STDIN_FILENO, getpid());
      std::signal(SIGTTOU, SIG_DFL);
      std::signal(SIGHUP, SIG_DFL);
      std::exit(job());
    }
    int status = 0;
    while (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status)) {
      tcsetpgrp(STDIN_FILENO, getpid());
      std::array<char, 80> line{};
      if (write(STDOUT_FILENO, "[stopped]", 9) != 9 ||
          read(STDIN_FILENO, line.data(), line.size()) < 0) {
        _exit(1);
      }
      tcsetpgrp(STDIN_FILENO, pid);
      kill(-pid, SIGCONT);
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  }

  pid_t shell_ = 0;
  UniqueFd fd_;
  std::string said_;
};

}  // namespace smadv::test
