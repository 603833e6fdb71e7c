// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/netlink_client.h"

#include <linux/smart_madvise.h>

#include <array>
#include <cerrno>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datagram.h"
#include "fake_kernel.h"
#include "fake_transport.h"

namespace smadv::netlink {
namespace {

using test::attributes_of;
using test::AttributeWriter;
using test::Buffer;
using test::Datagram;
using test::FakeTransport;
using test::kFamily;
using test::Sent;
using test::Wire;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint32_t kEventGroup = 9;
constexpr std::uint32_t kRecordingGroup = 10;
constexpr std::uint32_t kNotifyGroup = 16;

/// A kernel that knows families and answers our commands from a script.
class NetlinkClientTest : public testing::Test {
 protected:
  NetlinkClientTest() {
    requests_.answer = [this](const Sent& request, std::uint32_t sequence) {
      return request.family == GENL_ID_CTRL ? std::vector<Buffer>{controller(request, sequence)}
                                            : module(request, sequence);
    };
  }

  Transports transports() {
    return {[this]() -> Result<std::unique_ptr<Transport>> {
              return std::unique_ptr<Transport>(std::make_unique<FakeTransport>(requests_));
            },
            [this]() -> Result<std::unique_ptr<Transport>> {
              return std::unique_ptr<Transport>(std::make_unique<FakeTransport>(events_));
            }};
  }

  Result<std::unique_ptr<KernelClient>> connect() { return NetlinkClient::connect(transports()); }

  std::unique_ptr<KernelClient> connected() {
    auto client = connect();
    EXPECT_TRUE(client);
    return *std::move(client);
  }

  Buffer controller(const Sent& request, std::uint32_t sequence) {
    std::string name;
    const auto attributes = Attributes::parse(request.attributes);
    EXPECT_TRUE(attributes && read_value(*attributes->find(CTRL_ATTR_FAMILY_NAME), name));
    if (!families_.contains(name)) {
      return Datagram(sequence).error(ENOENT).bytes();
    }
    AttributeWriter groups;
    groups.put(1, AttributeWriter()
                      .put(CTRL_ATTR_MCAST_GRP_ID, std::uint32_t{1})
                      .put(CTRL_ATTR_MCAST_GRP_NAME, std::string("other")));
    groups.put(
        2, AttributeWriter()
               .put(CTRL_ATTR_MCAST_GRP_ID, name == "nlctrl" ? kNotifyGroup : kEventGroup)
               .put(CTRL_ATTR_MCAST_GRP_NAME, std::string(name == "nlctrl" ? "notify" : "events")));
    if (recordable_) {
      groups.put(3, AttributeWriter()
                        .put(CTRL_ATTR_MCAST_GRP_ID, kRecordingGroup)
                        .put(CTRL_ATTR_MCAST_GRP_NAME, std::string("recording")));
    }
    AttributeWriter family;
    family.put(CTRL_ATTR_FAMILY_NAME, name).put(CTRL_ATTR_FAMILY_ID, families_[name]);
    if (groups_known_) {
      family.put(CTRL_ATTR_MCAST_GROUPS, groups);
    }
    return Datagram(sequence).command(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, family).error(0).bytes();
  }

  std::vector<Buffer> module(const Sent& request, std::uint32_t sequence) {
    const auto family = families_.find(SMART_MADVISE_FAMILY_NAME);
    if (family == families_.end() || request.family != family->second) {
      return {Datagram(sequence).error(ENOENT).bytes()};
    }
    return script_ ? script_(request, sequence) : std::vector<Buffer>();
  }

  const Sent& last() { return requests_.sent.back(); }

