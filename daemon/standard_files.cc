// SPDX-License-Identifier: GPL-2.0
#include "daemon/standard_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace smadv {

void open_standard_files() {
  int fd = 0;
  do {
    fd = open("/dev/null", O_RDWR);  // takes the lowest number that is free
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) {
    close(fd);
  }
}

Result<void> write_out(std::ostream& out, const std::string& text) {
  out << text << std::flush;  // does nothing if an earlier write failed: errno is still of that one
  const int code = errno;
  if (out.good() || code == EPIPE) {
    return {};
  }
  return Error{ExitCode::Failed, code,
               fmt::format("cannot write the output: {}", std::strerror(code))};
}

}  // namespace smadv
