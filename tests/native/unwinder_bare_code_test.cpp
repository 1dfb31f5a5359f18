// Walks from every instruction of functions that have no unwind table.
#include <alloca.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "native/stopped_child.h"
#include "osprey/native/function_ranges.h"
#include "osprey/native/unwinder.h"
#include "osprey/target/live_memory.h"
#include "osprey/target/live_target.h"

#if defined(__x86_64__)

extern "C" {
void osprey_bare_saves();
void osprey_bare_aligns();
void osprey_bare_pushes();
void osprey_bare_calls();
void osprey_bare_leaf();
}

// In the manner of hand-written kernels of linear algebra; no directive tells how to unwind. Each
// spoils the registers that it has saved.
asm(R"(
.text
.globl osprey_bare_saves
.type osprey_bare_saves, @function
osprey_bare_saves:
  subq $0x80, %rsp
  movq %rbx, (%rsp)
  movq %rbp, 8(%rsp)
  movq %r12, 16(%rsp)
  movq %r15, 40(%rsp)
  movsd %xmm0, 48(%rsp)
  leaq 0(,%rdi,8), %r10
  movl $3, %eax
1:
  movq $1, %rbx
  movq $2, %rbp
  xorq %r12, %r12
  movq %rsp, %r15
  decl %eax
  jne 1b
  movq (%rsp), %rbx
  movq 8(%rsp), %rbp
  movq 16(%rsp), %r12
  movq 40(%rsp), %r15
  addq $0x80, %rsp
  ret
.size osprey_bare_saves, .-osprey_bare_saves

.globl osprey_bare_aligns
.type osprey_bare_aligns, @function
osprey_bare_aligns:
  subq $0x60, %rsp
  movq %rbx, (%rsp)
  movq %rbp, 8(%rsp)
  movq %r12, 16(%rsp)
  movq 0x68(%rsp), %r10
  movq %rsp, %rbx
  subq $0x7080, %rsp
  andq $-4096, %rsp
  movl $3, %eax
1:
  movq %rax, %rbp
  movq %rax, %r12
  decl %eax
  jne 1b
  movq %rbx, %rsp
  movq (%rsp), %rbx
  movq 8(%rsp), %rbp
  movq 16(%rsp), %r12
  addq $0x60, %rsp
  ret
.size osprey_bare_aligns, .-osprey_bare_aligns

.globl osprey_bare_pushes
.type osprey_bare_pushes, @function
osprey_bare_pushes:
  pushq %rbp
  movq %rsp, %rbp
  pushq %r14
  pushq %rbx
  subq $24, %rsp
  movl $3, %eax
1:
  movq %rax, %rbx
  movq %rax, %r14
  subq $64, %rsp
  decl %eax
  jne 1b
  leaq -16(%rbp), %rsp
  popq %rbx
  popq %r14
  popq %rbp
  ret
.size osprey_bare_pushes, .-osprey_bare_pushes

.globl osprey_bare_calls
.type osprey_bare_calls, @function
osprey_bare_calls:
  pushq %rbp
  pushq %rbx
  subq $8, %rsp
  xorl %ebx, %ebx
  xorl %ebp, %ebp
  call osprey_bare_leaf
  addq $8, %rsp
  popq %rbx
  popq %rbp
  ret
.size osprey_bare_calls, .-osprey_bare_calls

.globl osprey_bare_leaf
.type osprey_bare_leaf, @function
osprey_bare_leaf:
  xorl %eax, %eax
  ret
.size osprey_bare_leaf, .-osprey_bare_leaf
)");

namespace osprey {
namespace {

using Function = void (*)();

// Its frame is found by rbp alone: what it calls must be known to have saved that.
extern "C" [[gnu::noinline]] void OspreyCallsBare(Function function, std::size_t size) {
  auto* room = static_cast<volatile char*>(alloca(size));
  room[0] = 1;
  function();
  room[size - 1] = 2;
}

Address AddressOf(Function function) { return Address(reinterpret_cast<std::uint64_t>(function)); }

class BareCode : public testing::TestWithParam<Function> {
 protected:
  // Walks from each instruction that stands in `inside`; how many there were.
  int StepThrough(Function function, const std::vector<Function>& inside) {
    StoppedChild child([&] {
      raise(SIGSTOP);
      OspreyCallsBare(function, 100 + static_cast<std::size_t>(getpid() % 50));
    });
    const auto target = LiveTarget::Open(child.pid());
    const auto map = target->ReadMap();
    FunctionRanges functions(*target);
    const LiveMemory memory(child.pid());
    UnwindTables tables;
    tables.Update(memory, *map);
    auto unwinder = Unwinder::Make(Machine::kX64, tables,
                                   [&](Address address) { return functions.Find(address, *map); });
    std::vector<NativeFrame> frames;
    int found = 0;
    for (int step = 0; step < 20000 && child.Step(); ++step) {
      const Address at = child.registers().instruction_pointer;
      bool is_inside = false;
      for (const Function each : inside) {
        const auto range = functions.Find(AddressOf(each), *map);
        is_inside = is_inside || (range && range->Contains(at));
      }
      if (!is_inside) {
        if (found > 0 && HasReturned(child)) break;
        continue;
      }
      ++found;
      const UnwindEnd end = unwinder->Walk(child.registers(), memory, frames);
      EXPECT_EQ(end, UnwindEnd::kOutermost) << at.value - AddressOf(function).value;
      const bool has_caller =
          std::any_of(frames.begin(), frames.end(), [](const NativeFrame& frame) {
            return frame.LookupAddress().value - reinterpret_cast<std::uint64_t>(&OspreyCallsBare) <
                   256;
          });
      EXPECT_TRUE(has_caller) << at.value - AddressOf(function).value;
      EXPECT_GT(frames.size(), 4U);
    }
    return found;
  }

 private:
  static bool HasReturned(const StoppedChild& child) {
    return child.registers().instruction_pointer.value -
               reinterpret_cast<std::uint64_t>(&OspreyCallsBare) <
           256;
  }
};

TEST_P(BareCode, IsReturnedFromAnywhere) { EXPECT_GT(StepThrough(GetParam(), {GetParam()}), 15); }

INSTANTIATE_TEST_SUITE_P(All, BareCode,
                         testing::Values(&osprey_bare_saves, &osprey_bare_aligns,
                                         &osprey_bare_pushes));

TEST_F(BareCode, MayStandInTheMiddleOfAStack) {
  EXPECT_GE(StepThrough(&osprey_bare_calls, {&osprey_bare_calls, &osprey_bare_leaf}), 10);
}

TEST(FunctionRanges, KnowsNothingWhereNothingIs) {
  const auto target = LiveTarget::Open(getpid());
  const auto map = target->ReadMap();
  FunctionRanges functions(*target);
  EXPECT_FALSE(functions.Find(Address(0x10), *map));
  int local = 0;
  EXPECT_FALSE(functions.Find(Address(reinterpret_cast<std::uint64_t>(&local)), *map));
  const auto leaf = functions.Find(AddressOf(&osprey_bare_leaf) + 1, *map);
  ASSERT_TRUE(leaf);
  EXPECT_EQ(*leaf, (CodeRange{AddressOf(&osprey_bare_leaf), AddressOf(&osprey_bare_leaf) + 3}));
}

}  // namespace
}  // namespace osprey

#endif
