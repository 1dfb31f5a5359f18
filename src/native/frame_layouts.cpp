#include "native/frame_layouts.h"

#include <capstone.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace osprey {
namespace {

// What a function does before its first jump; those of OpenBLAS that copy arguments to the stack
// have some forty instructions there, of at most 15 bytes (Intel SDM, volume 2, chapter 2.3.11).
constexpr std::size_t kMaxBefore = 64;
constexpr std::size_t kMaxBeforeBytes = 640;
// Six registers are loaded or popped, the stack pointer is moved, vzeroupper, and ret.
constexpr std::size_t kMaxAfter = 20;
constexpr std::size_t kMaxAfterBytes = 160;
// Functions without tables are few; their instructions at which samples were taken some thousand.
constexpr std::size_t kMaxKnown = 1U << 14U;

constexpr int kNone = -1;
constexpr int kStackPointer = 7;
constexpr std::int64_t kWord = 8;
constexpr std::size_t kCount = 16;

// The DWARF number of a 64-bit general register.
int NumberOf(unsigned id) {
  constexpr std::array<unsigned, kCount> kIds = {
      X86_REG_RAX, X86_REG_RDX, X86_REG_RCX, X86_REG_RBX, X86_REG_RSI, X86_REG_RDI,
      X86_REG_RBP, X86_REG_RSP, X86_REG_R8,  X86_REG_R9,  X86_REG_R10, X86_REG_R11,
      X86_REG_R12, X86_REG_R13, X86_REG_R14, X86_REG_R15};
  const auto* found = std::find(kIds.begin(), kIds.end(), id);
  return found == kIds.end() ? kNone : static_cast<int>(found - kIds.begin());
}

// System V ABI, AMD64, figure 3.4: rbx, rbp and r12 to r15 are the caller's.
bool IsCallers(int number) { return number == 3 || number == 6 || number >= 12; }

bool IsRegister(const cs_x86_op& operand, int number) {
  return operand.type == X86_OP_REG && NumberOf(operand.reg) == number;
}

// What `operand` adds to a register that it counts memory from; none where it counts otherwise.
struct Place {
  int base;
  std::int64_t distance;
};
std::optional<Place> PlaceOf(const cs_x86_op& operand) {
  if (operand.type != X86_OP_MEM || operand.mem.index != X86_REG_INVALID ||
      operand.mem.segment != X86_REG_INVALID) {
    return std::nullopt;
  }
  const int base = NumberOf(operand.mem.base);
  if (base == kNone) return std::nullopt;
  return Place{base, operand.mem.disp};
}

bool IsJumpOrCall(const cs_insn& instruction) {
  const auto groups = std::span(instruction.detail->groups, instruction.detail->groups_count);
  return std::any_of(groups.begin(), groups.end(), [](std::uint8_t group) {
    return group == CS_GRP_JUMP || group == CS_GRP_CALL || group == CS_GRP_RET ||
           group == CS_GRP_INT || group == CS_GRP_IRET;
  });
}

// The state of a frame while a function begins.
class Beginning {
 public:
  void Do(csh handle, const cs_insn& instruction);
  std::vector<FrameLayout> Layouts() const;

 private:
  // By how much the caller's stack pointer is above `place`; none where that is not known.
  std::optional<std::int64_t> Above(const Place& place) const;
  void Save(int number, std::int64_t above);
  void Change(int number);

