// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <spawn.h>

#include <fmt/format.h>

namespace smadv::cli {

Result<Child> Child::start(const std::vector<std::string>& words) {
  std::vector<std::string> owned = words;
  std::vector<char*> arguments;
  arguments.reserve(owned.size() + 1);
  for (std::string& word : owned) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  sigset_t none;
  sigset_t ignored;
  sigemptyset(&none);
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGPIPE);  // main() ignores it
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &ignored);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int code =
      posix_spawnp(&pid, arguments[0], nullptr, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (code != 0) {
    return Error{ExitCode::Failed, code,
                 fmt::format("cannot run {}: {}", words[0], std::strerror(code))};
  }
  return Child(pid);
}

std::optional<int> Child::status() {
  int how = 0;
  if (!status_ && waitpid(pid_, &how, WNOHANG) == pid_) {
    status_ = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
  }
  return status_;
}

void Child::send(int signal) {
  if (!status()) {
    kill(pid_, signal);
  }
}

}  // namespace smadv::cli
