// SPDX-License-Identifier: GPL-2.0
/// @file
/// A process that may open nothing more.
#pragma once

#include <sys/resource.h>

#include <gtest/gtest.h>

namespace smadv::test {

#ifdef __SANITIZE_ADDRESS__
/// The sanitizers open files themselves to look at memory: without any, they report
/// what is in order. Tests that take files away run in the coverage build only.
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// While it lives, every new file, socket or signalfd is refused with EMFILE.
class NoMoreFiles {
 public:
  NoMoreFiles() {
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &former_), 0);
    const rlimit none{0, former_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoMoreFiles() { setrlimit(RLIMIT_NOFILE, &former_); }
  NoMoreFiles(const NoMoreFiles&) = delete;
  NoMoreFiles& operator=(const NoMoreFiles&) = delete;

 private:
  rlimit former_{};
};

}  // namespace smadv::test
