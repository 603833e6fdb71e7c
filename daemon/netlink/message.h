// SPDX-License-Identifier: GPL-2.0
/// @file
/// One generic netlink message to be sent.
#pragma once

#include <netlink/msg.h>

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/netlink/attributes.h"

namespace smadv::netlink {

/// A message under construction.
class Message {
 public:
  /// @param family number of the generic netlink family
  /// @param flags NLM_F_* besides NLM_F_REQUEST and NLM_F_ACK, which every request bears
  Message(std::uint16_t family, std::uint8_t command, std::uint16_t flags = 0);

  Message& put(std::uint16_t attribute, std::uint32_t value);
  Message& put(std::uint16_t attribute, std::uint64_t value);
  Message& put(std::uint16_t attribute, const std::string& value);

  /// False when memory ran out or the content does not fit: then it must not be sent.
  [[nodiscard]] bool complete() const { return complete_; }

  /// Header, filled in when the message is sent, and content.
  [[nodiscard]] nlmsghdr* header() const { return nlmsg_hdr(message_.get()); }
  [[nodiscard]] Bytes bytes() const;

 private:
  struct Free {
    void operator()(nl_msg* message) const { nlmsg_free(message); }
  };
  std::unique_ptr<nl_msg, Free> message_;
  bool complete_ = true;
};

}  // namespace smadv::netlink
