// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/context.h"

#include <pwd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace smadv::cli {
namespace {

std::string user_name(std::uint32_t uid) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::to_string(uid);
  }
  return found->pw_name;
}

std::size_t columns_of_terminal(int fd) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

Machine real_machine() {
  return {
      .connect = netlink::connect,
      .user_name = user_name,
      .root = {},
      .out_fd = STDOUT_FILENO,
      .out_is_terminal = isatty(STDOUT_FILENO) == 1,
      .out_columns = columns_of_terminal(STDOUT_FILENO),
      .err_is_terminal = isatty(STDERR_FILENO) == 1,
      .no_color = std::getenv("NO_COLOR"),
      .term = std::getenv("TERM"),
  };
}

Result<KernelClient*> Context::client() {
  if (client_) {
    return client_.get();
  }
  auto connected = machine_.connect(event_buffer_);
  if (!connected) {
    return connected.error();
  }
  const auto info = (*connected)->info();
  if (!info) {
    return info.error();
  }
  if (auto fits = check_abi(*info); !fits) {
    return fits.error();
  }
  client_ = *std::move(connected);
  return client_.get();
}

Result<Policy> Context::policy() {
  const auto connected = client();
  return connected ? (*connected)->policy() : connected.error();
}

void Context::note(std::string_view text) {
  out_.flush();
  err_ << "smadv: " << text << '\n';
}

void Context::progress(std::string_view text) {
  if (!text.empty() || progress_shown_) {
    err_ << "\r\x1b[K" << text << std::flush;
  }
  progress_shown_ = !text.empty();
}

std::function<void(unsigned)> Context::reading() {
  return [this, shown = 100U](unsigned percent) mutable {
    if (machine_.err_is_terminal && percent != shown) {
      shown = percent;
      progress(percent == 100 ? std::string() : fmt::format("reading, {} %", percent));
    }
  };
}

bool Context::process_exists(std::uint32_t pid) const {
  std::error_code ignored;
  return std::filesystem::exists(fmt::format("{}/proc/{}", machine_.root, pid), ignored);
}

Error Context::not_tracked(std::uint32_t pid) const {
  if (!process_exists(pid)) {
    return {ExitCode::NotFound, ESRCH, fmt::format("there is no process {}", pid)};
  }
  return {ExitCode::NotFound, ESRCH,
          fmt::format("process {} is not tracked: no fault of it on a large enough file mapping "
                      "was seen yet, or a filter rule keeps it out",
                      pid)};
}

}  // namespace smadv::cli
