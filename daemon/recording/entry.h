// SPDX-License-Identifier: GPL-2.0
/// @file
/// What a recording consists of, and its bytes. docs/recording.md has the format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/model.h"
#include "daemon/result.h"

namespace smadv::recording {

/// Something is missing here, because it came faster than it could be taken.
struct Loss {
  std::uint64_t messages = 0;  ///< Of the module.
  std::uint64_t faults = 0;    ///< That were in them, of all processes.

  friend bool operator==(const Loss&, const Loss&) = default;
};

/// Why a recording ended.
enum class EndReason : std::uint32_t { Asked, ProcessEnded, TimeUp, MaxSize, ModuleGone };

/// The last entry.
struct End {
  EndReason reason = EndReason::Asked;
  std::uint64_t elapsed_ms = 0;

  friend bool operator==(const End&, const End&) = default;
};

/// One entry. A policy is in force from there on.
using Entry = std::variant<RecordingNote, Event, Policy, Loss, End>;

/// Append @p entry: its kind (index in Entry) and length as varints, then its content.
void encode(const Entry& entry, std::string& bytes);

/// Take one entry off the front of @p bytes. Nothing when it is not whole, an error when it cannot
/// be one. Entries of a kind that is not known are passed over, and so are unknown members.
[[nodiscard]] Result<std::optional<Entry>> decode(std::string_view& bytes);

/// For the header: the kinds of entries with the names of their members, as JSON.
[[nodiscard]] std::string describe_entries();

/// "it was stopped", "the process ended", ...
[[nodiscard]] std::string_view text_of(EndReason reason);

}  // namespace smadv::recording
