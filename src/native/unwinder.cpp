#include "osprey/native/unwinder.h"

#include <libunwind-x86_64.h>

#include <array>
#include <cerrno>
#include <optional>
#include <span>
#include <utility>

#include "native/frame_layouts.h"

extern "C" {
// Exported by libunwind-x86_64 for remote unwinders; in no header (libunwind(3), "find_proc_info").
int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t* info,
                                       unw_proc_info_t* found, int need_unwind_info,
                                       void* argument);
}

namespace osprey {
namespace {

// Where struct user_regs_struct (x86-64's sys/user.h) has the registers of libunwind's numbers.
constexpr std::array<std::size_t, 17> kPlaces = {10, 12, 11, 5, 13, 14, 4, 19, 9,
                                                 8,  7,  6,  3, 2,  1,  0, 16};
// Instructions whose callers' places are remembered: a profile of a large program has some
// thousand.
constexpr std::size_t kCachedPlaces = 1U << 14U;

// What one walk reads from. libunwind hands it back to the functions below.
struct Walk {
  const Registers& registers;
  const Memory& memory;
  const UnwindTables& tables;
  bool is_unreadable = false;
  bool is_without_table = false;  // the frame in hand
};

Walk& WalkOf(void* argument) { return *static_cast<Walk*>(argument); }

int FindProcInfo(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t* found, int need_info,
                 void* argument) {
  Walk& walk = WalkOf(argument);
  const UnwindTables::Code* code = walk.tables.Find(Address(ip));
  walk.is_without_table = code == nullptr || !code->table;
  if (walk.is_without_table) return -UNW_ENOINFO;
  unw_dyn_info_t info{};
  info.format = UNW_INFO_FORMAT_REMOTE_TABLE;
  info.start_ip = code->start.value;
  info.end_ip = code->end.value;
  info.u.rti.segbase = code->table->header.value;
  info.u.rti.table_data = code->table->entries.value;
  // In words, two 32-bit distances each.
  info.u.rti.table_len = code->table->count * 2 * sizeof(std::int32_t) / sizeof(unw_word_t);
  const int result =
      UNW_OBJ(dwarf_search_unwind_table)(space, ip, &info, found, need_info, argument);
  walk.is_without_table = result != 0;
  return result;
}

void PutUnwindInfo(unw_addr_space_t, unw_proc_info_t*, void*) {}

int GetDynInfoListAddr(unw_addr_space_t, unw_word_t*, void*) { return -UNW_ENOINFO; }

int AccessMem(unw_addr_space_t, unw_word_t address, unw_word_t* value, int write, void* argument) {
  if (write != 0) return -UNW_EINVAL;
  Walk& walk = WalkOf(argument);
  const auto word = walk.memory.ReadAs<unw_word_t>(Address(address));
  if (!word) {
    walk.is_unreadable = true;
    return -UNW_EINVAL;
  }
  *value = *word;
  return 0;
}

int AccessReg(unw_addr_space_t, unw_regnum_t number, unw_word_t* value, int write, void* argument) {
  if (write != 0) return -UNW_EREADONLYREG;
  const auto& general = WalkOf(argument).registers.general;
  const auto index = static_cast<std::size_t>(number);
  if (number < 0 || index >= kPlaces.size() || kPlaces[index] >= general.size()) {
    return -UNW_EBADREG;
  }
  *value = general[kPlaces[index]];
  return 0;
}

int AccessFpReg(unw_addr_space_t, unw_regnum_t, unw_fpreg_t*, int, void*) { return -UNW_EBADREG; }

int Resume(unw_addr_space_t, unw_cursor_t*, void*) { return -UNW_EINVAL; }

int GetProcName(unw_addr_space_t, unw_word_t, char*, std::size_t, unw_word_t*, void*) {
  return -UNW_ENOINFO;
}

// Whether a call may have led to what lies before `address`: E8 and a distance, or FF /2 with a
// register or memory (Intel SDM, volume 2, "CALL").
bool IsBehindCall(const Memory& memory, Address address) {
  std::array<std::uint8_t, 7> bytes{};
  if (!memory.Read(address - bytes.size(), std::as_writable_bytes(std::span(bytes)))) return false;
  if (bytes[2] == 0xE8) return true;
  for (std::size_t size = 2; size <= 7; ++size) {
    const std::size_t at = bytes.size() - size;
    if (bytes[at] == 0xFF && (bytes[at + 1] >> 3U & 7U) == 2) return true;
  }
  return false;
}

// A piece of code that is made while the program runs has pushed no more than this many words:
// libffi's closures push two (its src/x86/unix64.S, trampoline_code_table).
constexpr std::uint64_t kPushed = 2;

// The registers after the return from a leaf that no table describes, if its return address lies
// below `pushed` words of the stack: it leads behind a call. Else none.
std::optional<Registers> ReturnFromLeaf(const Registers& registers, const Memory& memory,
                                        const UnwindTables& tables, std::uint64_t pushed) {
  if (registers.general.size() <= kPlaces[UNW_X86_64_RSP]) return std::nullopt;
  const Address at =
      Address(registers.general[kPlaces[UNW_X86_64_RSP]]) + pushed * sizeof(std::uint64_t);
  const auto address = memory.ReadAs<Address>(at);
  if (!address) return std::nullopt;
  const UnwindTables::Code* code = tables.Find(*address - 1);
  if (code == nullptr || !code->table || !IsBehindCall(memory, *address)) return std::nullopt;
  Registers caller = registers;
  caller.instruction_pointer = *address;
  caller.stack_pointer = at + sizeof(std::uint64_t);
  caller.general[kPlaces[UNW_X86_64_RIP]] = caller.instruction_pointer.value;
  caller.general[kPlaces[UNW_X86_64_RSP]] = caller.stack_pointer.value;
  return caller;
}

// How often a walk goes on from code without a table: a kernel of linear algebra is at the end of a
// stack, and what calls a library of that kind is a few more.
constexpr int kMaxGaps = 4;

// Where a walk has ended for want of a table.
struct Gap {
  Registers registers;  // of the frame there; those that a caller may not rely on are 0
  bool runs = false;
};

// The registers after the return from a frame of `layout`, if that leads behind a call. Else none.
std::optional<Registers> Return(const Registers& from, const FrameLayout& layout,
                                const Memory& memory, const UnwindTables& tables) {
  const auto place = [](int number) { return kPlaces[static_cast<std::size_t>(number)]; };
  const Address caller_stack =
      Address(from.general[place(layout.base)]) + static_cast<std::uint64_t>(layout.above);
  const auto address = memory.ReadAs<Address>(caller_stack - sizeof(std::uint64_t));
  if (!address || tables.Find(*address - 1) == nullptr || !IsBehindCall(memory, *address)) {
    return std::nullopt;
  }
  Registers caller = from;
  for (const FrameLayout::Saved& saved : layout.saved) {
    const auto word =
        memory.ReadAs<std::uint64_t>(caller_stack + static_cast<std::uint64_t>(saved.at));
    if (!word) return std::nullopt;
    caller.general[place(saved.number)] = *word;
  }
  caller.instruction_pointer = *address;
  caller.stack_pointer = caller_stack;
  caller.general[kPlaces[UNW_X86_64_RIP]] = address->value;
  caller.general[kPlaces[UNW_X86_64_RSP]] = caller_stack.value;
  return caller;
}

bool IsWhole(UnwindEnd end) { return end == UnwindEnd::kOutermost || end == UnwindEnd::kTooDeep; }

}  // namespace

struct Unwinder::Impl {
  Impl(const UnwindTables& all, FunctionAt of) : tables(all), function_at(std::move(of)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (space != nullptr) unw_destroy_addr_space(space);
  }

