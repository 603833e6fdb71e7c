// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/streams.h"

#include <linux/smart_madvise.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "daemon/netlink/codec.h"
#include "daemon/netlink/connect.h"
#include "daemon/netlink/family.h"
#include "daemon/netlink/reply.h"

namespace smadv::netlink {
namespace {

// As many datagrams as are taken before the caller gets its turn: all that the largest queue holds,
// for the kernel counts at least 512 bytes for each.
constexpr std::uint32_t kBatchDatagrams = 2 * EventBuffer::kMost * 1024 / 512;

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

template <class T>
Result<void> append(const Command& command, auto& items) {
  auto item = decode<T>(command.attributes);
  if (!item) {
    return item.error();
  }
  items.emplace_back(*std::move(item));
  return {};
}

}  // namespace

// An overrun is told before what is still queued, but that is older than what was dropped, and the
// kernel queues nothing more until all of it was taken: at the queue's end is the gap.
Result<std::uint64_t> Notifications::read(const Sink& sink) {
  bool lost = false;
  for (std::uint32_t i = 0; i < kBatchDatagrams && !vanished_; ++i) {
    const auto datagram = next(*transport_, lost);
    if (!datagram) {
      return datagram.error();
    }
    if (datagram->empty()) {
      break;
    }
    if (auto taken = take(*datagram, sink); !taken) {
      return taken.error();
    }
  }
  if (!lost) {
    return 0;
  }
  const std::uint32_t dropped = transport_->dropped();
  const std::uint32_t more = std::max(dropped - dropped_, 1U);
  dropped_ = dropped;
  return more;
}

Result<void> Notifications::take(Bytes datagram, const Sink& sink) {
  std::optional<Error> trouble;
  const auto read = for_each_message(datagram, [&](const Received& message) {
    if (family_news(message, SMART_MADVISE_FAMILY_NAME) != FamilyNews::None) {
      vanished_ = true;
    }
    if (message.type != family_ || trouble) {
      return;
    }
    const auto command = parse_command(message.payload);
    const auto taken = command ? sink(*command) : command.error();
    if (!taken) {
      trouble = taken.error();
    }
  });
  if (!read) {
    return read.error();
  }
  return trouble ? Result<void>(*trouble) : Result<void>();
}

Result<EventBatch> NetlinkEventStream::read() {
  EventBatch batch;
  const auto lost = notifications_.read([&batch](const Command& command) {
    return command.command == SMART_MADVISE_CMD_EVENT_NTF ? append<Event>(command, batch.events)
                                                          : Result<void>();
  });
  if (!lost) {
    return lost.error();
  }
  batch.lost = *lost;
  // What came before the end is told first.
  if (notifications_.vanished() && batch.events.empty() && batch.lost == 0) {
    return module_absent();
  }
  return batch;
}

Result<RecordingBatch> NetlinkRecordingStream::read() {
  RecordingBatch batch;
  const auto lost = notifications_.read([&batch](const Command& command) -> Result<void> {
    switch (command.command) {
      case SMART_MADVISE_CMD_EVENT_NTF:
        return append<Event>(command, batch.items);
      case SMART_MADVISE_CMD_RECORDING_NTF:
        return append<RecordingNote>(command, batch.items);
      default:
        return {};
    }
  });
  if (!lost) {
    return lost.error();
  }
  batch.lost = *lost;
  if (notifications_.vanished() && batch.items.empty() && batch.lost == 0) {
    return module_absent();
  }
  return batch;
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
