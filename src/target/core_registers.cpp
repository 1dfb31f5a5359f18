#include "target/core_registers.h"

#include <array>
#include <cstring>

namespace osprey {
namespace {

constexpr std::size_t kTid = 32;         // pr_pid, in struct elf_prstatus
constexpr std::size_t kRegisters = 112;  // pr_reg

// Indices in struct user_regs_struct of x86-64 (sys/user.h).
constexpr std::size_t kRax = 10;
constexpr std::size_t kRdi = 14;
constexpr std::size_t kOrigRax = 15;
// Those in struct user_pt_regs of aarch64 (asm/ptrace.h).
constexpr std::size_t kX0 = 0;
constexpr std::size_t kX8 = 8;

constexpr std::int64_t kEintr = -4;

// A call that the stop has interrupted shows one of the kernel's own numbers, which say how it is
// to be made again (ERESTARTSYS to ERESTART_RESTARTBLOCK, include/linux/errno.h), or EINTR. With
// any other result it has returned.
bool IsInterrupted(std::uint64_t result) {
  const auto number = static_cast<std::int64_t>(result);
  return (number <= -512 && number >= -516) || number == kEintr;
}

// A system call is a small number on both machines: the newest are below 600.
bool IsSystemCall(std::uint64_t number) { return number < 4096; }

template <std::size_t kSize>
bool HasCode(const Memory& memory, Address at, const std::array<std::uint8_t, kSize>& wanted) {
  const auto code = memory.ReadAs<std::array<std::uint8_t, kSize>>(at);
  // Text is left out of most cores, and its file may not be at hand: then the rest has to do.
  return !code || *code == wanted;
}

// The kernel keeps orig_rax, and leaves rdi alone.
ThreadActivity ActivityOnX86(const Registers& registers, const Memory& memory) {
  constexpr std::array<std::uint8_t, 2> kSyscall = {0x0F, 0x05};
  ThreadActivity activity;
  const std::uint64_t number = registers.general[kOrigRax];
  if (!IsSystemCall(number) || !IsInterrupted(registers.general[kRax]) ||
      !HasCode(memory, registers.instruction_pointer - kSyscall.size(), kSyscall)) {
    activity.on_cpu = true;
    return activity;
  }
  activity.system_call = static_cast<std::int64_t>(number);
  activity.first_argument = Address(registers.general[kRdi]);
  return activity;
}

// arch/arm64/kernel/signal.c sets a call up to be made again before it stops for anything: then
// the next instruction is the call with all its arguments. One that is to fail has lost the first,
// whose register takes the result.
ThreadActivity ActivityOnAarch64(const Registers& registers, const Memory& memory) {
  constexpr std::array<std::uint8_t, 4> kSvc = {0x01, 0x00, 0x00, 0xD4};
  ThreadActivity activity;
  activity.on_cpu = true;
  const std::uint64_t number = registers.general[kX8];
  // Here x8 may hold anything: without the code nothing is known.
  const auto stands_at = [&](Address at) {
    const auto code = memory.ReadAs<std::array<std::uint8_t, kSvc.size()>>(at);
    return code && *code == kSvc;
  };
  if (!IsSystemCall(number)) return activity;
  if (stands_at(registers.instruction_pointer)) {
    activity.on_cpu = false;
    activity.first_argument = Address(registers.general[kX0]);
  } else if (static_cast<std::int64_t>(registers.general[kX0]) == kEintr &&
             stands_at(registers.instruction_pointer - kSvc.size())) {
    activity.on_cpu = false;
  }
  if (!activity.on_cpu) activity.system_call = static_cast<std::int64_t>(number);
  return activity;
}

}  // namespace

std::optional<CoreThread> ParsePrstatus(std::span<const std::byte> bytes, Machine machine) {
  const std::size_t count = Registers::CountOn(machine);
  if (bytes.size() < kRegisters + count * sizeof(std::uint64_t)) return std::nullopt;
  CoreThread thread;
  std::int32_t tid;
  std::memcpy(&tid, bytes.data() + kTid, sizeof tid);
  thread.tid = tid;
  Registers& registers = thread.registers;
  registers.machine = machine;
  registers.general.resize(count);
  std::memcpy(registers.general.data(), bytes.data() + kRegisters, count * sizeof(std::uint64_t));
  registers.NameGeneral();
  return thread;
}

ThreadActivity ActivityOf(const Registers& registers, const Memory& memory) {
  return registers.machine == Machine::kX64 ? ActivityOnX86(registers, memory)
                                            : ActivityOnAarch64(registers, memory);
}

}  // namespace osprey
