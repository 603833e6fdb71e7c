// SPDX-License-Identifier: GPL-2.0
/// @file
/// Writes a recording.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "daemon/recording/entry.h"
#include "daemon/result.h"
#include "daemon/unique_fd.h"

namespace smadv::recording {

/// The file under construction. What was flushed can be read, whatever happens then.
class Writer {
 public:
  /// Create @p path, or empty it.
  /// @param header JSON object that tells where the recording is from
  [[nodiscard]] static Result<Writer> create(const std::filesystem::path& path,
                                             const std::string& header);

  Writer(Writer&& other) noexcept;
  Writer& operator=(Writer&& other) = delete;
  ~Writer();

  [[nodiscard]] Result<void> add(const Entry& entry);
  [[nodiscard]] Result<void> flush();

  /// Write the last entry.
  [[nodiscard]] Result<void> finish(const End& end);

  /// Size that the file has at most once it is flushed.
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  struct Compressor;

  Writer(std::filesystem::path path, UniqueFd fd);
  [[nodiscard]] Result<void> write(std::string_view bytes);
  enum class Extent { Some, All, End };
  [[nodiscard]] Result<void> compress(Extent extent);

  std::filesystem::path path_;
  UniqueFd fd_;
  std::unique_ptr<Compressor> compressor_;
  std::string pending_;  ///< Not yet compressed.
  std::uint64_t unflushed_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace smadv::recording
