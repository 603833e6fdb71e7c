// SPDX-License-Identifier: GPL-2.0
// Hands out the metrics of a module that is pretended, until it is ended: serve ADDRESS
#include <poll.h>

#include <chrono>
#include <iostream>
#include <string>

#include "daemon/metrics/exporter.h"
#include "daemon/metrics/server.h"
#include "daemon/stats.h"
#include "fake_kernel.h"

int main(int argc, char** argv) {
  using namespace smadv;
  if (argc != 2) {
    std::cerr << "usage: serve ADDRESS\n";
    return 2;
  }
  test::FakeKernel kernel;
  kernel.add_fio();
  for (const StatsKey& key : stats_keys()) {
    kernel.stats.*key.member = 1000 + key.attribute;
  }
  metrics::Exporter exporter;
  exporter.set_groups(10, metrics::GroupBy::Command);
  exporter.count(test::hint_event(EventKind::Applied, "fio", Reason::Trial, Hint::Random));
  const auto client = *kernel.connect();
  const auto server = metrics::serve_metrics(
      argv[1], [&](metrics::Format format) { return exporter.page(client.get(), format); });
  if (!server) {
    std::cerr << server.error().message << '\n';
    return 1;
  }
  while (true) {
    pollfd polled{(*server)->fd(), POLLIN, 0};
    const auto timeout = (*server)->timeout().value_or(std::chrono::hours(1));
    poll(&polled, 1, static_cast<int>(timeout.count()));
    (*server)->serve();
  }
}