  // Adds to `frames`; `runs`: the instruction is one that runs next, no return address. (What a
  // signal has interrupted does as well.) Fills in `gap` where the last frame has no table.
  UnwindEnd WalkByTables(const Registers& registers, const Memory& memory, bool runs,
                         std::vector<NativeFrame>& frames, Gap& gap);
  // The same, and goes on from code without a table by what the code itself does. That is a guess:
  // only a stack that is whole then counts.
  UnwindEnd WalkFrom(const Registers& registers, const Memory& memory, bool runs,
                     std::vector<NativeFrame>& frames, int gaps = kMaxGaps);

  const UnwindTables& tables;
  FunctionAt function_at;
  FrameLayouts layouts;
  unw_accessors_t accessors{FindProcInfo, PutUnwindInfo, GetDynInfoListAddr, AccessMem, AccessReg,
                            AccessFpReg,  Resume,        GetProcName};
  unw_addr_space_t space = nullptr;
};

Unwinder::Unwinder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Unwinder::Unwinder(Unwinder&&) noexcept = default;
Unwinder& Unwinder::operator=(Unwinder&&) noexcept = default;
Unwinder::~Unwinder() = default;

Result<Unwinder> Unwinder::Make(Machine machine, const UnwindTables& tables,
                                FunctionAt function_at) {
  if (machine != Machine::kX64) {
    return Error{ErrorCode::kUnsupported, 0, Address{},
                 "native stacks are walked on x86-64 alone so far"};
  }
  auto impl = std::make_unique<Impl>(tables, std::move(function_at));
  impl->space = unw_create_addr_space(&impl->accessors, 0);
  if (impl->space == nullptr) {
    return Error{ErrorCode::kIo, ENOMEM, Address{}, "libunwind has no memory"};
  }
  unw_set_caching_policy(impl->space, UNW_CACHE_GLOBAL);
  unw_set_cache_size(impl->space, kCachedPlaces, 0);
  return Unwinder(std::move(impl));
}

void Unwinder::Forget() {
  unw_flush_cache(impl_->space, 0, 0);
  impl_->layouts.Forget();
}

UnwindEnd Unwinder::Impl::WalkByTables(const Registers& registers, const Memory& memory, bool runs,
                                       std::vector<NativeFrame>& frames, Gap& gap) {
  osprey::Walk walk{registers, memory, tables};
  unw_cursor_t cursor;
  if (unw_init_remote(&cursor, space, &walk) != 0) return UnwindEnd::kNoTable;
  while (true) {
    unw_word_t ip = 0;
    unw_word_t stack = 0;
    if (unw_get_reg(&cursor, UNW_REG_IP, &ip) != 0) return UnwindEnd::kOutermost;
    if (ip == 0 && !frames.empty()) return UnwindEnd::kOutermost;
    if (unw_get_reg(&cursor, UNW_REG_SP, &stack) != 0) return UnwindEnd::kNoTable;
    const NativeFrame frame = runs ? NativeFrame(RunningInstruction{Address(ip)}, Address(stack))
                                   : NativeFrame(ReturnAddress{Address(ip)}, Address(stack));
    if (tables.Find(frame.LookupAddress()) == nullptr) {
      if (frames.empty()) frames.push_back(frame);  // a call of a null pointer, say
      return UnwindEnd::kNoCode;
    }
    // A signal handler may run on a stack of its own (sigaltstack(2)), anywhere.
    if (!runs && stack <= frames.back().stack_pointer.value) return UnwindEnd::kCircle;
    frames.push_back(frame);
    if (frames.size() == kMaxNativeFrames) return UnwindEnd::kTooDeep;
    walk.is_without_table = false;
    unw_cursor_t here = cursor;  // it is spoilt where there is no table
    const bool is_running = runs;
    const int step = unw_step(&cursor);
    // It tells of the frame that was left (libunwind 1.6, src/x86_64/Gstep.c).
    runs = unw_is_signal_frame(&cursor) > 0;
    if (step == 0 && !walk.is_without_table) return UnwindEnd::kOutermost;
    if (step < 0 && walk.is_unreadable && !walk.is_without_table) return UnwindEnd::kUnreadable;
    // Without a table libunwind takes what rbp points at for a frame; most code keeps none there.
    if (step < 0 || (walk.is_without_table && !runs)) {
      gap.registers = registers;
      gap.registers.general.resize(Registers::CountOn(Machine::kX64));
      gap.runs = is_running;
      for (std::size_t i = 0; i < kPlaces.size(); ++i) {
        unw_word_t value = 0;
        const bool has = unw_get_reg(&here, static_cast<unw_regnum_t>(i), &value) == 0;
        gap.registers.general[kPlaces[i]] = has ? value : 0;
      }
      // Where a thread begins there need not be a table; nothing leads further than that.
      return step == 0 && !is_running ? UnwindEnd::kOutermost : UnwindEnd::kNoTable;
    }
  }
}

UnwindEnd Unwinder::Impl::WalkFrom(const Registers& registers, const Memory& memory, bool runs,
                                   std::vector<NativeFrame>& frames, int gaps) {
  Gap gap;
  const UnwindEnd end = WalkByTables(registers, memory, runs, frames, gap);
  if (gap.registers.general.empty() || gaps == 0 || !function_at) return end;
  const NativeFrame last = frames.back();
  const auto function = function_at(last.LookupAddress());
  if (!function) return end;
  const std::size_t known = frames.size();
  // A copy: the walk of the callers may look for others.
  const std::vector<FrameLayout> ways = layouts.Find(memory, *function, last.address, gap.runs);
  for (const FrameLayout& way : ways) {
    const auto caller = Return(gap.registers, way, memory, tables);
    if (!caller || caller->stack_pointer <= frames[known - 1].stack_pointer) continue;
    const UnwindEnd callers = WalkFrom(*caller, memory, false, frames, gaps - 1);
    if (IsWhole(callers)) return callers;
    frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(known), frames.end());
  }
  return end;
}

