// SPDX-License-Identifier: GPL-2.0
/// @file
/// A log that survives where it is written to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

namespace smadv {

/// Writes lines to a file descriptor and never waits for it. What finds no room (full disk, full
/// pipe, reader gone) is kept and said when there is room again, the last kMostLines of it; how
/// many lines fell out is said, too. A line is never torn.
class LogSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  static constexpr std::size_t kMostLines = 256;
  /// Longer lines are cut: what poll() calls writable takes this much of a pipe at once (PIPE_BUF).
  static constexpr std::size_t kMostLineBytes = 4096;

  /// @param fd stays the caller's
  explicit LogSink(int fd) : fd_(fd) {}

  /// Write what was kept. False while there is no room.
  [[nodiscard]] bool drain();

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override { static_cast<void>(drain()); }

 private:
  [[nodiscard]] std::string line_of(const spdlog::details::log_msg& message);
  [[nodiscard]] std::string notice();
  void keep(std::string line);
  [[nodiscard]] bool put_front();

  int fd_;
  std::deque<std::string> kept_;
  bool torn_ = false;       ///< The front is the rest of a line begun.
  std::uint64_t lost_ = 0;  ///< Lines that fell out before the front.
  int code_ = 0;            ///< Why there was no room, errno.
};

}  // namespace smadv
