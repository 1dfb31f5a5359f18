#include "python/debug_offsets.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace osprey {
namespace {

constexpr std::array<char, 8> kCookie = {'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y'};

// The head of the table (Include/internal/pycore_runtime.h, 3.13): words of 64 bits.
enum Word : std::size_t {
  kVersion = 1,
  kRuntimeSize = 3,
  kRuntimeInterpretersHead = 5,
  kInterpreterSize = 6,
  kInterpreterId = 7,
  kInterpreterNext = 8,
  kInterpreterThreadsHead = 9,
  kInterpreterGc = 10,
  kInterpreterModules = 11,
  kInterpreterGil = 14,
  kThreadSize = 19,
  kThreadNext = 21,
  kThreadInterp = 22,
  kThreadCurrentFrame = 23,
  kThreadId = 24,
  kThreadNativeId = 25,
  kThreadDatastackChunk = 26,
  kFrameSize = 28,
  kFramePrevious = 29,
  kFrameExecutable = 30,
  kFrameInstrPtr = 31,
  kFrameOwner = 33,
  kCodeSize = 34,
  kCodeFilename = 35,
  kCodeName = 36,
  kCodeQualname = 37,
  kCodeLinetable = 38,
  kCodeFirstlineno = 39,
  kCodeAdaptive = 43,
  kGcSize = 71,
  kGcCollecting = 72,
  kWords = 73,
};

// What a struct can have at most, with room for what later versions add: the readers copy as much
// of it as the offsets say.
std::uint64_t MaxSize(Word size_word) {
  switch (size_word) {
    case kFrameSize:
      return 256;  // 3.13: 80
    case kCodeSize:
      return 1024;  // 3.13: 208
    case kThreadSize:
      return 8192;  // 3.13: 312
    default:
      return 64U << 20U;  // the runtime: 300 KiB
  }
}

}  // namespace

Result<Version> ReadDebugVersion(const Memory& memory, Address runtime) {
  const auto cookie = memory.ReadAs<std::array<char, 8>>(runtime);
  if (!cookie) return cookie.error();
  if (*cookie != kCookie) {
    return Error{ErrorCode::kNotFound, 0, runtime, "no table of debug offsets"};
  }
  const auto hex = memory.ReadAs<std::uint64_t>(runtime + kVersion * 8);
  if (!hex) return hex.error();
  return Version{static_cast<int>(*hex >> 24U & 0xFF), static_cast<int>(*hex >> 16U & 0xFF),
                 static_cast<int>(*hex >> 8U & 0xFF)};
}

Result<void> ApplyDebugOffsets(const Memory& memory, Address runtime, Layout& layout) {
  const auto table = memory.ReadAs<std::array<std::uint64_t, kWords>>(runtime);
  if (!table) return table.error();
  Layout changed = layout;
  bool sane = true;
  const auto take = [&](Word word, Word size_word, Offset& offset) {
    const std::uint64_t value = (*table)[word];
    const std::uint64_t size = (*table)[size_word];
    if (size > MaxSize(size_word) || value >= size) {
      sane = false;
      return;
    }
    offset = static_cast<Offset>(value);
  };
  take(kRuntimeInterpretersHead, kRuntimeSize, changed.runtime_state.interpreters_head);
  take(kInterpreterId, kInterpreterSize, changed.interpreter_state.id);
  take(kInterpreterNext, kInterpreterSize, changed.interpreter_state.next);
  take(kInterpreterThreadsHead, kInterpreterSize, changed.interpreter_state.threads_head);
  take(kInterpreterModules, kInterpreterSize, changed.interpreter_state.modules);
  take(kInterpreterGil, kInterpreterSize, changed.interpreter_state.ceval_gil);
  Offset gc = 0;
  Offset collecting = 0;
  take(kInterpreterGc, kInterpreterSize, gc);
  take(kGcCollecting, kGcSize, collecting);
  changed.interpreter_state.gc_collecting = gc + collecting;
  take(kThreadNext, kThreadSize, changed.thread_state.next);
  take(kThreadInterp, kThreadSize, changed.thread_state.interp);
  take(kThreadCurrentFrame, kThreadSize, changed.thread_state.current_frame);
  take(kThreadId, kThreadSize, changed.thread_state.thread_id);
  take(kThreadNativeId, kThreadSize, changed.thread_state.native_thread_id);
  take(kThreadDatastackChunk, kThreadSize, changed.thread_state.datastack_chunk);
  take(kFramePrevious, kFrameSize, changed.interpreter_frame.previous);
  take(kFrameExecutable, kFrameSize, changed.interpreter_frame.executable);
  take(kFrameInstrPtr, kFrameSize, changed.interpreter_frame.instr_ptr);
  take(kFrameOwner, kFrameSize, changed.interpreter_frame.owner);
  take(kCodeFilename, kCodeSize, changed.code_object.filename);
  take(kCodeName, kCodeSize, changed.code_object.name);
  take(kCodeQualname, kCodeSize, changed.code_object.qualname);
  take(kCodeLinetable, kCodeSize, changed.code_object.linetable);
  take(kCodeFirstlineno, kCodeSize, changed.code_object.firstlineno);
  take(kCodeAdaptive, kCodeSize, changed.code_object.code_adaptive);
  // Not in the table: the word behind datastack_chunk (Include/cpython/pystate.h).
  changed.thread_state.datastack_top = changed.thread_state.datastack_chunk + 8;
  // The readers copy a frame and a code object up to these: all members must lie before.
  changed.code_object.size = changed.code_object.code_adaptive;
  const auto& frame = changed.interpreter_frame;
  const auto& code = changed.code_object;
  const Offset last_of_frame = std::max({frame.previous, frame.executable, frame.instr_ptr});
  const Offset last_of_code = std::max({code.filename, code.name, code.qualname, code.linetable,
                                        code.firstlineno, code.framesize, code.first_traceable});
  sane = sane && last_of_frame + sizeof(Address) <= frame.size && frame.owner < frame.size &&
         last_of_code + sizeof(Address) <= code.size;
  if (!sane) {
    return Error{ErrorCode::kMalformed, 0, runtime,
                 "the target's table of debug offsets contradicts itself"};
  }
  layout = changed;
  return {};
}

}  // namespace osprey