UnwindEnd Unwinder::Walk(const Registers& registers, const Memory& memory,
                         std::vector<NativeFrame>& frames) {
  frames.clear();
  const UnwindEnd end = impl_->WalkFrom(registers, memory, true, frames);
  if (frames.size() != 1 || (end != UnwindEnd::kNoCode && end != UnwindEnd::kNoTable)) return end;
  // Where a call has led to no code at all (of a null pointer) the return address is on top of the
  // stack, and below what the piece has pushed where it has led to one of those that are made while
  // the program runs. What was taken for it wrongly leads nowhere: only a whole stack counts.
  for (std::uint64_t pushed = 0; pushed <= kPushed; ++pushed) {
    const auto caller = ReturnFromLeaf(registers, memory, impl_->tables, pushed);
    if (!caller) continue;
    const UnwindEnd callers = impl_->WalkFrom(*caller, memory, false, frames);
    if (IsWhole(callers)) return callers;
    frames.erase(frames.begin() + 1, frames.end());
  }
  return end;
}

const char* UnwindEndText(UnwindEnd end) {
  switch (end) {
    case UnwindEnd::kOutermost:
      return "where the thread began";
    case UnwindEnd::kNoCode:
      return "at an address where no code is mapped";
    case UnwindEnd::kNoTable:
      return "where no table says how to go on";
    case UnwindEnd::kUnreadable:
      return "where the stack cannot be read";
    case UnwindEnd::kCircle:
      return "where a caller's stack would lie inside its callee's";
    case UnwindEnd::kTooDeep:
      return "after 4096 frames";
  }
  return "";
}

}  // namespace osprey
