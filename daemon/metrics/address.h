// SPDX-License-Identifier: GPL-2.0
/// @file
/// Where to listen for who asks for metrics.
#pragma once

#include <sys/socket.h>

#include <string>

#include "daemon/result.h"
#include "daemon/unique_fd.h"

namespace smadv::metrics {

/// A numeric IP address with a port, or a socket in the file system.
struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  std::string path;  ///< Of a socket in the file system.
};

/// Read "127.0.0.1:9973", "[::1]:9973" or "/run/smart-madvise/metrics". The error says what is
/// allowed.
[[nodiscard]] Result<Address> parse_address(const std::string& text);

/// A listening socket, which does not block. A socket file that nobody listens at is replaced.
[[nodiscard]] Result<UniqueFd> listen_at(const Address& address);

}  // namespace smadv::metrics
