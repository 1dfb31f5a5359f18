#include "python/debug_offsets.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace osprey {
namespace {

// Words of the table's head that are where they are in all versions
// (Include/internal/pycore_debug_offsets.h; pycore_runtime.h of 3.13).
constexpr std::size_t kVersion = 1;
constexpr std::size_t kFreeThreaded = 2;
constexpr std::size_t kRuntime = 3;      // size; finalizing, interpreters_head
constexpr std::size_t kInterpreter = 6;  // size; id, next, threads.head
// Above any version's table (3.15: 111 words), to bound what is copied.
constexpr std::size_t kMaxWords = 128;

// What a struct can have at most, with room for what later versions add: the readers copy as much
// of it as the offsets say.
constexpr std::uint64_t kMaxFrame = 256;           // 3.15: 88
constexpr std::uint64_t kMaxCode = 1024;           // 3.15: 216
constexpr std::uint64_t kMaxThread = 8192;         // 3.15: 888
constexpr std::uint64_t kMaxType = 8192;           // 3.15: 928
constexpr std::uint64_t kMaxRuntime = 64U << 20U;  // 3.15: 400 KiB

// A section of the table: the size of a struct, then its members' offsets.
class Section {
 public:
  Section(const std::array<std::uint64_t, kMaxWords>& table, std::size_t first,
          std::uint64_t max_size)
      : table_(table), first_(first), size_(table[first]), sane_(size_ <= max_size) {}

  bool is_sane() const { return sane_; }
  // The offset in the word `word` of the table.
  void Take(std::size_t word, Offset& offset) {
    const std::uint64_t value = table_[word];
    if (value >= size_) {
      sane_ = false;
      return;
    }
    offset = static_cast<Offset>(value);
  }
  // The section's members from the one behind its size on.
  void TakeInTurn(std::initializer_list<Offset*> offsets) {
    std::size_t word = first_;
    for (Offset* offset : offsets) Take(++word, *offset);
  }

 private:
  const std::array<std::uint64_t, kMaxWords>& table_;
  std::size_t first_;
  std::uint64_t size_;
  bool sane_;
};

// The readers copy a frame and a code object up to their size: all members must lie before.
bool LiesInside(const Layout& layout) {
  const auto& frame = layout.interpreter_frame;
  const auto& code = layout.code_object;
  const Offset top = frame.stackpointer == kAbsent ? frame.stacktop : frame.stackpointer;
  const auto or_0 = [](Offset offset) { return offset == kAbsent ? Offset{0} : offset; };
  const Offset last_of_frame =
      std::max({frame.previous, frame.executable, frame.instr_ptr, top, or_0(frame.tlbc_index)});
  const Offset last_of_code =
      std::max({code.filename, code.name, code.qualname, code.linetable, code.firstlineno,
                code.framesize, code.first_traceable, code.flags, code.version, or_0(code.tlbc)});
  return last_of_frame + sizeof(Address) <= frame.size && frame.owner < frame.size &&
         last_of_code + sizeof(Address) <= code.size;
}

// The word at that place; kNotFound where there is no table.
Result<std::uint64_t> ReadWord(const Memory& memory, Address runtime, std::size_t word) {
  const auto cookie = memory.ReadAs<std::array<char, 8>>(runtime);
  if (!cookie) return cookie.error();
  if (*cookie != kDebugCookie) {
    return Error{ErrorCode::kNotFound, 0, runtime, "no table of debug offsets"};
  }
  return memory.ReadAs<std::uint64_t>(runtime + word * 8);
}

}  // namespace

Result<Version> ReadDebugVersion(const Memory& memory, Address runtime) {
  const auto hex = ReadWord(memory, runtime, kVersion);
  if (!hex) return hex.error();
  return Version{static_cast<int>(*hex >> 24U & 0xFF), static_cast<int>(*hex >> 16U & 0xFF),
                 static_cast<int>(*hex >> 8U & 0xFF)};
}

Result<bool> ReadDebugFreeThreaded(const Memory& memory, Address runtime) {
  const auto word = ReadWord(memory, runtime, kFreeThreaded);
  if (!word) return word.error();
  return *word != 0;
}

