// SPDX-License-Identifier: GPL-2.0
#include "daemon/service/log_sink.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace smadv {
namespace {

// As write(), but fails with EAGAIN instead of waiting, whatever the flags of the file are: they
// are shared with other programs, and not ours to change.
ssize_t write_now(int fd, const std::string& text) {
  pollfd polled{fd, POLLOUT, 0};
  if (poll(&polled, 1, 0) == 0) {
    errno = EAGAIN;
    return -1;
  }
  ssize_t written = 0;
  do {
    written = write(fd, text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  return written;
}

}  // namespace

void LogSink::sink_it_(const spdlog::details::log_msg& message) {
  keep(line_of(message));
  static_cast<void>(drain());
}

bool LogSink::drain() {
  if (torn_ && !put_front()) {
    return false;
  }
  if (lost_ > 0) {
    kept_.push_front(notice());
    const auto told = std::exchange(lost_, 0);
    if (!put_front()) {
      if (!torn_) {  // not begun: there may be more to count
        kept_.pop_front();
        lost_ = told;
      }
      return false;
    }
  }
  while (!kept_.empty()) {
    if (!put_front()) {
      return false;
    }
  }
  return true;
}

std::string LogSink::line_of(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t formatted;
  formatter_->format(message, formatted);
  std::string line(formatted.data(), formatted.size());
  if (line.size() > kMostLineBytes) {
    line.replace(kMostLineBytes - 4, std::string::npos, "...\n");
  }
  return line;
}

std::string LogSink::notice() {
  const auto text = fmt::format("{} lines of the log were lost: {}", lost_,
                                code_ == EAGAIN ? "nobody read them" : std::strerror(code_));
  return line_of({"smadvd", spdlog::level::warn, text});
}

void LogSink::keep(std::string line) {
  if (kept_.size() == kMostLines) {
    kept_.erase(kept_.begin() + (torn_ ? 1 : 0));
    ++lost_;
  }
  kept_.push_back(std::move(line));
}

bool LogSink::put_front() {
  std::string& front = kept_.front();
  const ssize_t written = write_now(fd_, front);
  if (written < 0) {
    code_ = errno;
    return false;
  }
  front.erase(0, static_cast<std::size_t>(written));
  torn_ = !front.empty();
  if (torn_) {
    code_ = ENOSPC;  // a file takes a part only when it is full
    return false;
  }
  kept_.pop_front();
  return true;
}

}  // namespace smadv
