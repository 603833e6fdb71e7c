// SPDX-License-Identifier: GPL-2.0
// The scoreboard's pattern program, for C++.
#ifndef SMADV_TESTS_UNIT_BENCH_PATTERN_H_
#define SMADV_TESTS_UNIT_BENCH_PATTERN_H_

extern "C" {
#include "language.h"
#include "touches.h"
}

#endif  // SMADV_TESTS_UNIT_BENCH_PATTERN_H_