  std::int64_t above_ = kWord;  // of the caller's stack pointer, above this one's
  bool is_known_ = true;        // the same
  int frame_ = kNone;           // the register that was pointed into the frame
  std::int64_t frame_above_ = 0;
  std::array<bool, kCount> is_changed_{};
  std::array<std::optional<std::int64_t>, kCount> saved_{};
};

std::optional<std::int64_t> Beginning::Above(const Place& place) const {
  if (place.base == kStackPointer && is_known_) return above_ - place.distance;
  if (place.base == frame_) return frame_above_ - place.distance;
  return std::nullopt;
}

void Beginning::Save(int number, std::int64_t above) {
  if (number == kNone || !IsCallers(number)) return;
  const auto index = static_cast<std::size_t>(number);
  if (!is_changed_[index] && !saved_[index]) saved_[index] = -above;
}

void Beginning::Change(int number) {
  if (number == kNone) return;
  is_changed_[static_cast<std::size_t>(number)] = true;
  if (number == frame_) frame_ = kNone;
  if (number == kStackPointer) is_known_ = false;
}

void Beginning::Do(csh handle, const cs_insn& instruction) {
  const cs_x86& x86 = instruction.detail->x86;
  const auto operands = std::span(x86.operands, x86.op_count);
  switch (instruction.id) {
    case X86_INS_PUSH:
      above_ += kWord;
      if (operands[0].type == X86_OP_REG && is_known_) Save(NumberOf(operands[0].reg), above_);
      return;
    case X86_INS_SUB:
    case X86_INS_ADD:
      if (!IsRegister(operands[0], kStackPointer) || operands[1].type != X86_OP_IMM) break;
      above_ += instruction.id == X86_INS_SUB ? operands[1].imm : -operands[1].imm;
      return;
    case X86_INS_LEA: {
      const int to = NumberOf(operands[0].reg);
      const auto place = PlaceOf(operands[1]);
      const auto above = place ? Above(*place) : std::nullopt;
      if (!above || to == kNone) break;
      if (to == kStackPointer) {
        above_ = *above;
        is_known_ = true;
        return;
      }
      Change(to);
      frame_ = to;
      frame_above_ = *above;
      return;
    }
    case X86_INS_MOV: {
      if (operands[0].type == X86_OP_REG && IsRegister(operands[1], kStackPointer) && is_known_) {
        const int to = NumberOf(operands[0].reg);
        if (to == kNone) break;
        Change(to);
        frame_ = to;
        frame_above_ = above_;
        return;
      }
      const auto place = PlaceOf(operands[0]);
      const auto above = place ? Above(*place) : std::nullopt;
      if (above && operands[1].type == X86_OP_REG) {
        Save(NumberOf(operands[1].reg), *above);
        return;
      }
      break;
    }
    default:
      break;
  }
  cs_regs read{};
  cs_regs written{};
  std::uint8_t reads = 0;
  std::uint8_t writes = 0;
  if (cs_regs_access(handle, &instruction, read, &reads, written, &writes) != CS_ERR_OK) {
    is_known_ = false;
    frame_ = kNone;
    return;
  }
  for (const std::uint16_t id : std::span(written, writes)) Change(NumberOf(id));
}

std::vector<FrameLayout> Beginning::Layouts() const {
  FrameLayout layout;
  for (std::size_t i = 0; i < kCount; ++i) {
    if (saved_[i]) layout.saved.push_back({static_cast<int>(i), *saved_[i]});
  }
  std::vector<FrameLayout> layouts;
  // Whoever points a register into the frame may move the stack pointer as it likes.
  if (frame_ != kNone && IsCallers(frame_)) {
    layout.base = frame_;
    layout.above = frame_above_;
    layouts.push_back(layout);
  }
  if (is_known_) {
    layout.base = kStackPointer;
    layout.above = above_;
    layouts.push_back(layout);
  }
  return layouts;
}

// The state of a frame while a function takes back what it did at first, and returns.
class Ending {
 public:
  // False for what does not belong there.
  bool Do(const cs_insn& instruction);
  bool HasReturned() const { return has_returned_; }
  // Once it has.
  FrameLayout Layout() const;

