// SPDX-License-Identifier: GPL-2.0
/// @file
/// What was learned of a hint on a file that a program reads.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/names.h"

namespace smadv::memory {

/// How a trial went.
struct Outcome {
  std::string exe;
  std::string file;
  std::uint64_t file_id = 0;  ///< Of device, inode and generation, so that a new file begins anew.
  Hint hint = Hint::None;
  Pattern pattern = Pattern::Unknown;
  std::uint32_t pattern_pages = 0;
  std::uint64_t start = 0;  ///< Part of the file, in bytes.
  std::uint64_t end = 0;
  bool paid = false;
  std::uint64_t ns = 0;  ///< What it spared, or cost.
};

/// The outcomes for one executable, file and hint; the part and pattern are of the last one.
struct Lesson {
  Outcome last;
  std::uint64_t paid = 0;    ///< Trials that did.
  std::uint64_t failed = 0;  ///< And that did not.
  std::int64_t streak = 0;   ///< How many times in a row it paid, or, negative, did not.
  std::uint64_t spared_ns = 0;
  std::uint64_t lost_ns = 0;
  std::int64_t first_s = 0;  ///< Since 1970.
  std::int64_t last_s = 0;
};

/// What the next trial has to be worth, in percent of its price: a quarter for each time in a row
/// that the hint paid, four times as much for each time that it did not, up to two of them.
[[nodiscard]] std::uint32_t price_pct(const Lesson& lesson);

}  // namespace smadv::memory
