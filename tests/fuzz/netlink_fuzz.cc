// SPDX-License-Identifier: GPL-2.0
// Whatever a datagram holds, it is an answer, or an error that says what is wrong with it.
#include <linux/smart_madvise.h>

#include "daemon/netlink/codec.h"
#include "daemon/netlink/family.h"
#include "daemon/netlink/reply.h"
#include "daemon/text.h"
#include "datagram.h"
#include "fuzz.h"

using namespace smadv;  // NOLINT(google-build-using-namespace)

namespace {

template <class T>
void decode_as(const netlink::Attributes& attributes) {
  const auto object = netlink::decode<T>(attributes);
  fuzz::require(object || !object.error().message.empty(), "an error has words");
  if constexpr (std::is_same_v<T, Event>) {
    if (object) {
      (void)event_text(*object);
    }
  }
}

void decode_all(const netlink::Attributes& attributes) {
  decode_as<Info>(attributes);
  decode_as<Policy>(attributes);
  decode_as<Stats>(attributes);
  decode_as<Process>(attributes);
  decode_as<Range>(attributes);
  decode_as<Task>(attributes);
  decode_as<Filter>(attributes);
  decode_as<RestoreOutcome>(attributes);
  decode_as<Event>(attributes);
  for (const netlink::Bytes content : attributes.all()) {
    (void)netlink::Attributes::parse(content);
  }
}

// Well-formed attributes of any numbers and sizes: mutation alone seldom gets past the first
// length that is wrong.
test::AttributeWriter built(fuzz::Input& input) {
  test::AttributeWriter writer;
  while (!input.empty()) {
    const auto type = input.take<std::uint8_t>();
    const auto value = input.take<std::uint64_t>();
    switch (type >> 6) {
      case 0:
        writer.put(type & 63, static_cast<std::uint32_t>(value));
        break;
      case 1:
        writer.put(type & 63, value);
        break;
      case 2:
        writer.put(type & 63, std::string(value % 64, 'x'));
        break;
      default:
        writer.put_bytes(type & 63, &value, value % (sizeof(value) + 1));
    }
  }
  return writer;
}

void feed(netlink::Bytes bytes) {
  netlink::Reply reply(1, [](const netlink::Command& command) -> Result<void> {
    decode_all(command.attributes);
    return {};
  });
  reply.feed(bytes);
  fuzz::require(!reply.refusal() || reply.refusal()->code > 0, "a refusal has an errno");
  (void)netlink::for_each_message(bytes, [](const netlink::Received& message) {
    (void)netlink::family_news(message, SMART_MADVISE_FAMILY_NAME);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto attributes = netlink::Attributes::parse(bytes)) {
    decode_all(*attributes);
  }
  feed(bytes);
  fuzz::Input input(data, size);
  const auto command = input.take<std::uint8_t>();
  feed(test::Datagram(1).command(30, command, built(input)).bytes());
  return 0;
}
