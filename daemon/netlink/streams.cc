// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/streams.h"

#include <linux/smart_madvise.h>

#include <cerrno>
#include <optional>

#include "daemon/netlink/codec.h"
#include "daemon/netlink/family.h"
#include "daemon/netlink/reply.h"

namespace smadv::netlink {
namespace {

// As many datagrams as are taken before the caller gets its turn.
constexpr int kBatchDatagrams = 1024;

// The next datagram, empty when none is left, or the error. Sets @p lost when some were dropped.
Result<Bytes> next(Transport& transport, bool& lost) {
  for (;;) {
    const auto datagram = transport.receive();
    if (datagram) {
      return *datagram;
    }
    if (datagram.error().code == EAGAIN) {
      return Bytes();
    }
    if (datagram.error().code != ENOBUFS) {
      return datagram.error();
    }
    lost = true;  // what is still queued follows
  }
}

}  // namespace

Result<EventBatch> NetlinkEventStream::read() {
  EventBatch batch;
  for (int i = 0; i < kBatchDatagrams && !vanished_; ++i) {
    const auto datagram = next(*transport_, batch.lost);
    if (!datagram) {
      return datagram.error();
    }
    if (datagram->empty()) {
      break;
    }
    if (auto taken = take(*datagram, batch); !taken) {
      return taken.error();
    }
  }
  // What came before the end is told first.
  if (vanished_ && batch.events.empty() && !batch.lost) {
    return module_absent();
  }
  return batch;
}

Result<void> NetlinkEventStream::take(Bytes datagram, EventBatch& batch) {
  std::optional<Error> trouble;
  const auto read = for_each_message(datagram, [&](const Received& message) {
    if (family_news(message, SMART_MADVISE_FAMILY_NAME) != FamilyNews::None) {
      vanished_ = true;
    }
    if (message.type != family_ || trouble) {
      return;
    }
    const auto command = parse_command(message.payload);
    if (!command) {
      trouble = command.error();
    } else if (command->command == SMART_MADVISE_CMD_EVENT_NTF) {
      auto event = decode<Event>(command->attributes);
      if (event) {
        batch.events.push_back(*std::move(event));
      } else {
        trouble = event.error();
      }
    }
  });
  if (!read) {
    return read.error();
  }
  return trouble ? Result<void>(*trouble) : Result<void>();
}

Result<ModuleNews> NetlinkModuleWatch::read() {
  ModuleNews news;
  for (;;) {
    const auto datagram = next(*transport_, news.lost);
    if (!datagram) {
      return datagram.error();
    }
    if (datagram->empty()) {
      return news;
    }
    const auto read = for_each_message(*datagram, [&news](const Received& message) {
      switch (family_news(message, SMART_MADVISE_FAMILY_NAME)) {
        case FamilyNews::Appeared:
          news.appeared = true;
          break;
        case FamilyNews::Vanished:
          news.vanished = true;
          news.appeared = false;
          break;
        case FamilyNews::None:
          break;
      }
    });
    if (!read) {
      return read.error();
    }
  }
}

}  // namespace smadv::netlink
