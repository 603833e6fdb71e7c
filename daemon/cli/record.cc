// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/record.h"

#include <poll.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "daemon/cli/child.h"
#include "daemon/cli/commands.h"
#include "daemon/recording/header.h"
#include "daemon/recording/recorder.h"
#include "daemon/signals.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

using Clock = std::chrono::steady_clock;
using recording::EndReason;
using recording::Recorder;
using std::chrono::milliseconds;

// The module tells what is left of a process within two of its sweeps.
constexpr milliseconds kLastWords{600};
constexpr milliseconds kFlushEvery{1000};
constexpr milliseconds kLook{250};
// The socket keeps what comes while the file is written.
constexpr netlink::EventBuffer kBuffer{.kib = 16384};

std::string header_of(const RecordRequest& request, const Info& info) {
  utsname machine{};
  uname(&machine);
  recording::Header header;
  header.created = fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::time(nullptr)));
  header.host = machine.nodename;
  header.kernel = machine.release;
  header.module = info.version;
  header.page_bytes = info.page_bytes;
  header.pid = request.pid.value_or(0);
  header.command = request.command;
  return recording::to_json(header);
}

/// One recording from its beginning to its end.
class Session {
 public:
  Session(Context& context, const RecordRequest& request, Recorder recorder,
          std::unique_ptr<RecordingStream> stream, SignalFd signals, std::optional<Child> child)
      : context_(context),
        request_(request),
        recorder_(std::move(recorder)),
        stream_(std::move(stream)),
        signals_(std::move(signals)),
        child_(child) {}

  Result<void> run() {
    while (!reason_) {
      wait_for_news();
      if (auto done = look(); !done) {
        clear_progress();
        return done;
      }
      show_progress();
    }
    clear_progress();
    if (auto done = recorder_.finish({*reason_, elapsed_ms()}); !done) {
      return done;  // GCOVR_EXCL_LINE: the disk is full at the last moment
    }
    if (!request_.quiet) {
      tell(*reason_);
    }
    return wait_for_command();
  }

 private:
  [[nodiscard]] std::uint64_t elapsed_ms() const {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<milliseconds>(Clock::now() - start_).count());
  }

  void wait_for_news() {
    std::array<pollfd, 2> fds{{{stream_->fd(), POLLIN, 0}, {signals_.fd(), POLLIN, 0}}};
    milliseconds patience = kLook;
    if (request_.seconds) {
      const double left_ms = *request_.seconds * 1000 - static_cast<double>(elapsed_ms());
      patience =
          std::clamp(milliseconds(static_cast<std::int64_t>(left_ms) + 1), milliseconds(0), kLook);
    }
    static_cast<void>(poll(fds.data(), fds.size(), static_cast<int>(patience.count())));
  }

  Result<void> look() {
    const auto batch = stream_->read();
    if (!batch && batch.error().exit != ExitCode::ModuleAbsent) {
      return batch.error();
    }
    if (!batch) {
      reason_ = EndReason::ModuleGone;
      return {};
    }
    const auto policy_changed = recorder_.take(*batch);
    if (!policy_changed) {
      return policy_changed.error();  // GCOVR_EXCL_LINE: the disk is full, as in the end
    }
    if (*policy_changed) {
      if (const auto policy = context_.policy()) {
        if (auto done = recorder_.set_policy(*policy); !done) {
          return done;  // GCOVR_EXCL_LINE: the disk is full, as in the end
        }
      }
    }
    decide();
    return flush();
  }

  void decide() {
    const auto now = Clock::now();
    if (const auto signal = take_signal(); signal && child_) {
      child_->send(*signal);
    }
    const bool gone = child_ ? child_->status().has_value()
                             : request_.pid && !context_.process_exists(*request_.pid);
    if (gone && !ended_) {
      ended_ = now;
    }
    if (recorder_.full()) {
      reason_ = EndReason::MaxSize;
    } else if (asked_) {
      reason_ = EndReason::Asked;
    } else if (ended_ && now - *ended_ >= kLastWords) {
      reason_ = EndReason::ProcessEnded;
    } else if (request_.seconds && static_cast<double>(elapsed_ms()) >= *request_.seconds * 1000) {
      reason_ = EndReason::TimeUp;
    }
  }

  // SIGINT or SIGTERM, if one came; the end of the command only wakes.
  std::optional<int> take_signal() {
    std::optional<int> asked;
    while (const auto signal = signals_.read()) {
      if (*signal != SIGCHLD) {
        asked = signal;
        asked_ = true;
      }
    }
    return asked;
  }

  Result<void> flush() {
    const auto now = Clock::now();
    if (now - flushed_ < kFlushEvery) {
      return {};
    }
    flushed_ = now;
    return recorder_.flush();
  }

  void show_progress() {
    const std::uint64_t elapsed_s = elapsed_ms() / 1000;
    if (!context_.machine().err_is_terminal || elapsed_s == shown_s_) {
      return;
    }
    shown_s_ = elapsed_s;
    const auto& tally = recorder_.tally();
    context_.progress(fmt::format("recording {} s, {} faults of {} processes, {} lost, {}",
                                  elapsed_s, tally.faults, tally.processes, tally.lost,
                                  format_bytes(recorder_.bytes())));
  }

  void clear_progress() { context_.progress({}); }

  void tell(EndReason reason) {
    const auto& tally = recorder_.tally();
    if (context_.json()) {
      context_.print(Json::object()
                         .set("file", Json(request_.file))
                         .set("end", Json(recording::text_of(reason)))
                         .set("elapsed-ms", Json(elapsed_ms()))
                         .set("processes", Json(tally.processes))
                         .set("faults", Json(tally.faults))
                         .set("faults-lost", Json(tally.lost))
                         .set("bytes", Json(recorder_.bytes())));
      return;
    }
    context_.note(fmt::format("{}: {} faults of {} processes in {}, {} lost, {}; {}", request_.file,
                              tally.faults, tally.processes,
                              format_duration_ns(elapsed_ms() * 1'000'000), tally.lost,
                              format_bytes(recorder_.bytes()), recording::text_of(reason)));
    if (tally.faults == 0) {
      context_.note("nothing faulted on a file mapping of at least min-mapping-kb (smadv policy)");
    }
  }

  // Recorded or not, it goes on to its own end, unless a further signal says not to wait.
  Result<void> wait_for_command() {
    asked_ = false;
    while (child_ && !child_->status()) {
      pollfd wake{signals_.fd(), POLLIN, 0};
      static_cast<void>(poll(&wake, 1, -1));
      if (const auto signal = take_signal()) {
        child_->send(*signal);
        break;
      }
    }
    if (const int status = child_ ? child_->status().value_or(0) : 0; status != 0) {
      return Error{static_cast<ExitCode>(status), 0, {}};
    }
    return {};
  }

  Context& context_;
  const RecordRequest& request_;
  Recorder recorder_;
  std::unique_ptr<RecordingStream> stream_;
  SignalFd signals_;
  std::optional<Child> child_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point flushed_ = start_;
  std::optional<Clock::time_point> ended_;
  std::optional<EndReason> reason_;
  std::uint64_t shown_s_ = 0;
  bool asked_ = false;
};

