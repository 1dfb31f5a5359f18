#include "osprey/native/unwinder.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <optional>
#include <random>

#include "native/stopped_child.h"
#include "osprey/native/stack_copy.h"
#include "osprey/target/live_memory.h"
#include "osprey/target/snapshot_memory.h"

namespace osprey {
namespace {

// Each stands in the stack of the one after it. The assembly keeps calls from being tail calls.
extern "C" {
[[gnu::noinline]] void OspreyInner() {
  StoppedChild::Stand();
  asm volatile("");
}
[[gnu::noinline]] void OspreyMiddle() {
  OspreyInner();
  asm volatile("");
}
[[gnu::noinline]] void OspreyOuter() {
  OspreyMiddle();
  asm volatile("");
}
[[gnu::noinline]] void OspreyHandler(int) {
  OspreyMiddle();
  asm volatile("");
}
// For a handler on a stack of its own.
[[gnu::noinline]] void OspreyPrepare() {
  constexpr std::size_t kSize = 1U << 16U;
  stack_t stack{};
  stack.ss_sp = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stack.ss_size = kSize;
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = OspreyHandler;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, &action, nullptr);
}
[[gnu::noinline]] void OspreyInterrupted() {
  OspreyPrepare();
  raise(SIGUSR1);
  asm volatile("");
}
// A call that no sanitizer looks at.
[[gnu::noinline]] void OspreyCallsNothing(std::uint64_t target) {
  asm volatile("call *%0" : : "r"(target) : "memory");
}
[[gnu::noinline]] void OspreyCallsNull() {
  OspreyCallsNothing(0);
  asm volatile("");
}
[[gnu::noinline]] void OspreyCallsUnmapped() {
  OspreyCallsNothing(0x10);
  asm volatile("");
}
}

template <typename Function>
Address AddressOf(Function* function) {
  return Address(reinterpret_cast<std::uint64_t>(function));
}

// Whether a frame stands in a small function of the test.
bool StandsIn(const NativeFrame& frame, Address function) {
  return frame.LookupAddress() - function < 256;
}

// The places, from leaf to root, at which frames stand in `functions`, which stand in this order.
bool StandInTurn(const std::vector<NativeFrame>& frames, const std::vector<Address>& functions) {
  std::size_t found = 0;
  for (const NativeFrame& frame : frames) {
    if (found < functions.size() && StandsIn(frame, functions[found])) ++found;
  }
  return found == functions.size();
}

class Unwinding : public testing::Test {
 protected:
  void Look(const StoppedChild& child) {
    const auto map = MemoryMap::Read(child.pid());
    ASSERT_TRUE(map);
    tables_.Update(LiveMemory(child.pid()), *map);
    auto unwinder = Unwinder::Make(Machine::kX64, tables_);
    ASSERT_TRUE(unwinder);
    unwinder_.emplace(std::move(*unwinder));
  }

