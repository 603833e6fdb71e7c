// SPDX-License-Identifier: GPL-2.0
/// @file
/// A process that may open nothing more.
#pragma once

#include <sys/resource.h>

#include <gtest/gtest.h>

namespace smadv::test {

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
