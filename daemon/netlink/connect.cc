// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/connect.h"

#include "daemon/netlink/netlink_client.h"
#include "daemon/netlink/socket.h"

namespace smadv::netlink {
namespace {

Transports sockets() {
  return {[] { return Socket::open(Socket::Mode::Waiting); },
          [] { return Socket::open(Socket::Mode::Polled); }};
}

}  // namespace

Result<std::unique_ptr<KernelClient>> connect() {
  return NetlinkClient::connect(sockets());
}

Result<std::unique_ptr<ModuleWatch>> watch_module() {
  return watch_module(sockets());
}

}  // namespace smadv::netlink
