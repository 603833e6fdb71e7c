// SPDX-License-Identifier: GPL-2.0
/// @file
/// Word of the kernel module being loaded and unloaded.
#pragma once

#include "daemon/result.h"

namespace smadv {

/// What happened to the module since the last look.
struct ModuleNews {
  bool vanished = false;  ///< It was unloaded at least once.
  bool appeared = false;  ///< It was loaded, and not unloaded again since.
  bool lost = false;      ///< News was dropped: look for yourself.
};

/// Tells when the module comes and goes.
class ModuleWatch {
 public:
  virtual ~ModuleWatch() = default;

  /// Readable (poll) when read() has something to tell.
  [[nodiscard]] virtual int fd() const = 0;

  /// Everything since the last call. Does not wait.
  [[nodiscard]] virtual Result<ModuleNews> read() = 0;
};

}  // namespace smadv
