// SPDX-License-Identifier: GPL-2.0
/// @file
/// Looks at the module for `smadv top`.
#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/top/model.h"
#include "daemon/result.h"

namespace smadv::cli::top {

/// What stands now. After a failure the next look connects anew, for the module may have been
/// loaded again.
[[nodiscard]] Result<Snapshot> look(Context& context);

}  // namespace smadv::cli::top
