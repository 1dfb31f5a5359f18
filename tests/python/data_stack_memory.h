// Hand-made memory of one thread of CPython 3.13 or later.
#pragma once

#include <optional>
#include <string>

#include "osprey/python/code_cache.h"
#include "python/bytes.h"

namespace osprey {

inline constexpr Address kInterpreter(0x100000);
inline constexpr Address kThread(0x200000);
inline constexpr Address kChunk(0x300000);
inline constexpr Address kType(0x400000);
inline constexpr Address kCodes(0x500000);  // one every 0x1000
inline constexpr std::uint32_t kFrameWords = 14;
inline constexpr std::int32_t kLocals = 2;    // locals of each
inline constexpr std::uint32_t kReturn = 10;  // byte offset of RETURN_VALUE in all code
inline constexpr std::uint32_t kResume = 14;  // and of FOR_ITER
inline constexpr Address kGenerator(0x800000);
inline constexpr Address kBaseFrame(0x250000);
inline constexpr Address kCopies(0x900000);  // _PyCodeArray

// Its chunk is made frame by frame.
class DataStackMemory {
 public:
  explicit DataStackMemory(const Version& version) : layout_(*FindLayout(version)), chunk_(4096) {
    ForgetMemory();
    chunk_.Set(8, std::uint64_t{4096});
  }

  // Memory holds what was put there first: before another walk all is put anew.
  void ForgetMemory() {
    memory_.Clear();
    PutType(memory_, layout_, kType, "code");
    for (std::uint64_t i = 0; i < 3; ++i) PutCode(i);
  }

  void PutCode(std::uint64_t i, std::int32_t first_traceable = 0, std::uint64_t units = 20,
               char name = 0) {
    const Address code = CodeAt(i);
    const Address strings = code + 0x800;
    const auto& c = layout_.code_object;
    Bytes bytes(c.size + 2 * units + 24);
    bytes.Set(layout_.pyobject.ob_type, kType)
        .Set(layout_.pyobject.size, units)
        .Set(c.filename, strings)
        .Set(c.name, strings + 0x100)
        .Set(c.qualname, strings + 0x100)
        .Set(c.linetable, strings + 0x200)
        .Set(c.firstlineno, std::int32_t{1})
        .Set(c.framesize, kFrameWords)
        .Set(c.nlocalsplus, kLocals)
        .Set(c.first_traceable, first_traceable)
        .Set(c.code_adaptive + kReturn, layout_.opcode.leaves[1])
        .Set(c.code_adaptive + kResume, layout_.opcode.resumes[0]);
    if (c.tlbc != kAbsent) bytes.Set(c.tlbc, kCopies);
    memory_.Put(code, bytes.get());
    PutString(memory_, layout_, strings, "file.py");
    PutString(memory_, layout_, strings + 0x100,
              std::string(1, name != 0 ? name : static_cast<char>('a' + i)));
    PutBytes(memory_, layout_, strings + 0x200, 4);
  }

  static Address CodeAt(std::uint64_t i) { return kCodes + i * 0x1000; }
  static Address FrameAt(std::uint64_t i) { return kChunk + 32 + i * kFrameWords * 8; }

  // stacktop -1: executes; else it has called, or returns, where its instruction does.
  void SetFrame(std::uint64_t i, Address code, Address previous, std::int32_t stacktop,
                std::uint64_t byte_offset = 2) {
    const auto& f = layout_.interpreter_frame;
    const auto base = static_cast<Offset>(FrameAt(i) - kChunk);
    chunk_.Set(base + f.executable, code.value | (layout_.reference_tags & 1U))
        .Set(base + f.previous, previous)
        .Set(base + f.instr_ptr, code + layout_.code_object.code_adaptive + byte_offset)
        .Set(base + f.owner, std::int8_t{0});
    if (f.stackpointer == kAbsent) {
      chunk_.Set(base + f.stacktop, stacktop);
    } else {
      chunk_.Set(base + f.stackpointer, stacktop < 0 ? Address{} : FrameAt(i) + f.size);
    }
  }

  // The frame of a generator that is called by `previous`: it runs, or has a stack top.
  void PutGenerator(Address code, Address previous, bool has_stack_top = false,
                    std::uint64_t byte_offset = 2) {
    const auto& f = layout_.interpreter_frame;
    Bytes bytes(f.size);
    bytes.Set(f.executable, code)
        .Set(f.previous, previous)
        .Set(f.instr_ptr, code + layout_.code_object.code_adaptive + byte_offset)
        .Set(f.owner, std::int8_t{1});
    if (f.stackpointer == kAbsent) {
      bytes.Set(f.stacktop, std::int32_t{has_stack_top ? 3 : -1});
    } else {
      bytes.Set(f.stackpointer, has_stack_top ? kGenerator + f.size : Address{});
    }
    memory_.Put(kGenerator, bytes.get());
  }

  // The thread, whose ident is 0, and its chunk; frames as far as `used_frames`.
  void PutThread(Address top, std::uint64_t used_frames) {
    const auto& t = layout_.thread_state;
    Bytes thread(512);
    thread.Set(t.interp, kInterpreter)
        .Set(t.current_frame, top)
        .Set(t.datastack_chunk, kChunk)
        .Set(t.datastack_top, FrameAt(used_frames));
    if (t.base_frame != kAbsent) thread.Set(t.base_frame, kBaseFrame);
    memory_.Put(kThread, thread.get());
    const Offset generation = layout_.interpreter_state.code_object_generation;
    if (generation != kAbsent && generation_) {
      memory_.Put(kInterpreter + generation, Bytes(8).Set(0, *generation_).get());
    }
    memory_.Put(kChunk, chunk_.get());
  }

  const Layout& layout_;
  SnapshotMemory memory_;
  Bytes chunk_;
  std::optional<std::uint64_t> generation_ = 5;  // how many code objects have been freed
};

}  // namespace osprey
