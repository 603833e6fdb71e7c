// SPDX-License-Identifier: GPL-2.0
/// @file
/// Reads a recording.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>

#include "daemon/recording/entry.h"
#include "daemon/result.h"

namespace smadv::recording {

/// Is told how much of a recording is read.
using ReadProgress = std::function<void(unsigned percent)>;

/// The entries of a recording, one after the other, from its beginning.
class Reader {
 public:
  /// Read @p path. Refuses what is no recording, and newer formats.
  [[nodiscard]] static Result<Reader> open(const std::filesystem::path& path,
                                           ReadProgress progress = {});

  /// The same of any stream, called @p name in complaints.
  [[nodiscard]] static Result<Reader> read(std::unique_ptr<std::istream> stream, std::string name);

  Reader(Reader&& other) noexcept;
  Reader& operator=(Reader&& other) = delete;
  ~Reader();

  /// JSON object that tells where the recording is from.
  [[nodiscard]] const std::string& header() const { return header_; }

  /// The next entry, nothing at the end.
  [[nodiscard]] std::optional<Entry> next();

  /// Once all was read: why it ends before its end, nothing when it does not.
  [[nodiscard]] const std::optional<std::string>& cut_off() const { return cut_off_; }

 private:
  struct Decompressor;

  Reader(std::unique_ptr<std::istream> stream, std::string header);
  [[nodiscard]] bool more();
  void tell_progress(std::size_t bytes);

  std::unique_ptr<std::istream> stream_;
  std::string header_;
  std::unique_ptr<Decompressor> decompressor_;
  std::string bytes_;      ///< Decompressed.
  std::size_t taken_ = 0;  ///< Of them, decoded.
  bool ended_ = false;
  ReadProgress progress_;
  std::uintmax_t file_bytes_ = 0;
  std::uintmax_t read_bytes_ = 0;  ///< Of the file.
  std::optional<std::string> cut_off_;
};

}  // namespace smadv::recording
