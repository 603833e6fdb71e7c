// SPDX-License-Identifier: GPL-2.0
// Files of the policy that are no such thing.
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/config/configuration.h"
#include "daemon/config/file.h"
#include "daemon/policy.h"
#include "temp_dir.h"

namespace smadv {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

namespace fs = std::filesystem;

class BadFileTest : public testing::Test {
 protected:
  // The complaint about the policy file, which is a single line that can be shown.
  [[nodiscard]] std::string complaint() const {
    const auto configuration = load_configuration(file_);
    if (configuration) {
      return "it was taken";
    }
    EXPECT_EQ(configuration.error().exit, ExitCode::Failed);
    for (const char c : configuration.error().message) {
      EXPECT_GE(static_cast<unsigned char>(c), 0x20) << configuration.error().message;
    }
    return configuration.error().message;
  }

  [[nodiscard]] std::string complaint_of(const std::string& content) const {
    dir_.write("policy.toml", content);
    return complaint();
  }

  [[nodiscard]] std::string says(const std::string& text) const { return file_.string() + text; }

  test::TempDir dir_;
  fs::path file_ = dir_.path() / "policy.toml";
};

TEST_F(BadFileTest, Missing) {
  EXPECT_EQ(complaint(), says(": cannot be opened: No such file or directory"));
}

TEST_F(BadFileTest, Unreadable) {
  if (geteuid() == 0) {
    GTEST_SKIP() << "root may read everything";
  }
  dir_.write("policy.toml", "");
  fs::permissions(file_, fs::perms::none);
  EXPECT_EQ(complaint(), says(": cannot be opened: Permission denied"));
}

// It would otherwise be taken for an empty file, which is a policy of defaults.
TEST_F(BadFileTest, Folder) {
  fs::create_directory(file_);
  EXPECT_EQ(complaint(), says(": is a folder, not a file"));
}

TEST_F(BadFileTest, PipeDoesNotMakeItWait) {
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  EXPECT_EQ(complaint(), says(": is a pipe, not a file"));
}

TEST_F(BadFileTest, Device) {
  fs::create_symlink("/dev/zero", file_);
  EXPECT_EQ(complaint(), says(": is a device, not a file"));
}

TEST_F(BadFileTest, NullDeviceMasksADropIn) {
  dir_.write("policy.toml", "[policy]\nhold-ms = 7\n");
  fs::create_directory(dir_.path() / "policy.d");
  fs::create_symlink("/dev/null", dir_.path() / "policy.d/10-masked.toml");
  const auto configuration = load_configuration(file_);
  ASSERT_TRUE(configuration) << configuration.error().message;
  EXPECT_EQ(configuration->policy.hold_ms, 7U);
}

TEST_F(BadFileTest, LinkToNowhere) {
  dir_.write("policy.toml", "");
  fs::create_directory(dir_.path() / "policy.d");
  fs::create_symlink("vanished", dir_.path() / "policy.d/10.toml");
  EXPECT_EQ(complaint(), (dir_.path() / "policy.d/10.toml").string() +
                             ": cannot be opened: No such file or "
                             "directory");
}

TEST_F(BadFileTest, ReadThatFails) {
  EXPECT_EQ(load_configuration("/proc/self/mem").error().message,
            "/proc/self/mem: cannot be read: Input/output error");
}

TEST_F(BadFileTest, TooLong) {
  const std::string most(kMostFileBytes - 1, '#');
  dir_.write("policy.toml", most + "\n");
  EXPECT_TRUE(load_configuration(file_));
  EXPECT_EQ(complaint_of(most + "\n\n"), says(": is too long, allowed: up to 262144 bytes"));
  EXPECT_EQ(complaint_of(std::string(20U << 20, '#')),
            says(": is too long, allowed: up to 262144 bytes"));
}

TEST_F(BadFileTest, NulByte) {
  EXPECT_THAT(complaint_of(std::string("[policy]\nhold-ms = 1\0002\n", 23)),
              StartsWith(says(":2:12: ")));
  EXPECT_THAT(complaint_of(std::string(4096, '\0')), StartsWith(says(":1:1: ")));
}

TEST_F(BadFileTest, NotUtf8) {
  EXPECT_THAT(complaint_of("[policy]\n# caf\xe9\n"), StartsWith(says(":2:")));
  EXPECT_THAT(complaint_of(std::string("\xff\xfe[\0p\0", 6)), StartsWith(says(":1:1: ")));
}

TEST_F(BadFileTest, ControlCharactersInNamesAreShownNotSent) {
  EXPECT_EQ(complaint_of("[policy]\n\"a\\nb\\u001b[31m\" = 1\n"),
            says(":2:1: unknown key 'a\\x0ab\\x1b[31m'"));
}

TEST_F(BadFileTest, NumberBeyondAll) {
  EXPECT_THAT(complaint_of("[policy]\nhold-ms = 99999999999999999999999\n"),
              HasSubstr("99999999999999999999999"));
}

// What is nested is taken apart by recursion: as deep as a file may be, that must not exhaust the
// stack.
TEST_F(BadFileTest, NestedAsDeepAsTheFileIsLong) {
  std::string keys;
  while (keys.size() + 8 < kMostFileBytes) {
    keys += "a.";
  }
  EXPECT_EQ(complaint_of("\n" + keys + "a = 1\n"), says(":2:1: more than 64 dots"));
  EXPECT_EQ(complaint_of("[" + keys + "a]\n"), says(":1:1: more than 64 dots"));
  EXPECT_THAT(complaint_of("filter = " + std::string(200'000, '[')), StartsWith(says(":1:")));
}

TEST_F(BadFileTest, NestedAsDeepAsLinesAllow) {
  std::string keys;
  for (std::size_t i = 0; i < kMostLineDots; ++i) {
    keys += "a.";
  }
  // One table in the other, a line each, until the parser itself refuses.
  std::string text;
  std::string end;
  for (int i = 0; i < 120; ++i) {
    text += "{" + keys + "a = [\n";
    end += "]}";
  }
  EXPECT_THAT(complaint_of("x = " + text + end), HasSubstr("unknown key 'x'"));
  EXPECT_THAT(complaint_of("x = " + text + text + text), StartsWith(says(":")));
}

TEST_F(BadFileTest, DotsOfCommentsAreNotCounted) {
  dir_.write("policy.toml", "  # " + std::string(100, '.') + "\n[policy]\nhold-ms = 7\n");
  EXPECT_TRUE(load_configuration(file_));
}

TEST_F(BadFileTest, ManyRulesAreReadInTime) {
  std::string text = "filter = [";
  while (text.size() + 4 < kMostFileBytes) {
    text += "{},";
  }
  EXPECT_THAT(complaint_of(text + "]"), HasSubstr("a filter rule lacks action"));
}

}  // namespace
}  // namespace smadv
