#include "sampler/thread_sampler.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "python/data_stack_memory.h"

namespace osprey {
namespace {

// Another world from the moment on when the code object is held against the target.
class Changes : public Memory {
 public:
  Changes(const Memory& before, const Memory& after) : now_(&before), after_(after) {}

  Result<void> Read(Address from, std::span<std::byte> to) const override {
    return now_->Read(from, to);
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    if (ranges[0].address == DataStackMemory::CodeAt(0) && now_ != &after_) {
      now_ = &after_;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // had to wait for a processor
    }
    return now_->ReadRanges(ranges, to);
  }
  bool has_changed() const { return now_ == &after_; }

 private:
  mutable const Memory* now_;
  const Memory& after_;
};

class ReplacedCode : public testing::TestWithParam<Version> {
 protected:
  std::string Leaf(const ThreadSampler& sampler) {
    const auto frames = stacks_.Frames(sampler.taken().stack);
    return frames.empty() ? "" : stacks_.strings().Get(stacks_.frame(frames.back()).function);
  }

  DataStackMemory before_{GetParam()};
  DataStackMemory after_{GetParam()};
  StackTable stacks_;
};

TEST_P(ReplacedCode, GivesItsNameToNoFrameThatWasCopiedBefore) {
  before_.SetFrame(0, DataStackMemory::CodeAt(0), Address(), -1);
  before_.PutThread(DataStackMemory::FrameAt(0), 1);
  // Between a copy and the check of what it shows, the function returns, and another's code is made
  // in the place of its own, and has not been called.
  after_.memory_.Clear();
  PutType(after_.memory_, after_.layout_, kType, "code");
  after_.PutCode(0, 0, 20, 'x');
  after_.PutCode(1);
  after_.SetFrame(0, DataStackMemory::CodeAt(1), Address(), -1);
  after_.PutThread(DataStackMemory::FrameAt(0), 1);

  const Changes memory(before_.memory_, after_.memory_);
  CodeCache codes(memory, before_.layout_, stacks_);
  PythonThread thread;
  thread.state = kThread;
  thread.interpreter = kInterpreter;
  ThreadSampler sampler(before_.layout_, codes, stacks_, thread, 0);
  for (int tick = 0; tick < 100 && !memory.has_changed(); ++tick) {
    sampler.Take(memory, Clock::now(), 1, nullptr);
    EXPECT_NE(Leaf(sampler), "x");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_TRUE(memory.has_changed());
  EXPECT_EQ(Leaf(sampler), "b");
}

// Counts the checks of code objects.
class Counts : public Memory {
 public:
  explicit Counts(const Memory& memory) : memory_(memory) {}

  Result<void> Read(Address from, std::span<std::byte> to) const override {
    return memory_.Read(from, to);
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    if (ranges[0].address == DataStackMemory::CodeAt(0)) ++checks_;
    return memory_.ReadRanges(ranges, to);
  }
  int TakeChecks() { return std::exchange(checks_, 0); }

 private:
  const Memory& memory_;
  mutable int checks_ = 0;
};

TEST_P(ReplacedCode, IsNotLookedForWhileNoneIsFreed) {
  const bool counts_freed = before_.layout_.interpreter_state.code_object_generation != kAbsent;
  before_.SetFrame(0, DataStackMemory::CodeAt(0), Address(), -1);
  before_.PutThread(DataStackMemory::FrameAt(0), 1);
  Counts memory(before_.memory_);
  CodeCache codes(memory, before_.layout_, stacks_);
  PythonThread thread;
  thread.state = kThread;
  thread.interpreter = kInterpreter;
  ThreadSampler sampler(before_.layout_, codes, stacks_, thread, 0);
  TimePoint now = Clock::now() + std::chrono::seconds(1);
  const auto take = [&] {
    sampler.Take(memory, now += std::chrono::milliseconds(1), 1, nullptr);
    EXPECT_EQ(Leaf(sampler), "a");
    return memory.TakeChecks() > 0;
  };
  EXPECT_TRUE(take());
  EXPECT_EQ(take(), !counts_freed);
  before_.ForgetMemory();
  before_.generation_ = 6;
  before_.PutThread(DataStackMemory::FrameAt(0), 1);
  EXPECT_TRUE(take());
  EXPECT_EQ(take(), !counts_freed);
}

INSTANTIATE_TEST_SUITE_P(Versions, ReplacedCode,
                         testing::ValuesIn(Versions([](const Layout& layout) {
                           return layout.frame_chain == FrameChain::kCurrentFrame;
                         })),
                         VersionName);

}  // namespace
}  // namespace osprey
