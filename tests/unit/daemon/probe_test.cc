// SPDX-License-Identifier: GPL-2.0
// `smadv probe` on pretended machines.
#include <cerrno>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli_fixture.h"
#include "daemon/cli/kernel_facts.h"

namespace smadv {
namespace {

using test::Outcome;
using testing::HasSubstr;

constexpr const char* kRelease = "6.1.0-31-amd64";

/// A machine that can, without the module.
class ProbeTest : public test::CliTest {
 protected:
  ProbeTest() {
    kernel_.loaded = false;
    root_.write("/proc/sys/kernel/osrelease", std::string(kRelease) + "\n");
    root_.write("/proc/sys/kernel/ftrace_enabled", "1\n");
    root_.write("/proc/sys/kernel/modules_disabled", "0\n");
    root_.write("/proc/modules", "");
    symbols({"handle_mm_fault", "do_madvise", "ftrace_set_filter_ip", "ftrace_regs_caller",
             "register_kprobe"});
  }

  void symbols(const std::vector<std::string>& names) {
    std::string text = "0000000000000000 A fixed_percpu_data\n";
    for (const std::string& name : names) {
      text += "0000000000000000 T " + name + "\n";
    }
    root_.write("/proc/kallsyms", text + "0000000000000000 t helper\t[some_module]\nbroken\n");
  }

  void config(const std::string& text) {
    root_.write(std::string("/boot/config-") + kRelease, text);
  }

  nlohmann::json probe() {
    outcome_ = run("probe --json");
    EXPECT_EQ(outcome_.err, "");
    return nlohmann::json::parse(outcome_.out, nullptr, false);
  }

  static nlohmann::json check(const nlohmann::json& probed, const std::string& name) {
    for (const auto& one : probed["checks"]) {
      if (one["name"] == name) {
        return one;
      }
    }
    ADD_FAILURE() << "no check " << name;
    return {};
  }

