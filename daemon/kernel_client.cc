// SPDX-License-Identifier: GPL-2.0
#include "daemon/kernel_client.h"

#include <fmt/format.h>

namespace smadv {

Result<void> check_abi(const Info& info) {
  if (info.abi == SMART_MADVISE_ABI) {
    return {};
  }
  return Error{ExitCode::Incompatible, 0,
               fmt::format("the loaded kernel module {} speaks version {} of the interface, this "
                           "program speaks version {}: install module and programs of one release",
                           info.version, info.abi, SMART_MADVISE_ABI)};
}

}  // namespace smadv
