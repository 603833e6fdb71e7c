// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "daemon/cli/commands.h"
#include "daemon/cli/record.h"
#include "daemon/cli/report.h"

namespace smadv::cli {
namespace {

// How long a process is looked at, unless it is said.
constexpr double kSeconds = 10;

/// A recording that nobody keeps.
class Scratch {
 public:
  Scratch() {
    const int fd = mkstemp(path_.data());
    if (fd >= 0) {
      close(fd);
    }
  }
  ~Scratch() { unlink(path_.c_str()); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "smadv-advise-XXXXXX").string();
};

Result<void> advise(Context& context, const std::string& recording, const std::string& only) {
  return show_report(context, report::advice, {{recording, only}});
}

// Record for a while, then advise; ends with the exit code of a command.
Result<void> advise_live(Context& context, RecordRequest request, const std::string& only) {
  const Scratch scratch;
  request.file = scratch.path();
  request.quiet = true;
  auto recorded = record(context, request);
  if (!recorded && !recorded.error().message.empty()) {
    return recorded;
  }
  if (auto advised = advise(context, scratch.path(), only); !advised) {
    return advised;  // GCOVR_EXCL_LINE: what was just written can be read
  }
  return recorded;
}

// A process by its number, nothing if @p word is none.
std::optional<std::uint32_t> pid_of(const std::string& word) {
  std::uint32_t pid = 0;
  const char* end = word.data() + word.size();
  const auto [stop, code] = std::from_chars(word.data(), end, pid);
  return code == std::errc() && stop == end ? std::optional(pid) : std::nullopt;
}

}  // namespace

void declare_advise(const Command& smadv) {
  const Command command = smadv.add(
      "advise", "What each file wants, what that would save, and the call that says so",
      "  smadv advise db.rec\n"
      "  smadv advise 1234 --seconds 60\n"
      "  smadv advise -- ./reindex --all\n"
      "It hints nothing itself; the governor in force goes on meanwhile. A process is watched for\n"
      "10 s unless told otherwise, a command until it ends.\n");
  const auto seconds =
      command.number<double>({.names = "-s,--seconds", .does = "How long to watch", .value = "S"},
                             "number of seconds", 0.001, 1e9);
  const auto only = command.text(
      {.names = "--file", .does = "Only files whose path contains this", .value = "TEXT"});
  const auto what = command.text({.names = "PID|RECORDING",
                                  .does = "Process, or a file of smadv record",
                                  .completer = complete_pids});
  const auto started = command.rest();
  command.runs([=](Context& context) -> Result<void> {
    RecordRequest request{.command = started.value_or({}), .seconds = seconds.get()};
    if (what) {
      request.pid = pid_of(*what);
      if (!request.pid) {
        return advise(context, *what, only.value_or({}));
      }
      request.seconds = seconds.value_or(kSeconds);
    }
    return advise_live(context, request, only.value_or({}));
  });
}

}  // namespace smadv::cli
