// SPDX-License-Identifier: GPL-2.0
/// @file
/// The faults of a recording one by one, each with its place in a file.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/recording/header.h"
#include "daemon/report/reports.h"
#include "daemon/result.h"

namespace smadv::report {

/// A fault and where it was.
struct Touch {
  std::uint64_t time_ms;    ///< Since the recording began, of the analyzer's round.
  std::uint64_t process;    ///< Number of its record.
  std::uint32_t file;       ///< Index of Survey::files.
  const std::string* path;  ///< Of that.
  std::uint64_t page;       ///< Page number in the file.
  bool again;               ///< Second entry of a fault that waited: no touch of its own.
  bool alone;               ///< On a mapping with RANDOM: nothing is read around it.
  std::uint64_t waited_ns;
};

/// A file that faults were in.
struct File {
  std::string path;
  std::uint64_t pages = 0;  ///< Up to the last one that was mapped.
  std::uint64_t faults = 0;
  std::uint64_t waits = 0;
  std::uint64_t waited_ns = 0;
};

/// What a walk came by.
struct Survey {
  recording::Header header;
  std::vector<File> files;
  std::map<std::uint64_t, std::string> processes;  ///< "COMMAND (PID)" by record.
  std::uint64_t duration_ms = 0;
  std::uint64_t faults = 0;
  std::uint64_t unplaced = 0;  ///< Faults whose range was not known (yet).
  std::uint64_t lost = 0;      ///< Faults.
  std::optional<recording::End> end;
  std::optional<std::string> cut_off;

  /// Where it is from, how much it has, what it lacks: sentences.
  [[nodiscard]] std::vector<std::string> facts() const;
};

/// What is called for each thing met, in order. Those left out are not.
struct Visitor {
  std::function<void(const Touch&)> touch = {};
  std::function<void(std::uint64_t time_ms, const Event&)> event = {};
  std::function<void(std::uint64_t time_ms, std::uint64_t lost)> loss = {};
};

/// Go through the recording.
[[nodiscard]] Result<Survey> walk(const Subject& subject, const Visitor& visitor);

}  // namespace smadv::report
