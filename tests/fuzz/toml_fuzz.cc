// SPDX-License-Identifier: GPL-2.0
// A policy file is refused with a reason, or it is a policy that the module takes and that comes
// back from its own text.
#include "daemon/config/configuration.h"
#include "daemon/filter.h"
#include "daemon/policy.h"
#include "fuzz.h"
#include "temp_dir.h"

using namespace smadv;  // NOLINT(google-build-using-namespace)

namespace {

void check(const Configuration& configuration) {
  for (const PolicyKey& key : policy_keys()) {
    fuzz::require(bool{check_policy_value(key, configuration.policy.*key.member)},
                  "a policy is in its ranges");
  }
  fuzz::require(!policy_conflict(configuration.policy), "a policy is consistent");
  for (const FilterRule& rule : configuration.filters) {
    fuzz::require(bool{check_filter_rule(rule)}, "a rule is one that the module takes");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::TempDir dir;
  const auto file = dir.write("policy.toml", fuzz::Input(data, size).text());
  const auto configuration = load_configuration(file);
  if (!configuration) {
    fuzz::require(!configuration.error().message.empty(), "an error has words");
    return 0;
  }
  check(*configuration);
  dir.write("policy.toml", to_toml(*configuration));
  const auto again = load_configuration(file);
  fuzz::require(bool{again}, "what we write we read");
  fuzz::require(again->policy == configuration->policy, "the policy comes back");
  fuzz::require(again->filters == configuration->filters, "the rules come back");
  return 0;
}
