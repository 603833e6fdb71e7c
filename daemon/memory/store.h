// SPDX-License-Identifier: GPL-2.0
/// @file
/// Lessons on disk, in a database of SQLite.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/memory/lesson.h"
#include "daemon/result.h"

namespace smadv::memory {

/// How much is remembered, and for how long.
struct Limits {
  std::uint32_t rows = 4096;
  std::uint32_t days = 90;  ///< Since the last trial.

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// The database. Several programs may have it open; each call is a transaction of its own, and
/// fails when another one keeps it for longer than a moment.
class Store {
 public:
  enum class Mode { Read, Write };

  /// @param file is made in Mode::Write when it is not there, with the folder that it is in. One
  ///   that is no database of ours, or is broken, is an error with code EILSEQ.
  [[nodiscard]] static Result<Store> open(const std::filesystem::path& file, Mode mode);

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// Add an outcome to its lesson, and forget what is beyond the limits.
  [[nodiscard]] Result<void> learn(const Outcome& outcome, const Limits& limits,
                                   std::int64_t now_s);

  /// Lessons of one executable or of all, the latest first.
  [[nodiscard]] Result<std::vector<Lesson>> lessons(const std::optional<std::string>& exe = {});

  /// Forget the lessons of an executable or on a file of this path, or all. How many there were.
  [[nodiscard]] Result<std::uint64_t> forget(const std::optional<std::string>& exe_or_file);

 private:
  class Database;
  explicit Store(std::unique_ptr<Database> database);

  std::unique_ptr<Database> database_;
};

/// Whether there is a database, of whatever kind.
[[nodiscard]] bool database_exists(const std::filesystem::path& file);

/// Open @p file for writing. What is there and no database of ours goes aside, under another name.
struct Opened {
  Store store;
  std::optional<std::filesystem::path> aside;  ///< Where the former file is now.
};
[[nodiscard]] Result<Opened> open_or_replace(const std::filesystem::path& file);

}  // namespace smadv::memory
