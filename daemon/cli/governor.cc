// SPDX-License-Identifier: GPL-2.0
#include <array>

#include "daemon/cli/commands.h"
#include "daemon/policy.h"

namespace smadv::cli {
namespace {

Result<void> change(Context& context, std::string_view name, std::uint32_t value) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  const PolicyKey* key = find_policy_key(name);
  const std::array changes{PolicyChange{key, value}};
  if (auto set = (*client)->set_policy(changes); !set) {
    return set.error();
  }
  if (context.json()) {
    auto json = Json::object();
    json.set(name, key->form == PolicyKey::Form::Choice ? Json(format_policy_value(*key, value))
                                                        : Json(std::uint64_t{value}));
    context.print(json);
  }
  return {};
}

Result<void> show_governor(Context& context) {
  const auto policy = context.policy();
  if (!policy) {
    return policy.error();
  }
  const std::string name = name_of(static_cast<Governor>(policy->governor));
  if (context.json()) {
    context.print(Json::object().set("governor", Json(name)));
  } else {
    context.out() << name << '\n';
  }
  return {};
}

Result<void> set_governor(Context& context, const std::string& name) {
  const auto value = parse_policy_value(*find_policy_key("governor"), name);
  if (!value) {
    return value.error();
  }
  return change(context, "governor", *value);
}

std::vector<Candidate> complete_governors(Context&, std::span<const std::string>) {
  std::vector<Candidate> candidates;
  candidates.reserve(kNames<Governor>.size());
  for (const std::string_view name : kNames<Governor>) {
    candidates.push_back({std::string(name)});
  }
  return candidates;
}

}  // namespace

void declare_governor(const Command& smadv) {
  const Command governor = smadv.add(
      "governor", "Show or set who decides on hints",
      "  smadv governor\n  smadv governor observe\n"
      "The governor benefit, the default, goes by what faults are measured to wait for, pattern\n"
      "by the access pattern; observe takes every hint back, and changes nothing. Set by hand,\n"
      "it stays until smadvd starts or reloads its files.\n");
  const auto name = governor.text(
      {.names = "NAME", .does = "observe, pattern or benefit", .completer = complete_governors});
  governor.runs([name](Context& context) {
    return name ? set_governor(context, *name) : show_governor(context);
  });
  smadv.add("enable", "Watch page faults", "  smadv enable\n").runs([](Context& context) {
    return change(context, "enabled", 1);
  });
  smadv
      .add("disable", "Remove the hook, restore every hint, forget every process",
           "  smadv disable\n")
      .runs([](Context& context) { return change(context, "enabled", 0); });
}

}  // namespace smadv::cli
