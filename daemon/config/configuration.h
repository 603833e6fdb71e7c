// SPDX-License-Identifier: GPL-2.0
/// @file
/// The policy file with its drop-ins.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "daemon/memory/settings.h"
#include "daemon/metrics/settings.h"
#include "daemon/model.h"
#include "daemon/result.h"

namespace smadv {

/// What the policy file and its drop-ins come to.
struct Configuration {
  Policy policy;
  std::vector<FilterRule> filters;  ///< Without repetitions, in the order of the files.
  metrics::Settings metrics;
  memory::Settings memory;
  std::vector<std::filesystem::path> files;  ///< Those read, in order.
};

/// Read @p file and then `policy.d/*.toml` beside it in lexical order. Keys that no file sets have
/// the module's defaults. A later file wins key by key; its filter rules add to the earlier ones,
/// unless it begins anew with `filter = []`. Any trouble fails the whole, with an error that names
/// file, line, column, key and what is allowed.
[[nodiscard]] Result<Configuration> load_configuration(const std::filesystem::path& file);

/// @p configuration as a policy file.
[[nodiscard]] std::string to_toml(const Configuration& configuration);

}  // namespace smadv
