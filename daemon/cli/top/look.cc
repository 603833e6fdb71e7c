// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/top/look.h"

#include <chrono>
#include <fstream>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace smadv::cli::top {
namespace {

std::optional<std::uint64_t> read_bytes_of(const std::string& root, std::uint32_t pid) {
  std::ifstream file(fmt::format("{}/proc/{}/io", root, pid));
  std::string name;
  for (std::uint64_t value = 0; file >> name >> value;) {
    if (name == "read_bytes:") {
      return value;
    }
  }
  return std::nullopt;
}

template <class T>
Result<void> take(Result<T> from, T& to) {
  if (!from) {
    return from.error();
  }
  to = *std::move(from);
  return {};
}

template <class T>
Result<void> take(Result<Listing<T>> from, std::vector<T>& to) {
  if (!from) {
    return from.error();
  }
  to = std::move(from->items);
  return {};
}

Result<void> fill(KernelClient& client, Snapshot& snapshot) {
  if (auto done = take(client.policy(), snapshot.policy); !done) {
    return done;
  }
  if (auto done = take(client.stats(), snapshot.stats); !done) {
    return done;
  }
  if (auto done = take(client.processes(), snapshot.processes); !done) {
    return done;
  }
  if (auto done = take(client.ranges({}), snapshot.ranges); !done) {
    return done;
  }
  return take(client.tasks({}), snapshot.tasks);
}

}  // namespace

Result<Snapshot> look(Context& context) {
  Snapshot snapshot;
  snapshot.time_ns = static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  if (auto done = fill(**client, snapshot); !done) {
    context.disconnect();
    return done.error();
  }
  for (const Process& process : snapshot.processes) {
    if (const auto bytes = read_bytes_of(context.machine().root, process.pid)) {
      snapshot.read_bytes.emplace(process.pid, *bytes);
    }
  }
  return snapshot;
}

}  // namespace smadv::cli::top
