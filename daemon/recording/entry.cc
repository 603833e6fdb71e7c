// SPDX-License-Identifier: GPL-2.0
#include "daemon/recording/entry.h"

#include <array>
#include <cerrno>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "daemon/fields.h"
#include "daemon/policy.h"
#include "daemon/recording/bytes.h"

namespace smadv {

// Members as in the structures of the interface; they have no attributes.
template <>
inline constexpr auto kFields<recording::Loss> = std::tuple{
    Field{1, "messages", &recording::Loss::messages},
    Field{2, "faults", &recording::Loss::faults},
};

template <>
inline constexpr auto kFields<recording::End> = std::tuple{
    Field{1, "reason", &recording::End::reason},
    Field{2, "elapsed-ms", &recording::End::elapsed_ms},
};

namespace recording {
namespace {

// No entry is longer: a batch of faults is the longest.
constexpr std::uint64_t kLongestEntry = std::uint64_t{1} << 20U;

constexpr std::array<std::string_view, std::variant_size_v<Entry>> kEntryNames = {
    "note", "event", "policy", "loss", "end"};

// Flags of a fault, or that a wait follows.
constexpr std::uint64_t kWaited = 0x100;

void put(std::uint64_t value, std::string& bytes) {
  put_varint(value, bytes);
}

template <class E>
requires std::is_enum_v<E>
void put(E value, std::string& bytes) {
  put_varint(static_cast<std::uint32_t>(value), bytes);
}

void put(const std::string& text, std::string& bytes) {
  put_varint(text.size(), bytes);
  bytes += text;
}

void put(const std::vector<RecordedFault>& faults, std::string& bytes) {
  std::uint64_t last = 0;
  put_varint(faults.size(), bytes);
  for (const RecordedFault& fault : faults) {
    put_varint(fault.flags | (fault.waited_ns != 0 ? kWaited : 0), bytes);
    if ((fault.flags & RecordedFault::kLost) != 0) {
      put_varint(fault.page, bytes);
    } else {
      put_signed(static_cast<std::int64_t>(fault.page - last), bytes);
      last = fault.page;
    }
    if (fault.waited_ns != 0) {
      put_varint(fault.waited_ns, bytes);
    }
  }
}

template <class T>
requires std::is_integral_v<T>
void take(Taker& taker, T& value) {
  value = static_cast<T>(taker.varint());
}

template <class E>
requires std::is_enum_v<E>
void take(Taker& taker, E& value) {
  value = static_cast<E>(static_cast<std::uint32_t>(taker.varint()));
}

void take(Taker& taker, std::string& text) {
  text = taker.text(taker.varint());
}

void take(Taker& taker, std::vector<RecordedFault>& faults) {
  std::uint64_t last = 0;
  for (std::uint64_t left = taker.varint(); left > 0 && !taker.failed(); --left) {
    RecordedFault& fault = faults.emplace_back();
    const std::uint64_t flags = taker.varint();
    fault.flags = static_cast<std::uint8_t>(flags);
    if ((fault.flags & RecordedFault::kLost) != 0) {
      fault.page = taker.varint();
    } else {
      last += static_cast<std::uint64_t>(taker.signed_varint());
      fault.page = last;
    }
    if ((flags & kWaited) != 0) {
      fault.waited_ns = taker.varint();
    }
  }
}

template <class M>
bool present(const M& /*member*/) {
  return true;
}

template <class M>
bool present(const std::optional<M>& member) {
  return member.has_value();
}

template <class M>
void put(const std::optional<M>& member, std::string& bytes) {
  if (member) {
    put(*member, bytes);
  }
}

template <class M>
void take(Taker& taker, std::optional<M>& member) {
  take(taker, member.emplace());
}

// One bit for each member that is there, then those.
template <Described T>
void put_content(const T& object, std::string& bytes) {
  std::uint64_t mask = 0;
  unsigned bit = 0;
  for_each_field<T>(
      [&](const auto& field) { mask |= std::uint64_t{present(object.*field.member)} << bit++; });
  put_varint(mask, bytes);
  for_each_field<T>([&](const auto& field) { put(object.*field.member, bytes); });
}

template <Described T>
void take_content(Taker& taker, T& object) {
  std::uint64_t mask = taker.varint();
  for_each_field<T>([&](const auto& field) {
    if ((mask & 1U) != 0) {
      take(taker, object.*field.member);
    }
    mask >>= 1U;
  });
}

void put_content(const Policy& policy, std::string& bytes) {
  put_varint(policy_keys().size(), bytes);
  for (const PolicyKey& key : policy_keys()) {
    put_varint(policy.*key.member, bytes);
  }
}

// What the policy of another version lacks has its default.
void take_content(Taker& taker, Policy& policy) {
  policy = default_policy();
  std::uint64_t left = taker.varint();
  for (const PolicyKey& key : policy_keys()) {
    if (left-- == 0) {
      break;
    }
    const auto value = check_policy_value(key, static_cast<std::int64_t>(taker.varint()));
    policy.*key.member = value ? *value : key.fallback;
  }
}

template <std::size_t Index = 0>
Entry take_entry(std::size_t kind, Taker& taker) {
  if constexpr (Index + 1 < std::variant_size_v<Entry>) {
    if (kind != Index) {
      return take_entry<Index + 1>(kind, taker);
    }
  }
  std::variant_alternative_t<Index, Entry> content;
  take_content(taker, content);
  return content;
}

template <Described T>
std::string member_names() {
  std::string names;
  for_each_field<T>([&names](const auto& field) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ",", field.name);
  });
  return names;
}

std::string policy_names() {
  std::string names;
  for (const PolicyKey& key : policy_keys()) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ",", key.name);
  }
  return names;
}

}  // namespace