  Wire requests_;
  Wire events_;
  std::map<std::string, std::uint16_t> families_{{"nlctrl", GENL_ID_CTRL},
                                                 {SMART_MADVISE_FAMILY_NAME, kFamily}};
  bool groups_known_ = true;
  bool recordable_ = true;
  std::function<std::vector<Buffer>(const Sent&, std::uint32_t)> script_;
};

TEST_F(NetlinkClientTest, AbsentModule) {
  families_.erase(SMART_MADVISE_FAMILY_NAME);
  const auto client = connect();
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().exit, ExitCode::ModuleAbsent);
  EXPECT_THAT(client.error().message, HasSubstr("smart_madvise is not loaded"));
}

TEST_F(NetlinkClientTest, Info) {
  const Info info{"0.9", 1, HookKind::Kprobe, ExecutorKind::VmaFlags, 1, 0, 4096, 16};
  script_ = [&](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{
        Datagram(sequence)
            .command(kFamily, SMART_MADVISE_CMD_INFO_GET, attributes_of(info))
            .error(0)
            .bytes()};
  };
  const auto answer = connected()->info();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, info);
  EXPECT_EQ(last().command, SMART_MADVISE_CMD_INFO_GET);
  EXPECT_EQ(last().flags, NLM_F_REQUEST | NLM_F_ACK);
}

TEST_F(NetlinkClientTest, EmptyAnswerIsAnError) {
  script_ = [](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{Datagram(sequence).error(0).bytes()};
  };
  EXPECT_FALSE(connected()->policy());
}

TEST_F(NetlinkClientTest, AnswerThatLacksAttributesIsAnError) {
  script_ = [](const Sent& request, std::uint32_t sequence) {
    return std::vector<Buffer>{
        Datagram(sequence).command(kFamily, request.command, {}).error(0).bytes()};
  };
  const auto client = connected();
  EXPECT_EQ(client->info().error().exit, ExitCode::Incompatible);
  EXPECT_EQ(client->add_filter({}).error().message, "the kernel gives the rule no number");
  EXPECT_TRUE(client->set_policy({})) << "no answer is wanted, what comes is passed over";
}

TEST_F(NetlinkClientTest, OneProcessIsAskedForByItsNumber) {
  Process process;
  process.pid = 7;
  script_ = [&](const Sent& request, std::uint32_t sequence) {
    return std::vector<Buffer>{Datagram(sequence)
                                   .command(kFamily, request.command, attributes_of(process))
                                   .error(0)
                                   .bytes()};
  };
  const auto answer = connected()->process(7);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, process);
  EXPECT_EQ(last().attributes,
            AttributeWriter().put(SMART_MADVISE_A_PROCESS_PID, std::uint32_t{7}).bytes());
}

TEST_F(NetlinkClientTest, RequestThatDoesNotFitIsNotSent) {
  const auto client = connected();
  const auto sent = requests_.sent.size();
  const FilterRule rule{FilterAction::Exclude, FilterKind::Exe, std::string(1U << 20, '/')};
  EXPECT_EQ(client->add_filter(rule).error().message,
            "cannot add the filter rule: the request is too long");
  EXPECT_EQ(requests_.sent.size(), sent);
}

TEST_F(NetlinkClientTest, RequestThatCannotBeSentIsAnError) {
  const auto client = connected();
  requests_.send_fails = ENOBUFS;
  EXPECT_EQ(client->stats().error().code, ENOBUFS);
}

TEST_F(NetlinkClientTest, RefusedRuleIsAnError) {
  script_ = [](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{Datagram(sequence).error(ENOSPC, "too many").bytes()};
  };
  const auto id = connected()->add_filter({FilterAction::Exclude, FilterKind::Exe, "/bin/x"});
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().code, ENOSPC);
  EXPECT_EQ(id.error().message, "cannot add the filter rule: too many");
}

TEST_F(NetlinkClientTest, FamilyWithoutANumberIsAnError) {
  requests_.answer = [](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{
        Datagram(sequence).command(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, {}).error(0).bytes()};
  };
  EXPECT_EQ(connect().error().message, "the kernel gives the family no number");
}