Result<void> ApplyDebugOffsets(const Memory& memory, Address runtime, Layout& layout) {
  const auto table = memory.ReadAs<std::array<std::uint64_t, kMaxWords>>(runtime);
  if (!table) return table.error();
  const auto& words = layout.debug_offsets;
  Layout changed = layout;
  Offset unused = 0;

  Section runtime_state(*table, kRuntime, kMaxRuntime);
  runtime_state.TakeInTurn({&unused, &changed.runtime_state.interpreters_head});

  auto& interpreter = changed.interpreter_state;
  Section interpreter_state(*table, kInterpreter, kMaxRuntime);
  interpreter_state.TakeInTurn({&interpreter.id, &interpreter.next, &interpreter.threads_head});
  interpreter_state.Take(words.modules, interpreter.modules);
  interpreter_state.Take(words.ceval_gil, interpreter.ceval_gil);
  // The collector's state lies in the interpreter's: the word before `modules` says where.
  Offset gc_in_interpreter = 0;
  interpreter_state.Take(words.modules - 1U, gc_in_interpreter);
  Section gc(*table, words.gc, kMaxRuntime);
  gc.TakeInTurn({&interpreter.gc_collecting});
  interpreter.gc_collecting += gc_in_interpreter;
  if (words.gc_frame != 0) {
    gc.Take(words.gc_frame, interpreter.gc_frame);
    interpreter.gc_frame += gc_in_interpreter;
  }

  if (words.code_object_generation != 0) {
    interpreter_state.Take(words.code_object_generation, interpreter.code_object_generation);
  }

  auto& thread = changed.thread_state;
  Section thread_state(*table, words.thread_state, kMaxThread);
  thread_state.TakeInTurn({&unused, &thread.next, &thread.interp, &thread.current_frame});
  if (words.base_frame != 0) thread_state.Take(words.base_frame, thread.base_frame);
  thread_state.Take(words.thread_id, thread.thread_id);
  thread_state.Take(words.thread_id + 1U, thread.native_thread_id);
  thread_state.Take(words.thread_id + 2U, thread.datastack_chunk);
  // Not in the table: the word behind datastack_chunk (Include/cpython/pystate.h).
  thread.datastack_top = thread.datastack_chunk + sizeof(Address);

  auto& frame = changed.interpreter_frame;
  Section interpreter_frame(*table, words.interpreter_frame, kMaxFrame);
  interpreter_frame.TakeInTurn(
      {&frame.previous, &frame.executable, &frame.instr_ptr, &frame.localsplus, &frame.owner});
  frame.size = frame.localsplus;
  const std::size_t behind_owner = words.interpreter_frame + 6U;
  if (frame.stackpointer != kAbsent) interpreter_frame.Take(behind_owner, frame.stackpointer);
  if (frame.tlbc_index != kAbsent) interpreter_frame.Take(behind_owner + 1, frame.tlbc_index);

  auto& code = changed.code_object;
  Section code_object(*table, words.code_object, kMaxCode);
  code_object.TakeInTurn({&code.filename, &code.name, &code.qualname, &code.linetable,
                          &code.firstlineno, &code.argcount, &code.localsplusnames,
                          &code.localspluskinds, &code.code_adaptive});
  // Not in the table: co_posonlyargcount lies between the two, and co_version before the names
  // (Include/cpython/code.h).
  code.kwonlyargcount = code.argcount + 2 * Offset{sizeof(std::int32_t)};
  code.version = code.localsplusnames - Offset{sizeof(std::uint32_t)};
  if (code.tlbc != kAbsent) code_object.Take(words.code_object + 10U, code.tlbc);
  code.size = code.code_adaptive;
  // Not in the table: co_extra lies between it and what follows (Include/cpython/code.h).
  const Offset behind_extra = code.tlbc != kAbsent ? code.tlbc : code.code_adaptive;
  code.first_traceable = behind_extra - 2 * Offset{sizeof(Address)};

  bool is_type_sane = true;
  if (words.heap_type != 0) {
    Section heap_type(*table, words.heap_type, kMaxType);
    heap_type.TakeInTurn({&changed.type_object.ht_cached_keys});
    is_type_sane = heap_type.is_sane();
  }

  if (!runtime_state.is_sane() || !interpreter_state.is_sane() || !gc.is_sane() ||
      !thread_state.is_sane() || !interpreter_frame.is_sane() || !code_object.is_sane() ||
      !is_type_sane || !LiesInside(changed)) {
    return Error{ErrorCode::kMalformed, 0, runtime,
                 "the target's table of debug offsets contradicts itself"};
  }
  layout = changed;
  return {};
}

}  // namespace osprey
