// SPDX-License-Identifier: GPL-2.0
#include <clocale>
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "daemon/cli/app.h"
#include "daemon/standard_files.h"

int main(int argc, char** argv) {
  smadv::open_standard_files();
  std::setlocale(LC_CTYPE, "");   // how wide characters are
  std::signal(SIGPIPE, SIG_IGN);  // a write to a closed pipe is an error to be handled
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> words(argv + 1, argv + argc);
  return static_cast<int>(smadv::cli::run(words, smadv::cli::real_machine(), std::cout, std::cerr));
}