TEST_F(NetlinkClientTest, GarbledGroupsAreNone) {
  constexpr std::array<std::uint16_t, 2> kCutOff{0xffff, 1};
  const auto cut_off = AttributeWriter().put_bytes(1, kCutOff.data(), sizeof(kCutOff));
  for (const bool inside : {false, true}) {
    requests_.answer = [&](const Sent&, std::uint32_t sequence) {
      AttributeWriter family;
      family.put(CTRL_ATTR_FAMILY_ID, kFamily);
      if (inside) {
        family.put(CTRL_ATTR_MCAST_GROUPS, cut_off);
      } else {
        family.put_bytes(CTRL_ATTR_MCAST_GROUPS, kCutOff.data(), sizeof(kCutOff));
      }
      return std::vector<Buffer>{
          Datagram(sequence).command(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, family).error(0).bytes()};
    };
    EXPECT_EQ(connected()->events().error().message, "the loaded module sends no events");
  }
}

TEST_F(NetlinkClientTest, SocketsThatCannotBeOpenedAreAnError) {
  const Error full{ExitCode::Failed, EMFILE, "no more sockets"};
  const auto none = [full]() -> Result<std::unique_ptr<Transport>> { return full; };
  EXPECT_EQ(NetlinkClient::connect({none, none}).error().code, EMFILE);
  EXPECT_EQ(watch_module({none, none}).error().code, EMFILE);
  const Transports requests_only{transports().requests, none};
  EXPECT_EQ(watch_module(requests_only).error().code, EMFILE);
  const auto client = NetlinkClient::connect(requests_only);
  ASSERT_TRUE(client);
  EXPECT_EQ((*client)->events().error().code, EMFILE);
}

TEST_F(NetlinkClientTest, WithoutTheControllersNewsThereIsNoWatch) {
  const auto client = connected();
  groups_known_ = false;
  EXPECT_EQ(watch_module(transports()).error().message,
            "the kernel does not tell of modules that come and go");
  families_.erase("nlctrl");
  EXPECT_FALSE(watch_module(transports()));
  EXPECT_FALSE(client->events());
  EXPECT_FALSE(client->recording());
}

TEST_F(NetlinkClientTest, SetPolicySendsTheChangesAndNothingElse) {
  script_ = [](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{Datagram(sequence).error(0).bytes()};
  };
  const PolicyChanges changes{{find_policy_key("governor"), 1}, {find_policy_key("hold-ms"), 500}};
  ASSERT_TRUE(connected()->set_policy(changes));
  EXPECT_EQ(last().command, SMART_MADVISE_CMD_POLICY_SET);
  EXPECT_EQ(last().attributes, AttributeWriter()
                                   .put(SMART_MADVISE_A_POLICY_GOVERNOR, std::uint32_t{1})
                                   .put(SMART_MADVISE_A_POLICY_HOLD_MS, std::uint32_t{500})
                                   .bytes());
}

struct RefusalCase {
  int code;
  std::string sentence;
  ExitCode exit;
  std::string said;
};

class RefusalTest : public NetlinkClientTest, public testing::WithParamInterface<RefusalCase> {};

TEST_P(RefusalTest, BecomesAnErrorWithTheSentence) {
  script_ = [](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{
        Datagram(sequence).error(GetParam().code, GetParam().sentence).bytes()};
  };
  const auto done = connected()->set_policy({});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit, GetParam().exit);
  EXPECT_EQ(done.error().code, GetParam().code);
  EXPECT_EQ(done.error().message, "cannot set the policy: " + GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusalTest,
    testing::Values(
        RefusalCase{ERANGE, "hold-ms: must be 0..60000", ExitCode::Failed,
                    "hold-ms: must be 0..60000"},
        RefusalCase{EINVAL, "", ExitCode::Failed, "Invalid argument"},
        RefusalCase{EPERM, "", ExitCode::NoPrivilege, "needs CAP_SYS_ADMIN (run it as root)"},
        RefusalCase{EPERM, "needs CAP_X", ExitCode::NoPrivilege, "needs CAP_X (run it as root)"},
        RefusalCase{ESRCH, "no process", ExitCode::NotFound, "no process"},
        RefusalCase{EOPNOTSUPP, "", ExitCode::Incompatible,
                    "the loaded module does not know this request, it is older than this program"},
        RefusalCase{EOPNOTSUPP, "no cgroups", ExitCode::Failed, "no cgroups"}));

