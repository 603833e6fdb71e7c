// SPDX-License-Identifier: GPL-2.0
#include <algorithm>
#include <cerrno>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/cli/kernel_facts.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

enum class Answer { Yes, No, Unknown };

std::string_view name_of(Answer answer) {
  switch (answer) {
    case Answer::Yes:
      return "yes";
    case Answer::No:
      return "no";
    case Answer::Unknown:
      break;
  }
  return "unknown";
}

struct Check {
  std::string name;
  Answer answer;
  std::string detail;
  bool vital = true;  ///< Without it the module cannot work.
};

/// What the whole comes to.
struct Verdict {
  std::string name;
  std::string sentence;
  ExitCode exit = ExitCode::Ok;
};

// Some kernels have the option's effect under another name, so a symbol speaks louder.
Answer either(std::optional<bool> symbol, std::optional<bool> config) {
  const auto known = symbol ? symbol : config;
  return !known ? Answer::Unknown : *known ? Answer::Yes : Answer::No;
}

Check kernel_check(const KernelFacts& facts) {
  const auto version = facts.version();
  if (!version) {
    return {"kernel", Answer::Unknown, "/proc/sys/kernel/osrelease does not tell the release"};
  }
  const bool old = *version < std::pair(6U, 1U);
  return {"kernel", old ? Answer::No : Answer::Yes,
          fmt::format("{}, {}", facts.release(),
                      old ? "older than 6.1" : "6.1 or newer (tested on 6.1 and 6.12)")};
}

Check config_check(const KernelFacts& facts) {
  const bool found = !facts.config_path().empty();
  return {"configuration", found ? Answer::Yes : Answer::Unknown,
          found ? facts.config_path() : "not in /boot nor /lib/modules, going by symbols alone",
          false};
}

Check ftrace_check(const KernelFacts& facts) {
  if (facts.line("/proc/sys/kernel/ftrace_enabled") == "0") {
    return {"ftrace hook", Answer::No, "switched off (sysctl kernel.ftrace_enabled=1 allows it)",
            false};
  }
  const Answer dynamic =
      either(facts.symbol("ftrace_set_filter_ip"), facts.config("DYNAMIC_FTRACE"));
  // Not every architecture that hands arguments to callbacks has the symbol.
  const Answer arguments = facts.symbol("ftrace_regs_caller").value_or(false)
                               ? Answer::Yes
                               : either({}, facts.config("HAVE_DYNAMIC_FTRACE_WITH_ARGS"));
  if (dynamic == Answer::Yes && arguments == Answer::Yes) {
    return {"ftrace hook", Answer::Yes, "sees page faults at about 100 instructions each", false};
  }
  if (dynamic == Answer::No || arguments == Answer::No) {
    return {"ftrace hook", Answer::No,
            "needs CONFIG_FUNCTION_TRACER, CONFIG_DYNAMIC_FTRACE and arguments for callbacks",
            false};
  }
  return {"ftrace hook", Answer::Unknown, "the configuration would tell", false};
}

Check kprobe_check(const KernelFacts& facts) {
  const Answer answer = either(facts.symbol("register_kprobe"), facts.config("KPROBES"));
  return {"kprobe hook", answer,
          answer == Answer::No ? "needs CONFIG_KPROBES" : "the dearer way to see page faults",
          false};
}

Check madvise_check(const KernelFacts& facts, const Check& kprobe) {
  const Answer function = either(facts.symbol("do_madvise"), facts.config("ADVISE_SYSCALLS"));
  const bool no = function == Answer::No || kprobe.answer == Answer::No;
  const bool yes = function == Answer::Yes && kprobe.answer == Answer::Yes;
  return {
      "do_madvise",
      no    ? Answer::No
      : yes ? Answer::Yes
            : Answer::Unknown,
      no ? "out of reach, hints go to whole mappings by their flags" : "hints go to exact ranges",
      false};
}

Check cgroup_check(const KernelFacts& facts) {
  const auto cgroups = facts.config("CGROUPS");
  return {"cgroup filters", either(std::nullopt, cgroups), "filter rules on cgroups", false};
}

