// SPDX-License-Identifier: GPL-2.0
#include <csignal>
#include <cstdint>
#include <ctime>
#include <iostream>
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
#include "daemon/standard_files.h"
#include "daemon/text.h"

namespace {

using namespace smadv;

int complain(const Error& error) {
  std::cerr << "smadvd: " << error.message << '\n';
  return static_cast<int>(error.exit);
}

int answer(const std::string& text) {
  const auto written = write_out(std::cout, text);
  return written ? 0 : complain(written.error());
}

int check(const Options& options) {
  const auto configuration = load_configuration(options.config);
  if (!configuration) {
    return complain(configuration.error());
  }
  std::string text;
  for (const auto& file : configuration->files) {
    text += "# " + printable(file.string()) + '\n';
  }
  return answer(text + to_toml(*configuration));
}

int serve(const Options& options) {
  auto signal_fd = SignalFd::open({SIGTERM, SIGINT, SIGHUP});
  if (!signal_fd) {
    return complain(signal_fd.error());  // GCOVR_EXCL_LINE: where nothing more may be opened
  }
  signal_fd->keep();  // a second SIGTERM must not strike while the first is being followed
  const auto watch = netlink::watch_module();
  if (!watch) {
    return complain(watch.error());
  }
  SystemSignals signals(*std::move(signal_fd));
  SystemPoller poller;
  SystemdNotifier notifier;
  const Log log = make_log(options.log_level);
  const netlink::EventBuffer buffer{.kib = options.event_buffer_kb};
  Ports ports{.connect = [buffer] { return netlink::connect(buffer); },
              .load = [&options] { return load_configuration(options.config); },
              .serve_metrics = metrics::serve_metrics,
              // GCOVR_EXCL_START: asked when a lesson is learned, in booted kernels
              .now_s = [] { return std::int64_t{std::time(nullptr)}; },
              // GCOVR_EXCL_STOP
              .watch = **watch,
              .signals = signals,
              .poller = poller,
              .notifier = notifier,
              .flush_log = log.flush};
  return static_cast<int>(Service(std::move(ports), *log.logger).run());
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_files();
  std::signal(SIGPIPE, SIG_IGN);  // a log that nobody reads must not end the daemon
  const auto parsed = parse_options({argv + 1, argv + argc});
  if (!parsed) {
    return complain(parsed.error());
  }
  if (const auto* known = std::get_if<Answer>(&*parsed)) {
    return answer(known->text);
  }
  const auto& options = std::get<Options>(*parsed);
  return options.check ? check(options) : serve(options);
}
