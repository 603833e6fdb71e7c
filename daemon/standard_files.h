// SPDX-License-Identifier: GPL-2.0
/// @file
/// Standard input, output and error as a program finds and leaves them.
#pragma once

#include <ostream>
#include <string>

#include "daemon/result.h"

namespace smadv {

/// Open what the caller closed of the three on /dev/null, so that no file of ours takes its place
/// and gets what is meant for it.
void open_standard_files();

/// Write what @p out holds and @p text, and see to it that it arrived. A reader that left has seen
/// enough.
[[nodiscard]] Result<void> write_out(std::ostream& out, const std::string& text);

}  // namespace smadv
