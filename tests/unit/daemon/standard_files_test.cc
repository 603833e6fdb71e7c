// SPDX-License-Identifier: GPL-2.0
#include "daemon/standard_files.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace smadv {
namespace {

// In a child: a test that lost its own standard files could not tell.
TEST(StandardFiles, ClosedOnesAreOpenedAndFilesOfOursGetOtherNumbers) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    close(0);
    close(1);
    close(2);
    open_standard_files();
    const bool all_open =
        fcntl(0, F_GETFD) >= 0 && fcntl(1, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0;
    const int next = open("/dev/null", O_RDONLY);
    _exit(all_open && next > 2 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(StandardFiles, OpenOnesAreLeftAndNothingStaysOpen) {
  const int before = dup(0);
  close(before);
  open_standard_files();
  const int after = dup(0);
  close(after);
  EXPECT_EQ(after, before);
}

TEST(WriteOut, FullDiskIsTold) {
  std::ofstream full("/dev/full");
  const auto written = write_out(full, "text");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "cannot write the output: No space left on device");
}

TEST(WriteOut, Written) {
  std::ostringstream out;
  EXPECT_TRUE(write_out(out, "text"));
  EXPECT_EQ(out.str(), "text");
}

}  // namespace
}  // namespace smadv