  UnwindTables tables_;
  std::optional<Unwinder> unwinder_;
  std::vector<NativeFrame> frames_;
};

const std::vector<Address> kInnerToOuter = {AddressOf(OspreyInner), AddressOf(OspreyMiddle),
                                            AddressOf(OspreyOuter)};

TEST_F(Unwinding, LeadsFromTheLeafToWhereTheThreadBegan) {
  const StoppedChild child(OspreyOuter);
  Look(child);
  const LiveMemory memory(child.pid());
  EXPECT_EQ(unwinder_->Walk(child.registers(), memory, frames_), UnwindEnd::kOutermost);
  EXPECT_TRUE(StandInTurn(frames_, kInnerToOuter));
  EXPECT_EQ(frames_.front().stands, NativeFrame::Stands::kRuns);
  EXPECT_EQ(frames_.back().stands, NativeFrame::Stands::kCalls);
}

TEST_F(Unwinding, NeedsNoMoreThanACopyOfTheStack) {
  std::optional<StoppedChild> child(std::in_place, OspreyOuter);
  Look(*child);
  // The test has the child's code and tables at the same addresses.
  const LiveMemory own(getpid());
  StackCopy copy(own);
  {
    const LiveMemory memory(child->pid());
    std::vector<std::byte> stack(16384);
    const Address top = child->registers().stack_pointer;
    const auto map = MemoryMap::Read(child->pid());
    stack.resize(std::min<std::size_t>(stack.size(), map->Find(top)->end - top));
    ASSERT_TRUE(memory.Read(top, stack));
    copy.Put(std::array{MemoryPiece{top, stack}});
  }
  const Registers registers = child->registers();
  child.reset();
  unwinder_->Walk(registers, copy, frames_);
  EXPECT_TRUE(StandInTurn(frames_, kInnerToOuter));
}

TEST_F(Unwinding, GoesThroughSignalsAndStacksOfTheirOwn) {
  const StoppedChild child(OspreyInterrupted);
  Look(child);
  const LiveMemory memory(child.pid());
  EXPECT_EQ(unwinder_->Walk(child.registers(), memory, frames_), UnwindEnd::kOutermost);
  EXPECT_TRUE(StandInTurn(frames_, {AddressOf(OspreyInner), AddressOf(OspreyMiddle),
                                    AddressOf(OspreyHandler), AddressOf(OspreyInterrupted)}));
  std::size_t interrupted = 0;
  for (const NativeFrame& f : frames_) {
    if (f.stands != NativeFrame::Stands::kRuns) continue;
    ++interrupted;
    EXPECT_EQ(f.address, frames_.front().address);  // both in raise(3), at the same system call
  }
  EXPECT_EQ(interrupted, 2U);  // the leaf, and what the signal came upon
}

TEST_F(Unwinding, EndsWhereTheStackCannotBeRead) {
  const StoppedChild child(OspreyOuter);
  Look(child);
  const LiveMemory memory(child.pid());
  ASSERT_EQ(unwinder_->Walk(child.registers(), memory, frames_), UnwindEnd::kOutermost);
  const std::vector<NativeFrame> all = frames_;
  // Code and tables, and the stack as far as the third frame.
  SnapshotMemory partial;
  const auto map = MemoryMap::Read(child.pid());
  ASSERT_TRUE(map);
  for (const Mapping& mapping : map->mappings()) {
    // Not the shadow memory of a sanitizer.
    if (mapping.inode == 0 || !mapping.readable) continue;
    std::vector<std::byte> bytes(mapping.end - mapping.start);
    if (memory.Read(mapping.start, bytes)) partial.Put(mapping.start, bytes);
  }
  const Address top = child.registers().stack_pointer;
  std::vector<std::byte> stack(all[2].stack_pointer - top);
  ASSERT_TRUE(memory.Read(top, stack));
  partial.Put(top, stack);
  unwinder_->Forget();
  EXPECT_EQ(unwinder_->Walk(child.registers(), partial, frames_), UnwindEnd::kUnreadable);
  ASSERT_EQ(frames_.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(frames_[i].address, all[i].address);
}

TEST_F(Unwinding, EndsWhateverTheStackHolds) {
  const StoppedChild child(OspreyOuter);
  Look(child);
  const LiveMemory memory(child.pid());
  const Address top = child.registers().stack_pointer;
  std::vector<std::byte> stack(4096);
  std::minstd_rand random(1);
  for (int round = 0; round < 300; ++round) {
    StackCopy copy(memory);
    for (std::size_t i = 0; i + 8 <= stack.size(); i += 8) {
      // Words like those on stacks: addresses of code, of the stack itself, and any.
      std::uint64_t word = random() * std::uint64_t{0x100000001};
      if (random() % 3 == 0) word = child.registers().instruction_pointer.value + random() % 65536;
      if (random() % 3 == 0) word = top.value + random() % stack.size();
      std::memcpy(stack.data() + i, &word, sizeof word);
    }
    copy.Put(std::array{MemoryPiece{top, stack}});
    Registers registers = child.registers();
    registers.general[4] = top.value + random() % stack.size();
    unwinder_->Walk(registers, copy, frames_);
    EXPECT_LE(frames_.size(), kMaxNativeFrames);
    EXPECT_GE(frames_.size(), 1U);
  }
}

TEST_F(Unwinding, OfACallOfNothingGoesOnAtItsCaller) {
  for (void (*caller)() : {&OspreyCallsNull, &OspreyCallsUnmapped}) {
    const StoppedChild child(caller, SIGSEGV);
    Look(child);
    const LiveMemory memory(child.pid());
    EXPECT_EQ(unwinder_->Walk(child.registers(), memory, frames_), UnwindEnd::kOutermost);
    EXPECT_EQ(frames_.front().address, child.registers().instruction_pointer);
    ASSERT_GT(frames_.size(), 2U);
    EXPECT_TRUE(StandsIn(frames_[1], AddressOf(OspreyCallsNothing)));
    EXPECT_TRUE(StandsIn(frames_[2], AddressOf(caller)));
  }
}

TEST_F(Unwinding, OfAJumpToNothingEndsThere) {
  const StoppedChild child(OspreyOuter);
  Look(child);
  Registers registers = child.registers();
  registers.general[16] = 0x10;  // rip
  registers.instruction_pointer = Address(0x10);
  const LiveMemory memory(child.pid());
  StackCopy copy(memory);
  const std::vector<std::byte> nothing(64);
  copy.Put(std::array{MemoryPiece{registers.stack_pointer, nothing}});
  EXPECT_EQ(unwinder_->Walk(registers, copy, frames_), UnwindEnd::kNoCode);
  EXPECT_EQ(frames_.size(), 1U);
}

TEST(Unwinders, AreForOneMachineSoFar) {
  const UnwindTables tables;
  EXPECT_EQ(Unwinder::Make(Machine::kAarch64, tables).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace osprey
