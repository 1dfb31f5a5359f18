#include "osprey/target/moment_samples.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "target/counting_child.h"
#include "target/processes.h"

namespace osprey {
namespace {

// What a thread might have: a head, a chunk and frames that lead to each other.
struct Frame {
  std::uint64_t mark;
  const Frame* previous;
};
struct Chunk {
  const Chunk* previous;
  std::uint64_t mark[2];
};
struct Via {
  std::uint64_t unused;
  const Frame* top;
};
struct Head {
  std::uint64_t mark;
  const void* top;
  const Chunk* chunk;
};
struct Thread {
  // Frames are numbered from the bottom, each mark 0xF00D and its number.
  explicit Thread(std::size_t frames) : frame(frames) {
    for (std::size_t i = 0; i < frames; ++i) {
      frame[i] = {0xF00D0000 + i, i == 0 ? nullptr : &frame[i - 1]};
    }
    via.top = frames == 0 ? nullptr : &frame.back();
    head.top = via.top;
  }
  std::vector<Frame> frame;
  Chunk oldest{nullptr, {7, 8}};
  Chunk newest{&oldest, {9, 10}};
  Via via{};
  Head head{0xBEEF, nullptr, &newest};
  std::uint64_t word = 0xCAFE;
};

Address At(const void* place) { return Address(reinterpret_cast<std::uint64_t>(place)); }

LinkedFrames Links() {
  LinkedFrames links;
  links.head_bytes = sizeof(Head);
  links.top = offsetof(Head, top);
  links.frame_bytes = sizeof(Frame);
  links.previous = offsetof(Frame, previous);
  links.chunk = offsetof(Head, chunk);
  return links;
}

class Moments : public testing::Test {
 protected:
  void SetUp() override {
    const auto allowed = MomentSamples::Open(::getpid(), 1000, Links());
    if (!allowed) GTEST_SKIP() << allowed.error().Message();
  }

  // What came before the thread was watched.
  static void Drop(MomentSamples& samples) {
    samples.Read([](const MomentSample&) {});
  }

