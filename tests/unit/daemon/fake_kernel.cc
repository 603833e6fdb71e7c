// SPDX-License-Identifier: GPL-2.0
#include "fake_kernel.h"

#include <linux/smart_madvise.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "daemon/filter.h"
#include "daemon/policy.h"

namespace smadv::test {
namespace {

Error not_found() {
  return {ExitCode::NotFound, ESRCH, "kernel: not found"};
}

Error absent() {
  return {ExitCode::ModuleAbsent, ENOENT, "module absent"};
}

class FakeStream final : public EventStream {
 public:
  explicit FakeStream(FakeKernel& kernel) : kernel_(kernel) { ++kernel_.streams; }
  ~FakeStream() override { --kernel_.streams; }
  FakeStream(const FakeStream&) = delete;
  FakeStream& operator=(const FakeStream&) = delete;

  [[nodiscard]] int fd() const override { return kernel_.event_fd.get(); }

  [[nodiscard]] Result<EventBatch> read() override {
    if (kernel_.events.empty()) {
      eventfd_t ignored = 0;
      eventfd_read(fd(), &ignored);
      return EventBatch{};
    }
    auto batch = kernel_.events.front();
    kernel_.events.pop_front();
    return batch;
  }

 private:
  FakeKernel& kernel_;
};

class FakeRecording final : public RecordingStream {
 public:
  explicit FakeRecording(FakeKernel& kernel) : kernel_(kernel) {}

  [[nodiscard]] int fd() const override { return kernel_.event_fd.get(); }

  [[nodiscard]] Result<RecordingBatch> read() override {
    if (kernel_.recorded.empty()) {
      eventfd_t ignored = 0;
      eventfd_read(fd(), &ignored);
      return RecordingBatch{};
    }
    auto batch = std::move(kernel_.recorded.front());
    kernel_.recorded.pop_front();
    return batch;
  }

 private:
  FakeKernel& kernel_;
};

class FakeClient final : public KernelClient {
 public:
  explicit FakeClient(FakeKernel& kernel) : kernel_(kernel) {}

  Result<Info> info() override { return get("info", kernel_.info); }
  Result<Policy> policy() override { return get("policy", kernel_.policy); }
  Result<Stats> stats() override { return get("stats", kernel_.stats); }

  Result<void> set_policy(std::span<const PolicyChange> changes) override {
    if (auto failed = failure("set_policy")) {
      return *failed;
    }
    std::string entry = "policy";
    for (const PolicyChange& change : changes) {
      kernel_.policy.*change.key->member = change.value;
      entry +=
          fmt::format(" {}={}", change.key->name, format_policy_value(*change.key, change.value));
    }
    kernel_.journal.push_back(entry);
    return {};
  }

  Result<Listing<Process>> processes() override { return list("processes", kernel_.processes); }

  Result<Process> process(std::uint32_t pid) override {
    if (auto failed = failure("process")) {
      return *failed;
    }
    const auto found = std::ranges::find(kernel_.processes, pid, &Process::pid);
    return found == kernel_.processes.end() ? Result<Process>(not_found())
                                            : Result<Process>(*found);
  }

  Result<Listing<Range>> ranges(std::optional<std::uint32_t> pid) override {
    return list("ranges", of_process(kernel_.ranges, pid));
  }

  Result<Listing<Task>> tasks(std::optional<std::uint32_t> pid) override {
    return list("tasks", of_process(kernel_.tasks, pid));
  }

  Result<RestoreOutcome> forget(std::uint32_t pid) override { return undo("forget", pid); }

  Result<RestoreOutcome> restore(std::optional<std::uint32_t> pid) override {
    return undo("restore", pid);
  }

  Result<void> set_prior(const Prior& prior) override {
    if (auto failed = failure("set_prior")) {
      return *failed;
    }
    kernel_.journal.push_back(fmt::format("prior {} {} {} {}", prior.pid, prior.file_id,
                                          name_of(prior.hint), prior.price_pct));
    return {};
  }

  Result<Listing<Filter>> filters() override { return list("filters", kernel_.filters); }

  Result<std::uint32_t> add_filter(const FilterRule& rule) override {
    if (auto failed = failure("add_filter")) {
      return *failed;
    }
    if (kernel_.filters.size() == SMART_MADVISE_MAX_FILTERS) {
      return Error{ExitCode::Failed, ENOSPC, "kernel: too many rules"};
    }
    kernel_.filters.push_back({rule, kernel_.next_filter});
    kernel_.journal.push_back("add " + to_text(rule));
    kernel_.on_filters();
    return kernel_.next_filter++;
  }

  Result<void> delete_filter(std::optional<std::uint32_t> id) override {
    if (auto failed = failure("delete_filter")) {
      return *failed;
    }
    const auto gone = std::erase_if(kernel_.filters,
                                    [id](const Filter& filter) { return !id || filter.id == *id; });
    kernel_.journal.push_back(id ? fmt::format("delete {}", *id) : "delete all");
    kernel_.on_filters();
    return id && gone == 0 ? Result<void>(Error{ExitCode::NotFound, ENOENT, "kernel: no rule"})
                           : Result<void>();
  }

