// SPDX-License-Identifier: GPL-2.0
/// @file
/// The command line against a pretended module.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/cli/app.h"
#include "fake_kernel.h"
#include "temp_dir.h"

namespace smadv::test {

/// What a command line came to.
struct Outcome {
  ExitCode exit;
  std::string out;
  std::string err;
};

/// Runs command lines. User 1000 is "alice"; the file system is an empty folder.
class CliTest : public testing::Test {
 protected:
  CliTest() {
    machine_.connect = [this](netlink::EventBuffer) { return kernel_.connect(); };
    machine_.user_name = [](std::uint32_t uid) {
      return uid == 1000 ? std::string("alice") : std::to_string(uid);
    };
    machine_.root = root_.path().string();
  }

  /// @param line words separated by single blanks
  Outcome run(const std::string& line) {
    std::vector<std::string> words;
    std::istringstream stream(line);
    for (std::string word; stream >> word;) {
      words.push_back(word);
    }
    return run_words(words);
  }

  Outcome run_words(const std::vector<std::string>& words) {
    std::ostringstream out;
    std::ostringstream err;
    const ExitCode exit = cli::run(words, machine_, out, err);
    return {exit, out.str(), err.str()};
  }

  FakeKernel kernel_;
  TempDir root_;
  cli::Machine machine_;
};

}  // namespace smadv::test