  Outcome outcome_;
};

TEST_F(ProbeTest, TableOfAKernelThatCan) {
  const Outcome outcome = run("probe");
  EXPECT_EQ(outcome.exit, ExitCode::Ok);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "CHECK             ANSWER   DETAIL\n"
            "kernel            yes      6.1.0-31-amd64, 6.1 or newer (tested on 6.1 and 6.12)\n"
            "configuration     unknown  not in /boot nor /lib/modules, going by symbols alone\n"
            "ftrace hook       yes      sees page faults at about 100 instructions each\n"
            "kprobe hook       yes      the dearer way to see page faults\n"
            "page faults       yes      seen by ftrace\n"
            "do_madvise        yes      hints go to exact ranges\n"
            "cgroup filters    unknown  filter rules on cgroups\n"
            "modules           yes      may be loaded\n"
            "unsigned modules  yes      no lockdown, signatures not enforced\n"
            "module installed  no       not found for 6.1.0-31-amd64\n"
            "module loaded     no       modprobe smart_madvise loads it\n"
            "verdict: this kernel can: page faults by ftrace, hints by madvise; build and install "
            "the module for it\n");
}

TEST_F(ProbeTest, InstalledModuleIsFound) {
  root_.write(std::string("/lib/modules/") + kRelease + "/modules.dep",
              "kernel/fs/ext4/ext4.ko: kernel/lib/crc16.ko\nupdates/dkms/smart_madvise.ko.xz:\n");
  const auto probed = probe();
  EXPECT_EQ(check(probed, "module installed")["detail"], "updates/dkms/smart_madvise.ko.xz");
  EXPECT_THAT(probed["sentence"], HasSubstr("modprobe smart_madvise loads the module"));
}

TEST_F(ProbeTest, OldKernelCannot) {
  for (const auto* release : {"5.10.0-30-amd64\n", "6.0.19\n", "4.19.0\n"}) {
    root_.write("/proc/sys/kernel/osrelease", release);
    const auto probed = probe();
    EXPECT_EQ(probed["verdict"], "cannot") << release;
    EXPECT_THAT(probed["sentence"], HasSubstr("older than 6.1"));
    EXPECT_EQ(outcome_.exit, ExitCode::Failed);
  }
  for (const auto* release : {"6.1\n", "6.12.95+deb12-cloud-amd64\n", "7.0.0\n", "10.0\n"}) {
    root_.write("/proc/sys/kernel/osrelease", release);
    EXPECT_EQ(probe()["verdict"], "can") << release;
  }
}

TEST_F(ProbeTest, ModulesThatMayNotBeLoaded) {
  root_.write("/proc/sys/kernel/modules_disabled", "1\n");
  auto probed = probe();
  EXPECT_EQ(probed["verdict"], "cannot");
  EXPECT_THAT(probed["sentence"], HasSubstr("kernel.modules_disabled"));
  EXPECT_EQ(outcome_.exit, ExitCode::Failed);

  root_.write("/proc/sys/kernel/modules_disabled", "0\n");
  std::filesystem::remove(root_.path() / "proc/modules");
  probed = probe();
  EXPECT_EQ(probed["verdict"], "cannot");
  EXPECT_THAT(probed["sentence"], HasSubstr("CONFIG_MODULES"));
}

TEST_F(ProbeTest, ModuleThatWasKeptOutAtBoot) {
  root_.write("/proc/cmdline", "quiet module_blacklist=nouveau,smart_madvise_too\n");
  EXPECT_EQ(probe()["verdict"], "can");
  root_.write("/proc/cmdline", "quiet module_blacklist=nouveau,smart_madvise ro\n");
  EXPECT_THAT(probe()["sentence"], HasSubstr("module_blacklist="));
  EXPECT_EQ(outcome_.exit, ExitCode::Failed);
}

TEST_F(ProbeTest, SignatureIsAskedForUnderLockdownOrEnforcement) {
  root_.write("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  auto probed = probe();
  EXPECT_EQ(probed["verdict"], "can");
  EXPECT_THAT(probed["sentence"], HasSubstr("which has to be signed"));
  EXPECT_THAT(check(probed, "unsigned modules")["detail"], HasSubstr("lockdown is integrity"));

  root_.write("/sys/kernel/security/lockdown", "of another form\n");
  EXPECT_THAT(check(probe(), "unsigned modules")["detail"], testing::Not(HasSubstr("lockdown is")));

  root_.write("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
  EXPECT_EQ(check(probe(), "unsigned modules")["answer"], "yes");

  root_.write("/sys/module/module/parameters/sig_enforce", "Y\n");
  EXPECT_THAT(check(probe(), "unsigned modules")["detail"], HasSubstr("signatures are enforced"));
}

TEST_F(ProbeTest, WithoutFtraceThereIsTheKprobe) {
  symbols({"handle_mm_fault", "do_madvise", "register_kprobe"});
  auto probed = probe();
  EXPECT_EQ(check(probed, "ftrace hook")["answer"], "no");
  EXPECT_EQ(probed["verdict"], "can");
  EXPECT_THAT(probed["sentence"], HasSubstr("page faults by kprobe"));

  root_.write("/proc/sys/kernel/ftrace_enabled", "0\n");
  EXPECT_THAT(check(probe(), "ftrace hook")["detail"], HasSubstr("kernel.ftrace_enabled=1"));
}

TEST_F(ProbeTest, WithoutBothItCannot) {
  symbols({"handle_mm_fault", "do_madvise"});
  const auto probed = probe();
  EXPECT_EQ(probed["verdict"], "cannot");
  EXPECT_THAT(probed["sentence"], HasSubstr("neither ftrace nor kprobes"));
  EXPECT_EQ(check(probed, "do_madvise")["answer"], "no") << "its address comes from a kprobe";
}

TEST_F(ProbeTest, WithoutKprobesHintsGoToWholeMappings) {
  symbols({"handle_mm_fault", "do_madvise", "ftrace_set_filter_ip", "ftrace_regs_caller"});
  EXPECT_THAT(probe()["sentence"], HasSubstr("page faults by ftrace, hints by vma-flags"));
}

TEST_F(ProbeTest, ConfigurationAnswersWhereSymbolsDoNot) {
  std::filesystem::remove(root_.path() / "proc/kallsyms");
  EXPECT_EQ(probe()["verdict"], "perhaps") << "nothing is known";

  config(
      "CONFIG_DYNAMIC_FTRACE=y\nCONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS=y\nCONFIG_KPROBES=y\n"
      "CONFIG_ADVISE_SYSCALLS=y\n# CONFIG_CGROUPS is not set\n");
  auto probed = probe();
  EXPECT_EQ(probed["verdict"], "can");
  EXPECT_EQ(check(probed, "configuration")["answer"], "yes");
  EXPECT_EQ(check(probed, "cgroup filters")["answer"], "no");

  config("# CONFIG_KPROBES is not set\nCONFIG_CGROUPS=y\n");
  probed = probe();
  EXPECT_EQ(probed["verdict"], "cannot");
  EXPECT_EQ(check(probed, "cgroup filters")["answer"], "yes");
}

TEST_F(ProbeTest, LoadedModuleIsAsked) {
  kernel_.loaded = true;
  root_.write("/sys/module/smart_madvise/version", "0.1.0\n");
  auto probed = probe();
  EXPECT_EQ(probed["verdict"], "works");
  EXPECT_EQ(probed["sentence"],
            "module 0.1.0 is loaded, sees page faults by ftrace and hints by madvise");
  EXPECT_EQ(check(probed, "module loaded")["detail"], "version 0.1.0");
  EXPECT_EQ(check(probed, "interface")["detail"], "version 1, hook ftrace, executor madvise");
  EXPECT_EQ(outcome_.exit, ExitCode::Ok);

  kernel_.info.hook = HookKind::None;
  EXPECT_EQ(probe()["verdict"], "disabled");
}

TEST_F(ProbeTest, LoadedModuleOfAnotherInterface) {
  kernel_.loaded = true;
  kernel_.info.abi = 7;
  EXPECT_EQ(probe()["verdict"], "mismatch");
  EXPECT_EQ(outcome_.exit, ExitCode::Incompatible);

  kernel_.info.abi = 1;
  kernel_.failures.insert({"info", {ExitCode::Incompatible, EBADMSG, "lacks 'abi'"}});
  const auto probed = probe();
  EXPECT_EQ(probed["verdict"], "mismatch");
  EXPECT_EQ(check(probed, "interface")["detail"], "lacks 'abi'");
  EXPECT_EQ(outcome_.exit, ExitCode::Incompatible);
}

TEST_F(ProbeTest, NothingReadableIsUnknownAndNotYes) {
  std::filesystem::remove_all(root_.path() / "proc");
  const auto probed = probe();
  EXPECT_EQ(check(probed, "kernel")["answer"], "unknown");
  EXPECT_EQ(check(probed, "ftrace hook")["answer"], "unknown");
}

TEST_F(ProbeTest, TableNamesTheVerdictOfAFailureOnce) {
  root_.write("/proc/sys/kernel/modules_disabled", "1\n");
  const Outcome outcome = run("probe");
  EXPECT_EQ(outcome.exit, ExitCode::Failed);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr("verdict: this kernel cannot: modules: switched off"));
}

}  // namespace
}  // namespace smadv