TEST_F(NetlinkClientTest, DumpGathersAllDatagrams) {
  Process one;
  one.pid = 1;
  Process two;
  two.pid = 2;
  script_ = [&](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{
        Datagram(sequence)
            .command(kFamily, SMART_MADVISE_CMD_PROCESS_GET, attributes_of(one), NLM_F_MULTI)
            .bytes(),
        Datagram(sequence)
            .command(kFamily, SMART_MADVISE_CMD_PROCESS_GET, attributes_of(two), NLM_F_MULTI)
            .done()
            .bytes()};
  };
  const auto listing = connected()->processes();
  ASSERT_TRUE(listing) << listing.error().message;
  EXPECT_THAT(listing->items, ElementsAre(one, two));
  EXPECT_FALSE(listing->torn);
  EXPECT_EQ(last().flags & NLM_F_DUMP, NLM_F_DUMP);
  EXPECT_TRUE(last().attributes.empty());
}

TEST_F(NetlinkClientTest, DumpOfOneProcessNamesIt) {
  script_ = [](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{Datagram(sequence).done().bytes()};
  };
  const auto client = connected();
  ASSERT_TRUE(client->ranges(4711));
  EXPECT_EQ(last().attributes,
            AttributeWriter().put(SMART_MADVISE_A_RANGE_PID, std::uint32_t{4711}).bytes());
  ASSERT_TRUE(client->tasks(4712));
  EXPECT_EQ(last().attributes,
            AttributeWriter().put(SMART_MADVISE_A_TASK_PID, std::uint32_t{4712}).bytes());
}

TEST_F(NetlinkClientTest, TornDumpIsAskedForAgain) {
  int dumps = 0;
  script_ = [&](const Sent&, std::uint32_t sequence) {
    ++dumps;
    Filter filter{{FilterAction::Exclude, FilterKind::Comm, "x"}, 1};
    const int torn = dumps < 3 ? NLM_F_DUMP_INTR : 0;
    return std::vector<Buffer>{
        Datagram(sequence)
            .command(kFamily, SMART_MADVISE_CMD_FILTER_GET, attributes_of(filter), NLM_F_MULTI)
            .done(0, {}, static_cast<std::uint16_t>(NLM_F_MULTI | torn))
            .bytes()};
  };
  const auto listing = connected()->filters();
  ASSERT_TRUE(listing);
  EXPECT_EQ(dumps, 3);
  EXPECT_EQ(listing->items.size(), 1U) << "what a torn dump gave must not stay";
  EXPECT_FALSE(listing->torn);
}

TEST_F(NetlinkClientTest, DumpThatIsAlwaysTornIsGivenAsSuch) {
  int dumps = 0;
  script_ = [&](const Sent&, std::uint32_t sequence) {
    ++dumps;
    return std::vector<Buffer>{
        Datagram(sequence).done(0, {}, NLM_F_MULTI | NLM_F_DUMP_INTR).bytes()};
  };
  const auto listing = connected()->processes();
  ASSERT_TRUE(listing);
  EXPECT_TRUE(listing->torn);
  EXPECT_EQ(dumps, 8);
}

TEST_F(NetlinkClientTest, DumpErrorAtTheEndIsTold) {
  script_ = [](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{Datagram(sequence).done(-EPERM, "not yours").bytes()};
  };
  const auto listing = connected()->ranges(1);
  ASSERT_FALSE(listing);
  EXPECT_EQ(listing.error().exit, ExitCode::NoPrivilege);
  EXPECT_THAT(listing.error().message, HasSubstr("not yours"));
}

TEST_F(NetlinkClientTest, EntryOfAnOlderModuleNamesWhatItLacks) {
  script_ = [](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{
        Datagram(sequence)
            .command(kFamily, SMART_MADVISE_CMD_TASK_GET,
                     AttributeWriter().put(SMART_MADVISE_A_TASK_ID, std::uint64_t{1}), NLM_F_MULTI)
            .done()
            .bytes()};
  };
  const auto listing = connected()->tasks({});
  ASSERT_FALSE(listing);
  EXPECT_EQ(listing.error().exit, ExitCode::Incompatible);
  EXPECT_THAT(listing.error().message, HasSubstr("'pid'"));
}