Result<void> check(const Context& context, const RecordRequest& request) {
  const int given = (request.pid ? 1 : 0) + (request.all ? 1 : 0);
  if (given > 1 || (request.pid && !request.command.empty())) {
    return Error{ExitCode::Usage, 0, "a process id, --all or a command: one of them is recorded"};
  }
  if (given == 0 && request.command.empty()) {
    return Error{ExitCode::Usage, 0,
                 "what should be recorded? (a process id, --all, or -- and a command)"};
  }
  if (request.pid && !context.process_exists(*request.pid)) {
    return Error{ExitCode::NotFound, ESRCH, fmt::format("there is no process {}", *request.pid)};
  }
  return {};
}

}  // namespace

Result<void> record(Context& context, const RecordRequest& request) {
  if (auto fits = check(context, request); !fits) {
    return fits;
  }
  context.set_event_buffer(kBuffer);
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  auto stream = (*client)->recording();
  if (!stream) {
    return stream.error();
  }
  const auto info = (*client)->info();
  const auto policy = context.policy();
  if (!info || !policy) {
    return info ? policy.error() : info.error();
  }
  auto writer = recording::Writer::create(request.file, header_of(request, *info));
  if (!writer) {
    return writer.error();
  }
  auto signals = SignalFd::open({SIGINT, SIGTERM, SIGCHLD});
  if (!signals) {
    return signals.error();  // GCOVR_EXCL_LINE: refused without descriptors only
  }
  std::optional<Child> child;
  if (!request.command.empty()) {
    auto started = Child::start(request.command);
    if (!started) {
      return started.error();
    }
    child = *started;
  }
  std::optional<std::uint32_t> root = request.pid;
  if (child && !request.all) {
    root = static_cast<std::uint32_t>(child->pid());
  }
  Recorder recorder(*std::move(writer), recording::Scope(root, context.machine().root + "/proc"),
                    request.most_bytes);
  if (auto noted = recorder.set_policy(*policy); !noted) {
    return noted;  // GCOVR_EXCL_LINE: the disk is full at once
  }
  return Session(context, request, std::move(recorder), *std::move(stream), *std::move(signals),
                 child)
      .run();
}

void declare_record(const Command& smadv) {
  const Command command = smadv.add(
      "record", "Record what the module sees: faults, waits, mappings, hints",
      "  smadv record -o scan.rec -- grep -c needle /data/haystack\n"
      "  smadv record -o db.rec --seconds 60 1234\n"
      "  smadv record -o host.rec --all\n"
      "Ends with the command or process, at a signal, or when time or room is up, and with the\n"
      "exit code of the command. smadv report, replay and advise read the file.\n");
  const auto file = command.text({.names = "-o,--output",
                                  .does = "File to write",
                                  .value = "FILE",
                                  .required = true,
                                  .completer = complete_files});
  const auto all = command.flag({.names = "--all", .does = "Every process"});
  const auto most_mib = command.number<std::uint64_t>(
      {.names = "--max-size", .does = "Most MiB that the file takes (256)", .value = "MIB"},
      "number of MiB", 1, std::uint64_t{1} << 20U);
  const auto seconds = command.number<double>(
      {.names = "-s,--seconds", .does = "End after so many seconds", .value = "S"},
      "number of seconds", 0.001, 1e9);
  const auto pid = command.pid({.names = "PID", .does = "Process, with what descends from it"});
  const auto started = command.rest();
  command.runs([=](Context& context) {
    return record(context, {.file = *file,
                            .pid = pid.get(),
                            .all = static_cast<bool>(all),
                            .command = started.value_or({}),
                            .most_bytes = most_mib.value_or(kMostMib) << 20U,
                            .seconds = seconds.get()});
  });
}

}  // namespace smadv::cli
