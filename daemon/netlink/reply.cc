// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/reply.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace smadv::netlink {
namespace {

Error cut_off() {
  return {ExitCode::Failed, EBADMSG, "the kernel's answer is cut off"};
}

template <class T>
bool read_header(Bytes bytes, T& header) {
  if (bytes.size() < sizeof(header)) {
    return false;
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  return true;
}

Bytes behind(Bytes bytes, std::size_t offset) {
  return bytes.subspan(std::min(bytes.size(), offset));
}

// The sentence among the attributes that follow an NLMSG_ERROR or NLMSG_DONE. Being without it is
// no reason to lose the error itself.
std::string sentence_of(Bytes bytes) {
  std::string sentence;
  if (const auto attributes = Attributes::parse(bytes)) {
    if (const auto content = attributes->find(NLMSGERR_ATTR_MSG)) {
      static_cast<void>(read_value(*content, sentence));
    }
  }
  return sentence;
}

}  // namespace

Result<void> for_each_message(Bytes datagram, const std::function<void(const Received&)>& visit) {
  while (!datagram.empty()) {
    nlmsghdr header{};
    if (!read_header(datagram, header) || header.nlmsg_len < sizeof(header) ||
        header.nlmsg_len > datagram.size()) {
      return cut_off();
    }
    visit({header.nlmsg_type, header.nlmsg_flags, header.nlmsg_seq,
           datagram.subspan(sizeof(header), header.nlmsg_len - sizeof(header))});
    datagram = behind(datagram, NLMSG_ALIGN(header.nlmsg_len));
  }
  return {};
}

Result<Command> parse_command(Bytes payload) {
  genlmsghdr header{};
  if (!read_header(payload, header)) {
    return cut_off();
  }
  auto attributes = Attributes::parse(payload.subspan(GENL_HDRLEN));
  if (!attributes) {
    return attributes.error();
  }
  return Command{header.cmd, *std::move(attributes)};
}

void Reply::feed(Bytes datagram) {
  const auto read = for_each_message(datagram, [this](const Received& message) {
    if (message.sequence == sequence_ && !done_) {
      take(message);
    }
  });
  if (!read) {
    note(read.error());
    done_ = true;  // what follows cannot be told apart any more
  }
}

void Reply::take(const Received& message) {
  torn_ = torn_ || (message.flags & NLM_F_DUMP_INTR) != 0;
  if (message.type == NLMSG_ERROR) {
    take_error(message);
  } else if (message.type == NLMSG_DONE) {
    take_done(message);
  } else if (message.type >= NLMSG_MIN_TYPE) {
    const auto command = parse_command(message.payload);
    if (!command) {
      note(command.error());
    } else if (auto taken = sink_(*command); !taken) {
      note(taken.error());
    }
  }
}

void Reply::take_error(const Received& message) {
  done_ = true;
  nlmsgerr error{};
  if (!read_header(message.payload, error)) {
    note(cut_off());
    return;
  }
  if (error.error == 0) {
    return;
  }
  refusal_.emplace().code = -error.error;
  if ((message.flags & NLM_F_ACK_TLVS) != 0) {
    // The request follows, unless it was left out, and behind it the attributes.
    std::size_t offset = sizeof(error);
    if ((message.flags & NLM_F_CAPPED) == 0) {
      offset += NLMSG_ALIGN(error.msg.nlmsg_len) - sizeof(error.msg);
    }
    refusal_->sentence = sentence_of(behind(message.payload, offset));
  }
}

void Reply::take_done(const Received& message) {
  done_ = true;
  std::int32_t status = 0;
  if (!read_header(message.payload, status) || status >= 0) {
    return;  // old kernels send no status
  }
  refusal_.emplace().code = -status;
  if ((message.flags & NLM_F_ACK_TLVS) != 0) {
    refusal_->sentence = sentence_of(behind(message.payload, NLMSG_ALIGN(sizeof(status))));
  }
}

void Reply::note(Error error) {
  if (!trouble_) {
    trouble_ = std::move(error);
  }
}

}  // namespace smadv::netlink
