// SPDX-License-Identifier: GPL-2.0
#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <spdlog/logger.h>

#include "daemon/config/configuration.h"
#include "daemon/netlink/connect.h"
#include "daemon/service/options.h"
#include "daemon/service/service.h"
#include "daemon/service/system.h"

namespace {

using namespace smadv;

int complain(const Error& error) {
  std::cerr << "smadvd: " << error.message << '\n';
  return static_cast<int>(error.exit);
}

int check(const Options& options) {
  const auto configuration = load_configuration(options.config);
  if (!configuration) {
    return complain(configuration.error());
  }
  for (const auto& file : configuration->files) {
    std::cout << "# " << file.string() << '\n';
  }
  std::cout << to_toml(*configuration);
  return 0;
}

int serve(const Options& options) {
  auto signal_fd = SignalFd::open({SIGHUP, SIGINT, SIGTERM});
  if (!signal_fd) {
    return complain(signal_fd.error());
  }
  const auto watch = netlink::watch_module();
  if (!watch) {
    return complain(watch.error());
  }
  SystemSignals signals(*std::move(signal_fd));
  SystemPoller poller;
  SystemdNotifier notifier;
  const auto logger = make_logger(options.log_level);
  Ports ports{.connect = netlink::connect,
              .load = [&options] { return load_configuration(options.config); },
              .watch = **watch,
              .signals = signals,
              .poller = poller,
              .notifier = notifier};
  return static_cast<int>(Service(std::move(ports), *logger).run());
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a log that nobody reads must not end the daemon
  const auto parsed = parse_options({argv + 1, argv + argc});
  if (!parsed) {
    return complain(parsed.error());
  }
  if (const auto* answer = std::get_if<Answer>(&*parsed)) {
    std::cout << answer->text;
    return 0;
  }
  const auto& options = std::get<Options>(*parsed);
  return options.check ? check(options) : serve(options);
}
