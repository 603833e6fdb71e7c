// SPDX-License-Identifier: GPL-2.0
// Words of a command line and names from the kernel: values are in their ranges, and what is
// printed holds nothing that steers a terminal.
#include <algorithm>
#include <sstream>
#include <vector>

#include "daemon/filter.h"
#include "daemon/policy.h"
#include "daemon/service/options.h"
#include "daemon/suggest.h"
#include "daemon/text.h"
#include "fuzz.h"

using namespace smadv;  // NOLINT(google-build-using-namespace)

namespace {

void values(const std::string& text) {
  for (const PolicyKey& key : policy_keys()) {
    const auto value = parse_policy_value(key, text);
    if (!value) {
      fuzz::require(!value.error().message.empty(), "an error has words");
      continue;
    }
    fuzz::require(*value >= key.min && *value <= key.max, "a value is in its range");
    const auto again = parse_policy_value(key, format_policy_value(key, *value));
    fuzz::require(again && *again == *value, "a value comes back from its own text");
  }
  (void)unknown_policy_key(text);
}

void rules(const std::string& text, std::uint32_t choice) {
  FilterRule rule{};
  rule.action = static_cast<decltype(rule.action)>(choice % 2);
  rule.kind = static_cast<decltype(rule.kind)>(choice / 2 % 8);
  rule.value = text;
  if (!check_filter_rule(rule)) {
    return;
  }
  fuzz::require(text.size() <= SMART_MADVISE_MAX_VALUE_LEN, "the kernel takes a rule's value");
  fuzz::require(text.find('\0') == std::string::npos, "no rule's value is cut short");
}

void output(const std::string& text) {
  const std::string printed = printable(text);
  fuzz::require(std::none_of(printed.begin(), printed.end(),
                             [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
                "nothing printed steers a terminal");
}

void command_line(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; words.size() < 8 && stream >> word;) {
    words.push_back(word);
  }
  (void)parse_options(words);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const auto choice = input.take<std::uint8_t>();
  const std::string text = input.text();
  values(text);
  rules(text, choice);
  output(text);
  command_line(text);
  return 0;
}
