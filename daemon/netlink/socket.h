// SPDX-License-Identifier: GPL-2.0
/// @file
/// The real transport: a generic netlink socket.
#pragma once

#include <netlink/socket.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "daemon/netlink/connect.h"
#include "daemon/netlink/transport.h"

namespace smadv::netlink {

/// A connected generic netlink socket with extended acknowledgements.
class Socket final : public Transport {
 public:
  /// A socket whose receive() waits, for a limited time.
  [[nodiscard]] static Result<std::unique_ptr<Transport>> open_for_requests();
  /// A socket whose receive() does not wait, with room for what comes while nobody receives.
  [[nodiscard]] static Result<std::unique_ptr<Transport>> open_for_events(EventBuffer buffer);

  [[nodiscard]] Result<std::uint32_t> send(const Message& message) override;
  [[nodiscard]] Result<Bytes> receive() override;
  [[nodiscard]] Result<void> join(std::uint32_t group) override;
  [[nodiscard]] std::uint32_t dropped() const override;
  [[nodiscard]] int fd() const override { return nl_socket_get_fd(socket_.get()); }

 private:
  struct Free {
    void operator()(nl_sock* socket) const { nl_socket_free(socket); }
  };

  Socket();
  [[nodiscard]] Result<void> connect();
  [[nodiscard]] Result<void> prepare_for_events(EventBuffer buffer);

  std::unique_ptr<nl_sock, Free> socket_;
  std::vector<std::byte> buffer_;
};

}  // namespace smadv::netlink
