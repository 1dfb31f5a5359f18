#include "osprey/python/known_runtimes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/sysmacros.h>

#include <chrono>
#include <string>
#include <thread>

#include "osprey/target/launched_process.h"
#include "osprey/target/live_target.h"

namespace osprey {
namespace {

// A Python that waits, ended with its scope.
class Python {
 public:
  Python()
      : process_(
            *LaunchedProcess::Start({"/usr/bin/python3", "-c", "import time; time.sleep(100)"})) {}
  Python(const Python&) = delete;
  Python& operator=(const Python&) = delete;
  ~Python() {
    ::kill(process_.pid(), SIGKILL);
    process_.WaitExit();
  }
  LiveTarget Target() const { return *LiveTarget::Open(process_.pid()); }

 private:
  LaunchedProcess process_;
};

// The launched program may still be loading its libraries.
Result<Runtime> FindSoon(KnownRuntimes& known, const Target& target) {
  auto found = known.Find(target);
  for (int i = 0; !found && i < 10000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    found = known.Find(target);
  }
  return found;
}

// The same process, with everything that is mapped in it somewhere else. No file can be opened.
class Moved : public Target {
 public:
  Moved(const LiveTarget& target, std::uint64_t distance, std::uint64_t inodes = 0)
      : target_(target), distance_(distance), inodes_(inodes) {}
  pid_t pid() const override { return target_.pid(); }
  const Memory& memory() const override { return target_.memory(); }
  std::string Title() const override { return target_.Title(); }
  Result<MemoryMap> ReadMap() const override {
    const auto map = target_.ReadMap();
    if (!map) return map.error();
    std::string text;
    for (const Mapping& m : map->mappings()) {
      text += fmt::format("{:x}-{:x} r{}{}p {:x} {:x}:{:x} {} {}\n", m.start.value + distance_,
                          m.end.value + distance_, m.writable ? 'w' : '-', m.executable ? 'x' : '-',
                          m.file_offset, major(m.device), minor(m.device),
                          m.inode == 0 ? 0 : m.inode + inodes_, m.path);
    }
    return MemoryMap::Parse(text);
  }
  Result<UniqueFd> OpenFile(const Module&) const override {
    return Error{ErrorCode::kNotFound, 0, Address{}, "not asked for"};
  }
  Result<ElfFile> OpenModule(const Module&) const override {
    return Error{ErrorCode::kNotFound, 0, Address{}, "no file can be opened"};
  }

 private:
  const LiveTarget& target_;
  std::uint64_t distance_;
  std::uint64_t inodes_;
};

TEST(KnownRuntimes, FindAgainWhatFindRuntimeFinds) {
  const Python first;
  const Python second;
  const LiveTarget one = first.Target();
  const LiveTarget other = second.Target();
  KnownRuntimes known;
  const auto found = FindSoon(known, one);
  ASSERT_TRUE(found) << found.error().Message();
  EXPECT_EQ(found->address, FindRuntime(one)->address);
  const auto again = FindSoon(known, other);
  ASSERT_TRUE(again) << again.error().Message();
  const auto expected = FindRuntime(other);
  ASSERT_TRUE(expected);
  EXPECT_EQ(again->address, expected->address);
  EXPECT_EQ(again->version.ToString(), expected->version.ToString());
  EXPECT_EQ(again->module, expected->module);
  EXPECT_EQ(known.size(), 1u) << "the second was searched for as well";
}

TEST(KnownRuntimes, FollowTheFileAndOpenNone) {
  const Python python;
  const LiveTarget target = python.Target();
  constexpr std::uint64_t kDistance = 0x7000'0000;
  KnownRuntimes known;
  EXPECT_FALSE(known.Find(Moved(target, kDistance)));
  const auto found = FindSoon(known, target);
  ASSERT_TRUE(found) << found.error().Message();
  const auto moved = known.Find(Moved(target, kDistance));
  ASSERT_TRUE(moved) << moved.error().Message();
  EXPECT_EQ(moved->address, found->address + kDistance);
  EXPECT_EQ(moved->layout.runtime_state.interpreters_head,
            found->layout.runtime_state.interpreters_head);
}

TEST(KnownRuntimes, AnotherFileOfThatNameIsNotKnown) {
  const Python python;
  const LiveTarget target = python.Target();
  KnownRuntimes known;
  ASSERT_TRUE(FindSoon(known, target));
  EXPECT_FALSE(known.Find(Moved(target, 0, 1)));
}

}  // namespace
}  // namespace osprey
