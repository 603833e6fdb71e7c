// SPDX-License-Identifier: GPL-2.0
// The man pages against what the programs say of themselves.
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli_fixture.h"
#include "daemon/service/options.h"

namespace smadv {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::string page(const std::string& name) {
  std::ifstream file(SMADV_SOURCE_DIR "/docs/man/" + name + ".scd");
  EXPECT_TRUE(file.is_open()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The first words of the lines of a part of a help text, such as "Subcommands:". An option may
/// have two names, joined by a comma.
std::vector<std::string> names_in(const std::string& help, const std::string& part) {
  std::vector<std::string> names;
  std::istringstream lines(help);
  std::string line;
  while (std::getline(lines, line) && line != part) {
  }
  const std::regex name("^  ([A-Za-z-][A-Za-z,-]*).*");
  for (std::smatch found; std::getline(lines, line) && !line.empty();) {
    if (std::regex_match(line, found, name)) {
      names.push_back(found[1]);
    }
  }
  return names;
}

/// "-n,--count" as the pages write it: "*-n*, *--count*".
std::string as_written(const std::string& names) {
  return '*' + std::regex_replace(names, std::regex(","), "*, *") + '*';
}

class ManPageTest : public test::CliTest {
 protected:
  // The command with all of its arguments, options and commands.
  void expect_command(const std::string& command) {
    const std::string help = run(command + " --help").out;
    for (const std::string& name : names_in(help, "Options:")) {
      EXPECT_THAT(page_, HasSubstr(as_written(name))) << "option of smadv " << command;
    }
    for (const std::string& name : names_in(help, "Subcommands:")) {
      expect_heading(command + name);
      expect_command(command + name + ' ');
    }
  }

  void expect_heading(const std::string& command) {
    EXPECT_THAT(page_, testing::ContainsRegex("\n\\*smadv " + command + "\\*[^\n]*\n\t"))
        << "docs/man/smadv.8.scd describes no command " << command;
  }

  const std::string page_ = page("smadv.8");
};

TEST_F(ManPageTest, HasEachCommandAndOptionOfSmadv) {
  ASSERT_THAT(names_in(run("--help").out, "Subcommands:"), Contains("status"));
  ASSERT_THAT(names_in(run("monitor --help").out, "Options:"), Contains("-n,--count"));
  expect_command("");
}

TEST_F(ManPageTest, HasNoCommandThatSmadvHasNot) {
  const std::regex heading("\n\\*smadv ([a-z -]+)\\*");
  for (std::sregex_iterator found(page_.begin(), page_.end(), heading), none; found != none;
       ++found) {
    const std::string command = (*found)[1];
    EXPECT_THAT(run(command + " --help").out, HasSubstr("Usage: smadv " + command + ' '));
  }
}

TEST(ManPage, HasEachOptionOfSmadvd) {
  const auto help = parse_options({"--help"});
  ASSERT_TRUE(help);
  const auto names = names_in(std::get<Answer>(*help).text, "Options:");
  ASSERT_THAT(names, Contains("--check"));
  for (const std::string& name : names) {
    EXPECT_THAT(page("smadvd.8"), HasSubstr(as_written(name)));
  }
}

// Exit codes are listed in the help as "  0  done", on the pages as "*0*".
TEST_F(ManPageTest, HasEachExitCode) {
  const std::regex code("\n  ([0-9])  ");
  const std::string help = run("--help").out;
  int codes = 0;
  for (std::sregex_iterator found(help.begin(), help.end(), code), none; found != none; ++found) {
    EXPECT_THAT(page_, HasSubstr("\n*" + (*found)[1].str() + "*\n"));
    ++codes;
  }
  EXPECT_GE(codes, 7);
}

}  // namespace
}  // namespace smadv
