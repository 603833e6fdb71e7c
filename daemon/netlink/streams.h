// SPDX-License-Identifier: GPL-2.0
/// @file
/// What the kernel sends without being asked: the module's events, and families that come and go.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "daemon/kernel_client.h"
#include "daemon/module_watch.h"
#include "daemon/netlink/transport.h"

namespace smadv::netlink {

/// The module's events. Its transport is a member of the events group and of the controller's, so
/// that an unloaded module ends the stream with ExitCode::ModuleAbsent instead of with silence.
class NetlinkEventStream final : public EventStream {
 public:
  /// @param family number of the module's family
  NetlinkEventStream(std::unique_ptr<Transport> transport, std::uint16_t family)
      : transport_(std::move(transport)), family_(family) {}

  [[nodiscard]] int fd() const override { return transport_->fd(); }
  [[nodiscard]] Result<EventBatch> read() override;

 private:
  [[nodiscard]] Result<void> take(Bytes datagram, EventBatch& batch);

  std::unique_ptr<Transport> transport_;
  std::uint16_t family_;
  std::uint32_t dropped_ = 0;  ///< Told so far.
  bool vanished_ = false;
};

/// The controller's notifications of our family.
class NetlinkModuleWatch final : public ModuleWatch {
 public:
  explicit NetlinkModuleWatch(std::unique_ptr<Transport> transport)
      : transport_(std::move(transport)) {}

  [[nodiscard]] int fd() const override { return transport_->fd(); }
  [[nodiscard]] Result<ModuleNews> read() override;

 private:
  std::unique_ptr<Transport> transport_;
};

}  // namespace smadv::netlink
