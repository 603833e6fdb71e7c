// SPDX-License-Identifier: GPL-2.0
/// @file
/// What the kernel sends without being asked: the module's events, and families that come and go.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "daemon/kernel_client.h"
#include "daemon/module_watch.h"
#include "daemon/netlink/reply.h"
#include "daemon/netlink/transport.h"

namespace smadv::netlink {

/// What the module sends to its groups. The transport is a member of them and of the controller's,
/// so that an unloaded module is told of instead of heard as silence.
class Notifications {
 public:
  /// Takes one message.
  using Sink = std::function<Result<void>(const Command&)>;

  /// @param family number of the module's family
  Notifications(std::unique_ptr<Transport> transport, std::uint16_t family)
      : transport_(std::move(transport)), family_(family) {}

  [[nodiscard]] int fd() const { return transport_->fd(); }

  /// Give everything that has arrived to @p sink. Tells how many messages were dropped after it.
  [[nodiscard]] Result<std::uint64_t> read(const Sink& sink);

  /// The module has left, nothing comes any more.
  [[nodiscard]] bool vanished() const { return vanished_; }

 private:
  [[nodiscard]] Result<void> take(Bytes datagram, const Sink& sink);

  std::unique_ptr<Transport> transport_;
  std::uint16_t family_;
  std::uint32_t dropped_ = 0;  ///< Told so far.
  bool vanished_ = false;
};

/// The module's events. Ends with ExitCode::ModuleAbsent.
class NetlinkEventStream final : public EventStream {
 public:
  explicit NetlinkEventStream(Notifications notifications)
      : notifications_(std::move(notifications)) {}

  [[nodiscard]] int fd() const override { return notifications_.fd(); }
  [[nodiscard]] Result<EventBatch> read() override;

 private:
  Notifications notifications_;
};

/// What the analyzer works with, and the module's events. Ends with ExitCode::ModuleAbsent.
class NetlinkRecordingStream final : public RecordingStream {
 public:
  explicit NetlinkRecordingStream(Notifications notifications)
      : notifications_(std::move(notifications)) {}

  // GCOVR_EXCL_START: who records from a module waits for it, in booted kernels
  [[nodiscard]] int fd() const override { return notifications_.fd(); }
  // GCOVR_EXCL_STOP
  [[nodiscard]] Result<RecordingBatch> read() override;

 private:
  Notifications notifications_;
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
