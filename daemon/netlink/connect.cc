// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/connect.h"

#include "daemon/netlink/netlink_client.h"
#include "daemon/netlink/socket.h"

namespace smadv::netlink {
namespace {

Transports sockets(EventBuffer buffer) {
  return {[] { return Socket::open_for_requests(); },
          [buffer] { return Socket::open_for_events(buffer); }};
}

}  // namespace

Result<std::unique_ptr<KernelClient>> connect(EventBuffer buffer) {
  return NetlinkClient::connect(sockets(buffer));
}

Result<std::unique_ptr<ModuleWatch>> watch_module() {
  return watch_module(sockets({}));
}

}  // namespace smadv::netlink
