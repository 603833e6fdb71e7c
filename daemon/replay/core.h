// SPDX-License-Identifier: GPL-2.0
/// @file
/// The core of the module, in C, as user space compiles it.
#pragma once

extern "C" {
#include "kmod/core/budget.h"
#include "kmod/core/policy.h"
#include "kmod/core/ranges.h"
}

// A macro of the shim, and a word of C++ headers.
#undef noinline