// One of the ways to see page faults must be there.
Check hook_check(const Check& ftrace, const Check& kprobe) {
  if (ftrace.answer == Answer::Yes || kprobe.answer == Answer::Yes) {
    return {"page faults", Answer::Yes,
            fmt::format("seen by {}", ftrace.answer == Answer::Yes  ? "ftrace"
                                      : ftrace.answer == Answer::No ? "kprobe"
                                                                    : "ftrace or kprobe")};
  }
  const bool neither = ftrace.answer == Answer::No && kprobe.answer == Answer::No;
  return {"page faults", neither ? Answer::No : Answer::Unknown,
          neither ? "this kernel has neither ftrace nor kprobes" : "the configuration would tell"};
}

// Named to the kernel at boot as one of those that it shall refuse.
bool is_kept_out(const KernelFacts& facts) {
  constexpr std::string_view kOption = "module_blacklist=";
  std::istringstream words(facts.line("/proc/cmdline").value_or(""));
  for (std::string word; words >> word;) {
    if (word.starts_with(kOption) &&
        fmt::format(",{},", word.substr(kOption.size())).find(",smart_madvise,") !=
            std::string::npos) {
      return true;
    }
  }
  return false;
}

Check modules_check(const KernelFacts& facts) {
  if (facts.line("/proc/sys/kernel/modules_disabled") == "1") {
    return {"modules", Answer::No, "switched off until the next boot (kernel.modules_disabled)"};
  }
  if (is_kept_out(facts)) {
    return {"modules", Answer::No,
            "smart_madvise was kept out until the next boot (module_blacklist= on the kernel's "
            "command line)"};
  }
  if (facts.exists("/proc/modules")) {
    return {"modules", Answer::Yes, "may be loaded"};
  }
  return {"modules", Answer::No, "this kernel has none (CONFIG_MODULES)"};
}

Check signature_check(const KernelFacts& facts) {
  const auto lockdown = facts.lockdown().value_or("none");
  const bool locked = lockdown != "none";
  if (locked || facts.line("/sys/module/module/parameters/sig_enforce") == "Y") {
    return {"unsigned modules", Answer::No,
            fmt::format("{}: sign the module with a key that this machine trusts",
                        locked ? "lockdown is " + lockdown : "signatures are enforced"),
            false};
  }
  return {"unsigned modules", Answer::Yes, "no lockdown, signatures not enforced", false};
}

Check installed_check(const KernelFacts& facts) {
  const auto file = facts.module_file();
  return {"module installed", file ? Answer::Yes : Answer::No,
          file ? *file : fmt::format("not found for {}", facts.release()), false};
}

Check loaded_check(const KernelFacts& facts) {
  if (!facts.exists("/sys/module/smart_madvise")) {
    return {"module loaded", Answer::No, "modprobe smart_madvise loads it", false};
  }
  return {"module loaded", Answer::Yes,
          fmt::format("version {}",
                      facts.line("/sys/module/smart_madvise/version").value_or("unknown")),
          false};
}

std::vector<Check> all_checks(const KernelFacts& facts) {
  const Check ftrace = ftrace_check(facts);
  const Check kprobe = kprobe_check(facts);
  return {kernel_check(facts),
          config_check(facts),
          ftrace,
          kprobe,
          hook_check(ftrace, kprobe),
          madvise_check(facts, kprobe),
          cgroup_check(facts),
          modules_check(facts),
          signature_check(facts),
          installed_check(facts),
          loaded_check(facts)};
}

const Check& find(const std::vector<Check>& checks, std::string_view name) {
  return *std::ranges::find(checks, name, &Check::name);
}

Verdict verdict_of_module(const Info& info) {
  if (auto fits = check_abi(info); !fits) {
    return {"mismatch", fits.error().message, ExitCode::Incompatible};
  }
  if (info.hook == HookKind::None) {
    return {"disabled",
            fmt::format("module {} is loaded and disabled (smadv enable)", info.version)};
  }
  return {"works",
          fmt::format("module {} is loaded, sees page faults by {} and hints by {}", info.version,
                      smadv::name_of(info.hook), smadv::name_of(info.executor))};
}

