// SPDX-License-Identifier: GPL-2.0
/// @file
/// The door to this folder: the module over real sockets, without a header of libnl.
#pragma once

#include <cstdint>
#include <memory>

#include "daemon/kernel_client.h"
#include "daemon/module_watch.h"
#include "daemon/result.h"

namespace smadv::netlink {

/// Room that the kernel keeps for events while their reader is busy; it takes up to double of it.
struct EventBuffer {
  static constexpr std::uint32_t kLeast = 4;
  static constexpr std::uint32_t kMost = 4096;

  std::uint32_t kib = 2048;
};

/// Connect with the loaded module. ExitCode::ModuleAbsent when there is none. Does not check the
/// version of the interface, see check_abi().
[[nodiscard]] Result<std::unique_ptr<KernelClient>> connect(EventBuffer buffer = {});

/// Watch for the module being loaded and unloaded.
[[nodiscard]] Result<std::unique_ptr<ModuleWatch>> watch_module();

}  // namespace smadv::netlink