 private:
  int base_ = kStackPointer;
  std::int64_t moved_ = 0;  // where the stack pointer is, from what `base_` was at first
  bool has_returned_ = false;
  std::vector<FrameLayout::Saved> loaded_;  // from what `base_` was at first
};

bool Ending::Do(const cs_insn& instruction) {
  const cs_x86& x86 = instruction.detail->x86;
  const auto operands = std::span(x86.operands, x86.op_count);
  switch (instruction.id) {
    case X86_INS_VZEROUPPER:
      return true;
    case X86_INS_RET:
      has_returned_ = true;
      return true;
    case X86_INS_POP: {
      const int number = operands[0].type == X86_OP_REG ? NumberOf(operands[0].reg) : kNone;
      if (number == kNone || number == base_) return false;
      loaded_.push_back({number, moved_});
      moved_ += kWord;
      return true;
    }
    case X86_INS_ADD:
      if (!IsRegister(operands[0], kStackPointer) || operands[1].type != X86_OP_IMM) return false;
      moved_ += operands[1].imm;
      return true;
    case X86_INS_LEAVE:
      if (base_ != kStackPointer) return false;
      base_ = NumberOf(X86_REG_RBP);
      loaded_ = {{base_, 0}};
      moved_ = kWord;
      return true;
    case X86_INS_MOV: {
      if (IsRegister(operands[0], kStackPointer) && operands[1].type == X86_OP_REG) {
        const int from = NumberOf(operands[1].reg);
        if (from == kNone || !loaded_.empty()) return false;
        base_ = from;
        moved_ = 0;
        return true;
      }
      const auto place = PlaceOf(operands[1]);
      const int to = operands[0].type == X86_OP_REG ? NumberOf(operands[0].reg) : kNone;
      if (!place || place->base != kStackPointer || !IsCallers(to)) return false;
      loaded_.push_back({to, moved_ + place->distance});
      return true;
    }
    default:
      return false;
  }
}

FrameLayout Ending::Layout() const {
  FrameLayout layout{base_, moved_ + kWord, loaded_};
  for (FrameLayout::Saved& saved : layout.saved) saved.at -= layout.above;
  return layout;
}

}  // namespace

struct FrameLayouts::Disassembler {
  Disassembler() {
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK) return;
    is_open = true;
    cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
    instruction = cs_malloc(handle);
  }
  Disassembler(const Disassembler&) = delete;
  Disassembler& operator=(const Disassembler&) = delete;
  ~Disassembler() {
    if (instruction != nullptr) cs_free(instruction, 1);
    if (is_open) cs_close(&handle);
  }

  // Calls `take` for each instruction of [start, end), at most `most`, until it returns false.
  template <typename Take>
  void Read(const Memory& memory, Address start, Address end, std::size_t most, Take take) {
    if (instruction == nullptr) return;
    std::array<std::uint8_t, kMaxBeforeBytes> bytes{};
    std::size_t size = std::min<std::size_t>(bytes.size(), end - start);
    if (!memory.Read(start, std::as_writable_bytes(std::span(bytes).first(size)))) return;
    const std::uint8_t* at = bytes.data();
    std::uint64_t address = start.value;
    for (std::size_t i = 0; i < most; ++i) {
      if (!cs_disasm_iter(handle, &at, &size, &address, instruction) || !take(*instruction)) return;
    }
  }

  csh handle = 0;
  bool is_open = false;
  cs_insn* instruction = nullptr;
};

FrameLayouts::FrameLayouts() : disassembler_(std::make_unique<Disassembler>()) {}
FrameLayouts::~FrameLayouts() = default;

const std::vector<FrameLayout>& FrameLayouts::Find(const Memory& memory, CodeRange function,
                                                   Address address, bool runs) {
  const Address key(2 * address.value + (runs ? 1 : 0));
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  if (known_.size() >= kMaxKnown) known_.clear();
  std::vector<FrameLayout>& layouts = known_[key];
  if (runs) {
    Ending ending;
    const Address end = std::min(function.end, address + kMaxAfterBytes);
    disassembler_->Read(memory, address, end, kMaxAfter, [&](const cs_insn& instruction) {
      return ending.Do(instruction) && !ending.HasReturned();
    });
    if (ending.HasReturned()) {
      layouts.push_back(ending.Layout());
      return layouts;
    }
  }
  Beginning beginning;
  const Address end = std::min(address, function.start + kMaxBeforeBytes);
  disassembler_->Read(memory, function.start, end, kMaxBefore, [&](const cs_insn& instruction) {
    if (IsJumpOrCall(instruction)) return false;
    beginning.Do(disassembler_->handle, instruction);
    return true;
  });
  layouts = beginning.Layouts();
  return layouts;
}

}  // namespace osprey