TEST_F(NetlinkClientTest, ModuleUnloadedSinceIsAbsent) {
  const auto client = connected();
  families_.erase(SMART_MADVISE_FAMILY_NAME);
  const auto stats = client->stats();
  ASSERT_FALSE(stats);
  EXPECT_EQ(stats.error().exit, ExitCode::ModuleAbsent);
}

TEST_F(NetlinkClientTest, ModuleLoadedAnewUnderAnotherNumberIsAbsentForTheOldClient) {
  const auto client = connected();
  families_[SMART_MADVISE_FAMILY_NAME] = kFamily + 1;
  const auto stats = client->stats();
  ASSERT_FALSE(stats);
  EXPECT_EQ(stats.error().exit, ExitCode::ModuleAbsent);
}

TEST_F(NetlinkClientTest, RuleThatDoesNotExistIsNotAnAbsentModule) {
  script_ = [](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{
        Datagram(sequence).error(ENOENT, "id: no rule has this number").bytes()};
  };
  const auto done = connected()->delete_filter(3);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit, ExitCode::NotFound);
}

TEST_F(NetlinkClientTest, FilterRulesGoOutAndNumbersComeBack) {
  script_ = [](const Sent& request, std::uint32_t sequence) {
    Datagram datagram(sequence);
    if (request.command == SMART_MADVISE_CMD_FILTER_ADD) {
      datagram.command(kFamily, request.command,
                       AttributeWriter().put(SMART_MADVISE_A_FILTER_ID, std::uint32_t{17}));
    }
    return std::vector<Buffer>{datagram.error(0).bytes()};
  };
  const auto client = connected();
  const auto id = client->add_filter({FilterAction::Exclude, FilterKind::Exe, "/bin/x"});
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, 17U);
  EXPECT_EQ(last().attributes, AttributeWriter()
                                   .put(SMART_MADVISE_A_FILTER_ACTION, std::uint32_t{1})
                                   .put(SMART_MADVISE_A_FILTER_KIND, std::uint32_t{3})
                                   .put(SMART_MADVISE_A_FILTER_VALUE, std::string("/bin/x"))
                                   .bytes());
  ASSERT_TRUE(client->delete_filter(17));
  EXPECT_EQ(last().attributes,
            AttributeWriter().put(SMART_MADVISE_A_FILTER_ID, std::uint32_t{17}).bytes());
  ASSERT_TRUE(client->delete_filter({}));
  EXPECT_EQ(last().command, SMART_MADVISE_CMD_FILTER_DEL);
  EXPECT_TRUE(last().attributes.empty());
}

TEST_F(NetlinkClientTest, RestoreAndForgetNameTheProcess) {
  script_ = [](const Sent& request, std::uint32_t sequence) {
    return std::vector<Buffer>{
        Datagram(sequence)
            .command(kFamily, request.command, attributes_of(RestoreOutcome{5, 2}))
            .error(0)
            .bytes()};
  };
  const auto client = connected();
  const auto all = client->restore({});
  ASSERT_TRUE(all);
  EXPECT_EQ(*all, (RestoreOutcome{5, 2}));
  EXPECT_TRUE(last().attributes.empty());
  EXPECT_EQ(last().command, SMART_MADVISE_CMD_RESTORE);
  const Buffer pid = AttributeWriter().put(SMART_MADVISE_A_RESTORE_PID, std::uint32_t{7}).bytes();
  ASSERT_TRUE(client->restore(7));
  EXPECT_EQ(last().attributes, pid);
  ASSERT_TRUE(client->forget(7));
  EXPECT_EQ(last().attributes, pid);
  EXPECT_EQ(last().command, SMART_MADVISE_CMD_PROCESS_FORGET);
}

