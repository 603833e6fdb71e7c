// SPDX-License-Identifier: GPL-2.0
#include "daemon/service/options.h"

#include <algorithm>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "version.h"

namespace smadv {
namespace {

constexpr const char* kFooter =
    "Drop-ins: policy.d/*.toml beside the policy file, read after it in the order of their\n"
    "names; the later file wins, key by key.\n\n"
    "Signals: SIGHUP reads the files anew, and keeps the former policy when they are wrong.\n"
    "SIGTERM and SIGINT end the daemon; the module goes on with the last policy.\n\n"
    "Log: to the journal, else to standard error. What finds no room there is said when there is\n"
    "room again, the last 256 lines of it.\n\n"
    "Examples:\n"
    "  smadvd --check                      is the policy right, and what does it come to\n"
    "  smadvd --config my.toml --log-level debug\n\n"
    "Exit codes:\n"
    "  0  ended by a signal, or the policy is right\n"
    "  1  the policy is wrong, or the module refused it\n"
    "  2  wrong command line\n"
    "  4  no privilege (CAP_SYS_ADMIN is needed)\n"
    "  6  the loaded module speaks another version of the interface\n";

}  // namespace

Result<std::variant<Options, Answer>> parse_options(const std::vector<std::string>& words) {
  Options options;
  CLI::App app("Keeps the policy of smart-madvise in force and logs what the module does.",
               "smadvd");
  app.set_version_flag("--version", "smadvd " SMADV_VERSION);
  app.add_option("-c,--config", options.config, "Policy file (" + options.config + ")")
      ->type_name("FILE");
  app.add_flag("--check", options.check, "Read the files, print what they come to, and end");
  app.add_option("--log-level", options.log_level, "debug, info, warn or error (info)")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  app.add_option("--event-buffer-kb", options.event_buffer_kb,
                 "Room for events while the daemon is busy, 4..4096 KiB (2048)")
      ->type_name("N")
      ->check(CLI::Range(netlink::EventBuffer::kLeast, netlink::EventBuffer::kMost));
  app.footer(kFooter);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    return std::variant<Options, Answer>(Answer{app.help()});
  } catch (const CLI::CallForVersion& version) {
    return std::variant<Options, Answer>(Answer{std::string(version.what()) + '\n'});
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    std::ranges::replace(text, '\n', ' ');
    return Error{ExitCode::Usage, 0, fmt::format("{} (see smadvd --help)", text)};
  }
  return std::variant<Options, Answer>(std::move(options));
}

}  // namespace smadv
