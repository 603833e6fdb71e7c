// SPDX-License-Identifier: GPL-2.0
/// @file
/// Sends messages and receives datagrams. The seam at which tests stand in for the kernel.
#pragma once

#include <cstdint>

#include "daemon/netlink/attributes.h"
#include "daemon/netlink/message.h"
#include "daemon/result.h"

namespace smadv::netlink {

/// A two-way connection with the kernel's generic netlink.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Fill in the sequence number and send. Gives the sequence number.
  [[nodiscard]] virtual Result<std::uint32_t> send(const Message& message) = 0;

  /// The next datagram, valid until the next call. Error::code tells ENOBUFS (datagrams were lost),
  /// EAGAIN (nothing there) and the rest apart.
  [[nodiscard]] virtual Result<Bytes> receive() = 0;

  /// Receive what is sent to a multicast group.
  [[nodiscard]] virtual Result<void> join(std::uint32_t group) = 0;

  /// Datagrams that were dropped so far because nobody received them in time; modulo 2^32.
  [[nodiscard]] virtual std::uint32_t dropped() const = 0;

  /// Readable when there is something to receive.
  [[nodiscard]] virtual int fd() const = 0;
};

}  // namespace smadv::netlink
