// SPDX-License-Identifier: GPL-2.0
/// @file
/// The command line of smadv.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "daemon/cli/context.h"
#include "daemon/result.h"

namespace smadv::cli {

/// Run one command line.
/// @param words the command line without the program's name
/// @param machine outlives the call
/// @param out where the answer goes
/// @param err where complaints go, one line each
[[nodiscard]] ExitCode run(const std::vector<std::string>& words, const Machine& machine,
                           std::ostream& out, std::ostream& err);

}  // namespace smadv::cli