  // Gives the first `count` samples.
  static void Collect(MomentSamples& samples, int count,
                      const std::function<void(const MomentSample&)>& sink) {
    int seen = 0;
    EXPECT_TRUE(WaitUntil([&] {
      samples.Read([&](const MomentSample& sample) {
        if (seen++ < count) sink(sample);
      });
      return seen >= count;
    }));
  }
};

TEST_F(Moments, GiveRegistersStackAndFramesOfOneMoment) {
  const Thread thread(3);
  const Child child = Fork([] {
    volatile std::uint64_t mark[512];
    for (std::size_t i = 0; i < 512; ++i) mark[i] = 0xFEEDF00D + i;
    SpinWithKnownRegisters();
    mark[0] = mark[1];
  });
  const TimePoint begin = Clock::now();
  auto samples = MomentSamples::Open(child.pid(), 1000, Links());
  ASSERT_TRUE(samples) << samples.error().Message();
  ASSERT_TRUE(samples->Watch(child.pid(), At(&thread.head), At(&thread.word)));
  Drop(*samples);
  int known = 0;
  int in_kernel = 0;  // where an interrupt may have been at work
  TimePoint last = begin;
  Collect(*samples, 100, [&](const MomentSample& sample) {
    EXPECT_EQ(sample.tid, child.pid());
    EXPECT_GE(sample.time, last);
    EXPECT_LE(sample.time, Clock::now());
    last = sample.time;
    if (!AreTheKnown(sample.registers)) return;
    ++known;
    EXPECT_TRUE(sample.is_whole);
    EXPECT_LE(sample.stack.front().start, sample.registers.stack_pointer);
    const std::span<const std::byte> stack = sample.stack.front().bytes;
    ASSERT_GE(stack.size(), 512 * sizeof(std::uint64_t));
    const std::uint64_t mark = 0xFEEDF00D + 7;
    EXPECT_NE(::memmem(stack.data(), stack.size(), &mark, sizeof mark), nullptr);
    const auto head = sample.memory->ReadAs<Head>(At(&thread.head));
    EXPECT_EQ(head->mark, 0xBEEFU);
    for (const Frame& frame : thread.frame) {
      EXPECT_EQ(sample.memory->ReadAs<Frame>(At(&frame))->mark, frame.mark);
    }
    EXPECT_EQ(sample.memory->ReadAs<Chunk>(At(&thread.newest))->mark[0], 9U);
    EXPECT_EQ(sample.memory->ReadAs<Chunk>(At(&thread.oldest))->mark[1], 8U);
    EXPECT_EQ(*sample.memory->ReadAs<std::uint64_t>(At(&thread.word)), 0xCAFEU);
    EXPECT_EQ(*sample.memory->ReadAs<std::uint64_t>(At(stack.data())), 0U);
  });
  EXPECT_GT(known, 50);
  EXPECT_LT(in_kernel, 10);
  EXPECT_EQ(StateOf(child.pid()), 'R');
  EXPECT_FALSE(IsTraced(child.pid()));
}

// Runs with 400 KiB of its own, all of which is in use or none.
template <bool kInUse>
[[gnu::noinline]] void SpinInRoom() {
  volatile std::uint8_t room[400 << 10];
  room[sizeof room - 1] = 1;
  for (std::size_t i = 0; kInUse && i < sizeof room; i += 512) room[i] = 1;
  SpinWithKnownRegisters();
  room[0] = room[1];
}

// That lies between what it has marked and where it is.
template <bool kInUse>
[[gnu::noinline]] void SpinFarFromMark() {
  volatile std::uint64_t mark[64];
  for (std::size_t i = 0; i < 64; ++i) mark[i] = 0xFEEDF00D + i;
  SpinInRoom<kInUse>();
  mark[0] = mark[1];
}

TEST_F(Moments, HaveBothEndsOfADeepStack) {
  const auto in_thread = [](void (*spin)()) { std::thread(spin).join(); };
  std::vector<std::pair<std::function<void()>, bool>> programs = {{SpinFarFromMark<true>, true},
                                                                  {SpinFarFromMark<false>, false}};
  // The sanitizer's threads have a megabyte of their own at the end of the stack.
  if (!kHasOddChildren) {
    programs.emplace_back([&] { in_thread(SpinFarFromMark<true>); }, true);
    programs.emplace_back([&] { in_thread(SpinFarFromMark<false>); }, false);
  }
  for (const auto& [spin, is_in_use] : programs) {
    const Child child = Fork(spin);
    auto samples = MomentSamples::Open(child.pid(), 1000, Links());
    ASSERT_TRUE(samples) << samples.error().Message();
    Drop(*samples);
    int known = 0;
    Collect(*samples, 50, [&, is_in_use = is_in_use](const MomentSample& sample) {
      if (!AreTheKnown(sample.registers)) return;
      ++known;
      ASSERT_GE(sample.stack.size(), 2U);
      const MemoryPiece& near = sample.stack.front();
      EXPECT_LT(sample.registers.stack_pointer - near.start, 4096U);
      EXPECT_EQ(near.bytes.size() == std::size_t{64} << 10, is_in_use);
      const MemoryPiece& far = sample.stack.back();
      EXPECT_GT(far.start - near.start, std::uint64_t{128} << 10);
      EXPECT_LT(far.start - near.start, std::uint64_t{900} << 10);
      const std::uint64_t mark = 0xFEEDF00D + 7;
      const auto* found = static_cast<const std::byte*>(
          ::memmem(far.bytes.data(), far.bytes.size(), &mark, sizeof mark));
      ASSERT_NE(found, nullptr);
      const Address place = far.start + static_cast<std::uint64_t>(found - far.bytes.data());
      EXPECT_EQ(*sample.memory->ReadAs<std::uint64_t>(place), mark);
    });
    EXPECT_GT(known, 20);
  }
}

TEST_F(Moments, FindTheTopFrameInAStructureToo) {
  Thread thread(2);
  thread.head.top = &thread.via;
  const Child child = Fork(SpinWithKnownRegisters);
  LinkedFrames links = Links();
  links.via_top = offsetof(Via, top);
  auto samples = MomentSamples::Open(child.pid(), 1000, links);
  ASSERT_TRUE(samples) << samples.error().Message();
  ASSERT_TRUE(samples->Watch(child.pid(), At(&thread.head), Address{}));
  Drop(*samples);
  Collect(*samples, 5, [&](const MomentSample& sample) {
    EXPECT_TRUE(sample.is_whole);
    EXPECT_EQ(sample.memory->ReadAs<Via>(At(&thread.via))->top, &thread.frame[1]);
    EXPECT_EQ(sample.memory->ReadAs<Frame>(At(&thread.frame[0]))->mark, 0xF00D0000U);
  });
}

TEST_F(Moments, SayWhereThereWasMoreThanIsCopied) {
  const Thread deep(300);
  Thread circle(2);
  circle.frame[0].previous = &circle.frame[1];
  Thread torn(2);
  torn.frame[0].previous = reinterpret_cast<const Frame*>(8);
  const Thread none(0);
  for (const auto& [thread, is_whole] :
       {std::pair(&deep, false), {&circle, false}, {&torn, false}, {&none, true}}) {
    const Child child = Fork(SpinWithKnownRegisters);
    auto samples = MomentSamples::Open(child.pid(), 1000, Links());
    ASSERT_TRUE(samples) << samples.error().Message();
    ASSERT_TRUE(samples->Watch(child.pid(), At(&thread->head), Address{}));
    Drop(*samples);
    Collect(*samples, 5, [is_whole = is_whole](const MomentSample& sample) {
      EXPECT_EQ(sample.is_whole, is_whole);
    });
    // Nor is there a head.
    ASSERT_TRUE(samples->Watch(child.pid(), Address(8), Address(16)));
    Drop(*samples);
    Collect(*samples, 5, [](const MomentSample& sample) { EXPECT_FALSE(sample.is_whole); });
  }
}

TEST_F(Moments, HaveNoFramesOfThreadsThatNobodyWatches) {
  const Thread thread(1);
  const Child child = Fork(SpinWithKnownRegisters);
  auto samples = MomentSamples::Open(child.pid(), 1000, Links());
  ASSERT_TRUE(samples) << samples.error().Message();
  const auto expect = [&](bool is_watched) {
    Drop(*samples);
    Collect(*samples, 10, [&](const MomentSample& sample) {
      EXPECT_EQ(sample.tid, child.pid());
      EXPECT_EQ(sample.is_watched, is_watched);
      EXPECT_EQ(sample.is_whole, is_watched);
      EXPECT_FALSE(sample.stack.empty());
    });
  };
  expect(false);
  ASSERT_TRUE(samples->Watch(child.pid(), At(&thread.head), Address{}));
  expect(true);
  samples->Forget(child.pid());
  expect(false);
}

TEST_F(Moments, SayWhatWasLost) {
  const Thread thread(1);
  const Child child = Fork(SpinWithKnownRegisters);
  auto samples = MomentSamples::Open(child.pid(), 5000, Links());
  ASSERT_TRUE(samples) << samples.error().Message();
  ASSERT_TRUE(samples->Watch(child.pid(), At(&thread.head), Address{}));
  EXPECT_TRUE(WaitUntil([&] { return samples->lost() > 10; }));
  int seen = 0;
  samples->Read([&](const MomentSample&) { ++seen; });
  EXPECT_GT(seen, 10);
}

TEST_F(Moments, EndWithTheProcess) {
  Child child = Fork(SpinWithKnownRegisters);
  auto samples = MomentSamples::Open(child.pid(), 1000, Links());
  ASSERT_TRUE(samples) << samples.error().Message();
  const pid_t pid = child.pid();
  child.Reap();
  samples->Read([](const MomentSample&) {});
  const auto none = MomentSamples::Open(pid, 1000, Links());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNoSuchProcess) << none.error().Message();
}

TEST_F(Moments, SayWhatIsOutOfBounds) {
  const auto refuses = [](double rate, const LinkedFrames& links) {
    const auto samples = MomentSamples::Open(::getpid(), rate, links);
    return !samples && samples.error().code == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refuses(0, Links()));
  EXPECT_TRUE(refuses(1e6, Links()));
  for (std::uint32_t LinkedFrames::*member :
       {&LinkedFrames::head_bytes, &LinkedFrames::top, &LinkedFrames::frame_bytes,
        &LinkedFrames::previous, &LinkedFrames::chunk}) {
    LinkedFrames links = Links();
    links.*member = 513;
    EXPECT_TRUE(refuses(1000, links));
    links.*member = ~0U;
    EXPECT_TRUE(refuses(1000, links));
  }
  LinkedFrames links = Links();
  links.via_top = 17;
  EXPECT_TRUE(refuses(1000, links));
  links = Links();
  links.head_bytes = 0;
  EXPECT_TRUE(refuses(1000, links));
}

TEST(MomentSamples, AreRefusedToWhoMayNotLoadPrograms) {
  const Child target = Fork(SpinWithKnownRegisters);
  const Shared<Counters> seen;
  Child child = Fork([&] {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    if (::syscall(SYS_capset, &header, none) != 0) return;
    const auto samples = MomentSamples::Open(target.pid(), 1000, Links());
    seen->turns = samples ? 1 : 2 + static_cast<std::uint64_t>(samples.error().code);
    seen->ready = 1;
    while (true) ::pause();
  });
  ASSERT_TRUE(WaitUntil([&] { return seen->ready == 1; }));
  EXPECT_EQ(seen->turns, 2 + static_cast<std::uint64_t>(ErrorCode::kNotPermitted));
}

}  // namespace
}  // namespace osprey
