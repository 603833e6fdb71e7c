// SPDX-License-Identifier: GPL-2.0
#include "daemon/config/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "daemon/unique_fd.h"

namespace smadv {
namespace {

Error trouble(std::string message, int code = 0) {
  return {ExitCode::Failed, code, std::move(message)};
}

Error system_trouble(std::string_view what) {
  const int code = errno;
  return trouble(fmt::format("{}: {}", what, std::strerror(code)), code);
}

bool is_null_device(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

const char* kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return "a folder";
    case S_IFIFO:
      return "a pipe";
    default:
      return "a device";
  }
}

}  // namespace

Result<std::string> read_policy_file(const std::filesystem::path& file) {
  // Opening a pipe would wait for its writer.
  const UniqueFd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd.valid() || fstat(fd.get(), &status) != 0) {
    return system_trouble("cannot be opened");
  }
  if (!S_ISREG(status.st_mode) && !is_null_device(status)) {
    return trouble(fmt::format("is {}, not a file", kind_of(status.st_mode)));
  }
  // Read to its end, for the size told may be that of a moment ago, or 0 in some file systems.
  std::string content(kMostFileBytes + 1, '\0');
  std::size_t length = 0;
  while (length < content.size()) {
    const ssize_t got = read(fd.get(), content.data() + length, content.size() - length);
    if (got < 0 && errno == EINTR) {
      continue;  // GCOVR_EXCL_LINE: file systems that can be interrupted (NFS)
    }
    if (got < 0) {
      return system_trouble("cannot be read");
    }
    if (got == 0) {
      content.resize(length);
      return content;
    }
    length += static_cast<std::size_t>(got);
  }
  return trouble(fmt::format("is too long, allowed: up to {} bytes", kMostFileBytes), EFBIG);
}

std::optional<std::size_t> overlong_key(std::string_view content) {
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::string_view line = content.substr(0, content.find('\n'));
    const auto first = line.find_first_not_of(" \t");
    if (first != std::string_view::npos && line[first] != '#' &&
        static_cast<std::size_t>(std::ranges::count(line, '.')) > kMostLineDots) {
      return number;
    }
    content.remove_prefix(std::min(line.size() + 1, content.size()));
  }
  return std::nullopt;
}

}  // namespace smadv