void encode(const Entry& entry, std::string& bytes) {
  std::string content;
  std::visit([&content](const auto& part) { put_content(part, content); }, entry);
  put_varint(entry.index(), bytes);
  put_varint(content.size(), bytes);
  bytes += content;
}

Result<std::optional<Entry>> decode(std::string_view& bytes) {
  for (;;) {
    Taker outer(bytes);
    const std::uint64_t kind = outer.varint();
    const std::uint64_t length = outer.varint();
    if (!outer.failed() && length > kLongestEntry) {
      return Error{ExitCode::Failed, EBADMSG, fmt::format("an entry of {} bytes", length)};
    }
    const std::string_view content = outer.text(length);
    if (outer.failed()) {
      return std::optional<Entry>();
    }
    bytes = outer.rest();
    if (kind >= std::variant_size_v<Entry>) {
      continue;
    }
    Taker inner(content);
    Entry entry = take_entry(kind, inner);
    if (inner.failed()) {
      return Error{ExitCode::Failed, EBADMSG,
                   fmt::format("an entry '{}' that is cut off", kEntryNames[kind])};
    }
    return std::optional<Entry>(std::move(entry));
  }
}

std::string describe_entries() {
  const std::array<std::string, std::variant_size_v<Entry>> members = {
      member_names<RecordingNote>(), member_names<Event>(), policy_names(), member_names<Loss>(),
      member_names<End>()};
  std::string text;
  for (std::size_t kind = 0; kind < members.size(); ++kind) {
    text += fmt::format(R"({}{{"kind":{},"name":"{}","members":[{}]}})", kind == 0 ? "" : ",", kind,
                        kEntryNames[kind], members[kind]);
  }
  return "[" + text + "]";
}

std::string_view text_of(EndReason reason) {
  switch (reason) {
    case EndReason::Asked:
      return "it was stopped";
    case EndReason::ProcessEnded:
      return "the process ended";
    case EndReason::TimeUp:
      return "its time was up";
    case EndReason::MaxSize:
      return "it reached --max-size";
    case EndReason::ModuleGone:
      return "the module was unloaded";
  }
  return "of a reason that this program does not know";
}

}  // namespace recording
}  // namespace smadv
