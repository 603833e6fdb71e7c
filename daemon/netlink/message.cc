// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/message.h"

#include <linux/smart_madvise.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include <new>

namespace smadv::netlink {

Message::Message(std::uint16_t family, std::uint8_t command, std::uint16_t flags)
    : message_(nlmsg_alloc()) {
  if (!message_) {
    throw std::bad_alloc();  // GCOVR_EXCL_LINE: libnl got no memory
  }
  // The port is the kernel's to give, the sequence number the transport's.
  complete_ = genlmsg_put(message_.get(), 0, 0, family, 0, NLM_F_REQUEST | NLM_F_ACK | flags,
                          command, SMART_MADVISE_FAMILY_VERSION) != nullptr;
}

Message& Message::put(std::uint16_t attribute, std::uint32_t value) {
  complete_ = complete_ && nla_put_u32(message_.get(), attribute, value) == 0;
  return *this;
}

Message& Message::put(std::uint16_t attribute, std::uint64_t value) {
  complete_ = complete_ && nla_put_u64(message_.get(), attribute, value) == 0;
  return *this;
}

Message& Message::put(std::uint16_t attribute, const std::string& value) {
  complete_ = complete_ && nla_put_string(message_.get(), attribute, value.c_str()) == 0;
  return *this;
}

Bytes Message::bytes() const {
  return {reinterpret_cast<const std::byte*>(header()), header()->nlmsg_len};
}

}  // namespace smadv::netlink
