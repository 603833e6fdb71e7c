// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/attributes.h"

#include <netlink/attr.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ranges>

namespace smadv::netlink {
namespace {

template <class T>
bool read_integer(Bytes content, T& value) {
  if (content.size() != sizeof(value)) {
    return false;
  }
  std::memcpy(&value, content.data(), sizeof(value));  // netlink aligns to 4 bytes only
  return true;
}

}  // namespace

Result<Attributes> Attributes::parse(Bytes bytes) {
  Attributes attributes;
  int remaining = static_cast<int>(bytes.size());
  const auto* attribute = reinterpret_cast<const nlattr*>(bytes.data());
  while (nla_ok(attribute, remaining) != 0) {
    attributes.items_.push_back({static_cast<std::uint16_t>(nla_type(attribute)),
                                 Bytes(static_cast<const std::byte*>(nla_data(attribute)),
                                       static_cast<std::size_t>(nla_len(attribute)))});
    attribute = nla_next(attribute, &remaining);
  }
  // The last attribute may lack its padding, which makes the rest negative.
  if (remaining > 0) {
    return Error{ExitCode::Failed, EBADMSG, "the kernel's answer is cut off within an attribute"};
  }
  return attributes;
}

std::optional<Bytes> Attributes::find(std::uint16_t type) const {
  const auto backwards = std::views::reverse(items_);
  const auto item = std::ranges::find(backwards, type, &Item::type);
  return item == backwards.end() ? std::nullopt : std::optional(item->content);
}

std::vector<Bytes> Attributes::all() const {
  std::vector<Bytes> contents;
  contents.reserve(items_.size());
  for (const Item& item : items_) {
    contents.push_back(item.content);
  }
  return contents;
}

bool read_value(Bytes content, std::uint16_t& value) {
  return read_integer(content, value);
}

bool read_value(Bytes content, std::uint32_t& value) {
  return read_integer(content, value);
}

bool read_value(Bytes content, std::uint64_t& value) {
  return read_integer(content, value);
}

bool read_value(Bytes content, std::string& value) {
  const auto* text = reinterpret_cast<const char*>(content.data());
  value.assign(text, strnlen(text, content.size()));
  return true;
}

}  // namespace smadv::netlink