  Result<std::unique_ptr<EventStream>> events() override {
    if (auto failed = failure("events")) {
      return *failed;
    }
    return std::unique_ptr<EventStream>(std::make_unique<FakeStream>(kernel_));
  }

  Result<std::unique_ptr<RecordingStream>> recording() override {
    if (auto failed = failure("recording")) {
      return *failed;
    }
    return std::unique_ptr<RecordingStream>(std::make_unique<FakeRecording>(kernel_));
  }

 private:
  [[nodiscard]] std::optional<Error> failure(const std::string& name) {
    if (!kernel_.loaded) {
      return absent();
    }
    for (const auto& call : {name, fmt::format("{} {}", name, ++calls_[name])}) {
      if (const auto found = kernel_.failures.find(call); found != kernel_.failures.end()) {
        return found->second;
      }
    }
    return std::nullopt;
  }

  template <class T>
  Result<T> get(const std::string& name, const T& value) {
    if (auto failed = failure(name)) {
      return *failed;
    }
    return value;
  }

  template <class T>
  Result<Listing<T>> list(const std::string& name, const std::vector<T>& items) {
    return get(name, Listing<T>{items, kernel_.torn});
  }

  template <class T>
  static std::vector<T> of_process(const std::vector<T>& items, std::optional<std::uint32_t> pid) {
    std::vector<T> chosen;
    std::ranges::copy_if(items, std::back_inserter(chosen),
                         [pid](const T& item) { return !pid || item.pid == *pid; });
    return chosen;
  }

  Result<RestoreOutcome> undo(const std::string& name, std::optional<std::uint32_t> pid) {
    if (auto failed = failure(name)) {
      return *failed;
    }
    if (pid && !std::ranges::count(kernel_.processes, *pid, &Process::pid)) {
      return not_found();
    }
    kernel_.journal.push_back(pid ? fmt::format("{} {}", name, *pid) : name);
    return kernel_.outcome;
  }

  FakeKernel& kernel_;
  std::map<std::string, int> calls_;
};

}  // namespace

FakeKernel::FakeKernel()
    : info{"0.1.0", SMART_MADVISE_ABI, HookKind::Ftrace, ExecutorKind::Madvise, 1, 1, 4096, 16},
      policy(default_policy()),
      event_fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void FakeKernel::send(EventBatch batch) {
  events.emplace_back(std::move(batch));
  eventfd_write(event_fd.get(), 1);
}

void FakeKernel::send(RecordingBatch batch) {
  recorded.emplace_back(std::move(batch));
  eventfd_write(event_fd.get(), 1);
}

void FakeKernel::send(Error error) {
  events.emplace_back(std::move(error));
  eventfd_write(event_fd.get(), 1);
}

Result<std::unique_ptr<KernelClient>> FakeKernel::connect() {
  if (const auto failed = failures.find("connect"); failed != failures.end()) {
    return failed->second;
  }
  if (!loaded) {
    return absent();
  }
  return std::unique_ptr<KernelClient>(std::make_unique<FakeClient>(*this));
}

void FakeKernel::add_fio() {
  Process fio;
  fio.id = 7;
  fio.pid = 136;
  fio.comm = "fio";
  fio.uid = 1000;
  fio.tracked_ms = 4200;
  fio.faults = 6529;
  fio.faults_lost = 2;
  fio.majors = 5602;
  fio.ranges = 1;
  fio.pattern = Pattern::Random;
  fio.confidence_pct = 95;
  fio.hints_active = 1;
  fio.hints_changed = 1;
  fio.memory_bytes = 5530;
  fio.cgroup = "/system.slice/fio.service";
  processes.push_back(fio);
  ranges.push_back(random_range());
}

Range random_range() {
  Range range;
  range.pid = 136;
  range.start = 0x7f0000000000;
  range.end = 0x7f0004000000;
  range.file = "/mnt/f";
  range.hint = Hint::Random;
  range.pattern = Pattern::Random;
  range.confidence_pct = 95;
  range.verdict = Hint::Random;
  range.reason = Reason::RandomMajority;
  range.faults = 2739;
  range.majors = 2699;
  range.window_forward = 2;
  range.window_short = 1;
  range.window_random = 61;
  range.streams = 1;
  range.coverage_bp = 1234;
  range.reuse_bp = 56;
  range.changes = 1;
  range.exe = "/usr/bin/fio";
  range.file_id = 99;
  range.file_offset = 4096;
  return range;
}

Event hint_event(EventKind kind, const std::string& comm, Reason reason, Hint hint) {
  Event event;
  event.kind = kind;
  event.comm = comm;
  event.reason = reason;
  event.hint = hint;
  return event;
}

Error refusal(ExitCode exit, int code, const std::string& message) {
  return {exit, code, message};
}

}  // namespace smadv::test