TEST_F(NetlinkClientTest, APriorNamesProcessFileHintAndPrice) {
  script_ = [](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{Datagram(sequence).error(0).bytes()};
  };
  const auto client = connected();
  ASSERT_TRUE(client->set_prior({7, ~0ULL - 1, Hint::Random, 25}));
  EXPECT_EQ(last().command, SMART_MADVISE_CMD_PRIOR_SET);
  EXPECT_EQ(last().attributes, AttributeWriter()
                                   .put(SMART_MADVISE_A_PRIOR_PID, std::uint32_t{7})
                                   .put(SMART_MADVISE_A_PRIOR_FILE_ID, ~std::uint64_t{0} - 1)
                                   .put(SMART_MADVISE_A_PRIOR_HINT, std::uint32_t{2})
                                   .put(SMART_MADVISE_A_PRIOR_PRICE_PCT, std::uint32_t{25})
                                   .bytes());
  script_ = [](const Sent&, std::uint32_t sequence) {
    return std::vector<Buffer>{Datagram(sequence).error(ESRCH).bytes()};
  };
  EXPECT_EQ(client->set_prior({7, 1, Hint::Random, 25}).error().exit, ExitCode::NotFound);
}

TEST_F(NetlinkClientTest, NoAnswerIsAnErrorAndNoHang) {
  EXPECT_FALSE(connected()->info());
}

TEST_F(NetlinkClientTest, EventsJoinBothGroups) {
  ASSERT_TRUE(connected()->events());
  EXPECT_THAT(events_.groups, ElementsAre(kNotifyGroup, kEventGroup));
}

// Its group may be another family's by then: joining it may work or not.
TEST_F(NetlinkClientTest, EventsOfAModuleThatLeavesMeanwhileAreNotWaitedFor) {
  for (const int code : {0, EINVAL}) {
    families_[SMART_MADVISE_FAMILY_NAME] = kFamily;
    const auto client = connected();
    events_.on_join = [this, code](std::uint32_t group) {
      if (group != kEventGroup) {
        return 0;
      }
      ++families_[SMART_MADVISE_FAMILY_NAME];  // and is loaded again
      return code;
    };
    const auto events = client->events();
    ASSERT_FALSE(events);
    EXPECT_EQ(events.error().exit, ExitCode::ModuleAbsent);
  }
}

TEST_F(NetlinkClientTest, EventsWithoutPrivilege) {
  const auto client = connected();
  events_.on_join = [](std::uint32_t group) { return group == kEventGroup ? EPERM : 0; };
  const auto events = client->events();
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().exit, ExitCode::NoPrivilege);
}

TEST_F(NetlinkClientTest, EventsOfAModuleWithoutTheGroup) {
  groups_known_ = false;
  const auto events = connected()->events();
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().exit, ExitCode::Incompatible);
}

TEST_F(NetlinkClientTest, RecordingJoinsEventsFirst) {
  ASSERT_TRUE(connected()->recording());
  EXPECT_THAT(events_.groups, ElementsAre(kNotifyGroup, kEventGroup, kRecordingGroup));
}

TEST_F(NetlinkClientTest, RecordingWithoutPrivilege) {
  const auto client = connected();
  events_.on_join = [](std::uint32_t group) { return group == kRecordingGroup ? EPERM : 0; };
  EXPECT_EQ(client->recording().error().exit, ExitCode::NoPrivilege);
}

TEST_F(NetlinkClientTest, RecordingOfAModuleWithoutTheGroup) {
  recordable_ = false;
  EXPECT_EQ(connected()->recording().error().exit, ExitCode::Incompatible);
}

TEST_F(NetlinkClientTest, RecordingOfAModuleThatLeft) {
  const auto client = connected();
  families_.erase(SMART_MADVISE_FAMILY_NAME);
  EXPECT_EQ(client->recording().error().exit, ExitCode::ModuleAbsent);
}

TEST_F(NetlinkClientTest, WatchJoinsTheControllersGroup) {
  ASSERT_TRUE(watch_module(transports()));
  EXPECT_THAT(events_.groups, ElementsAre(kNotifyGroup));
}

}  // namespace
}  // namespace smadv::netlink
