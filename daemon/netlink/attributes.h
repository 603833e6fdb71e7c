// SPDX-License-Identifier: GPL-2.0
/// @file
/// The attributes of one received message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/result.h"

namespace smadv::netlink {

using Bytes = std::span<const std::byte>;

/// Attributes by number. Views the message, which has to outlive it. When a number comes twice, the
/// last one counts, as in the kernel.
class Attributes {
 public:
  /// Fails when an attribute reaches past the end of @p bytes.
  [[nodiscard]] static Result<Attributes> parse(Bytes bytes);

  /// Content of attribute @p type, unless the message lacks it.
  [[nodiscard]] std::optional<Bytes> find(std::uint16_t type) const;

  /// Content of each attribute, in the order of the message.
  [[nodiscard]] std::vector<Bytes> all() const;

 private:
  struct Item {
    std::uint16_t type;
    Bytes content;
  };
  std::vector<Item> items_;
};

/// Read the content of one attribute. False when it has not the size of the type.
[[nodiscard]] bool read_value(Bytes content, std::uint16_t& value);
[[nodiscard]] bool read_value(Bytes content, std::uint32_t& value);
[[nodiscard]] bool read_value(Bytes content, std::uint64_t& value);
[[nodiscard]] bool read_value(Bytes content, std::string& value);

}  // namespace smadv::netlink
