#include "osprey/target/registers.h"

namespace osprey {
namespace {

// Indices in struct user_regs_struct of x86-64 (sys/user.h).
constexpr std::size_t kRbp = 4;
constexpr std::size_t kRip = 16;
constexpr std::size_t kRsp = 19;
constexpr std::size_t kFsBase = 21;
constexpr std::size_t kX64Count = 27;
// Those in struct user_pt_regs of aarch64 (asm/ptrace.h).
constexpr std::size_t kX29 = 29;
constexpr std::size_t kSp = 31;
constexpr std::size_t kPc = 32;
constexpr std::size_t kAarch64Count = 34;

}  // namespace

const char* MachineName(Machine machine) { return machine == Machine::kX64 ? "x86-64" : "aarch64"; }

Machine OwnMachine() {
#if defined(__aarch64__)
  return Machine::kAarch64;
#else
  return Machine::kX64;
#endif
}

Registers Registers::OfPlace(Machine machine, Address instruction, Address stack) {
  Registers registers;
  registers.machine = machine;
  registers.general.assign(CountOn(machine), 0);
  const bool is_x64 = machine == Machine::kX64;
  registers.general[is_x64 ? kRip : kPc] = instruction.value;
  registers.general[is_x64 ? kRsp : kSp] = stack.value;
  registers.NameGeneral();
  return registers;
}

std::size_t Registers::CountOn(Machine machine) {
  return machine == Machine::kX64 ? kX64Count : kAarch64Count;
}

bool Registers::IsInSystemCall() const {
  constexpr std::size_t kOrigRax = 15;  // of struct user_regs_struct
  return machine == Machine::kX64 && general.size() > kOrigRax &&
         static_cast<std::int64_t>(general[kOrigRax]) >= 0;
}

void Registers::NameGeneral() {
  const bool is_x64 = machine == Machine::kX64;
  const auto get = [this](std::size_t index) { return Address(general.at(index)); };
  instruction_pointer = get(is_x64 ? kRip : kPc);
  stack_pointer = get(is_x64 ? kRsp : kSp);
  frame_pointer = get(is_x64 ? kRbp : kX29);
  if (is_x64) thread_pointer = get(kFsBase);
}

}  // namespace osprey