Verdict verdict_of_kernel(const std::vector<Check>& checks) {
  const auto decisive = [&checks](Answer answer) {
    return std::ranges::find_if(
        checks, [answer](const Check& check) { return check.vital && check.answer == answer; });
  };
  if (const auto no = decisive(Answer::No); no != checks.end()) {
    return {"cannot", fmt::format("this kernel cannot: {}: {}", no->name, no->detail),
            ExitCode::Failed};
  }
  const bool sure = decisive(Answer::Unknown) == checks.end();
  const bool ftrace = find(checks, "ftrace hook").answer == Answer::Yes;
  const bool exact = find(checks, "do_madvise").answer == Answer::Yes;
  const bool installed = find(checks, "module installed").answer == Answer::Yes;
  const bool signature = find(checks, "unsigned modules").answer == Answer::No;
  return {sure ? "can" : "perhaps",
          fmt::format("this kernel {}: page faults by {}, hints by {}; {}{}",
                      sure ? "can" : "probably can", ftrace ? "ftrace" : "kprobe",
                      exact ? "madvise" : "vma-flags",
                      installed ? "modprobe smart_madvise loads the module"
                                : "build and install the module for it",
                      signature ? ", which has to be signed" : "")};
}

void print_table(Context& context, const std::vector<Check>& checks, const Verdict& verdict) {
  Table table({{"CHECK"}, {"ANSWER"}, {.title = "DETAIL", .fit = Column::Fit::Wrap}});
  for (const Check& check : checks) {
    const Style bad = check.vital ? Style::Bad : Style::Warn;
    const Style style = check.answer == Answer::Yes  ? Style::Good
                        : check.answer == Answer::No ? bad
                                                     : Style::Warn;
    table.add({check.name, {std::string(name_of(check.answer)), style}, printable(check.detail)});
  }
  context.print(table);
  context.out() << context.palette().paint(verdict.exit == ExitCode::Ok ? Style::Good : Style::Bad,
                                           fmt::format("verdict: {}", verdict.sentence))
                << '\n';
}

void print_json(Context& context, const std::vector<Check>& checks, const Verdict& verdict) {
  Json array = Json::array();
  for (const Check& check : checks) {
    array.push(std::move(Json::object()
                             .set("name", Json(check.name))
                             .set("answer", Json(name_of(check.answer)))
                             .set("vital", Json(check.vital))
                             .set("detail", Json(check.detail))));
  }
  context.print(Json::object()
                    .set("verdict", Json(verdict.name))
                    .set("sentence", Json(verdict.sentence))
                    .set("checks", std::move(array)));
}

Result<void> probe(Context& context) {
  std::vector<Check> checks = all_checks(KernelFacts(context.machine().root));
  Verdict verdict = verdict_of_kernel(checks);
  if (const auto client = context.machine().connect({})) {
    const auto info = (*client)->info();
    checks.push_back({"interface", info ? Answer::Yes : Answer::No,
                      info ? fmt::format("version {}, hook {}, executor {}", info->abi,
                                         smadv::name_of(info->hook), smadv::name_of(info->executor))
                           : info.error().message,
                      false});
    verdict = info ? verdict_of_module(*info)
                   : Verdict{"mismatch", info.error().message, info.error().exit};
  }
  if (context.json()) {
    print_json(context, checks, verdict);
  } else {
    print_table(context, checks, verdict);
  }
  if (verdict.exit != ExitCode::Ok) {
    return Error{verdict.exit, 0, {}};  // said already
  }
  return {};
}

}  // namespace

void declare_probe(const Command& smadv) {
  smadv
      .add("probe", "Can this kernel do it, by which mechanism, and why not; needs no module",
           "  smadv probe\n  smadv probe --json\n"
           "Ends with 0 when the kernel can or the module works, 1 when it cannot, 6 when the\n"
           "loaded module speaks another version of the interface.\n")
      .runs(probe);
}

}  // namespace smadv::cli
