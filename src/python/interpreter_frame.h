// A copied _PyInterpreterFrame of CPython 3.11 and later (Include/internal/pycore_frame.h).
#pragma once

#include "osprey/python/code_cache.h"
#include "osprey/python/layout.h"
#include "python/field.h"

namespace osprey {

// What a frame on the data stack does. One that does not execute has a stack top: when it was just
// pushed (_PyFrame_Initialize; it is not linked yet), calls, resumes a generator, or leaves, and
// then what lies above it is the rest of some call before. One that is gone has been unlinked
// (clear_thread_frame, Python/ceval.c).
enum class FrameStage : std::uint8_t { kPushed, kExecutes, kCalls, kResumes, kLeaves, kGone };

class InterpreterFrame {
 public:
  InterpreterFrame(const Layout& layout, const std::byte* bytes)
      : offsets_(layout.interpreter_frame),
        clears_stacktop_(layout.clears_stacktop),
        first_shim_owner_(layout.first_shim_owner),
        reference_tags_(layout.reference_tags),
        bytes_(bytes) {}

  Address previous() const { return Field<Address>(bytes_, offsets_.previous); }
  // The code object, of frames that are no shims.
  Address executable() const {
    const auto reference = Field<std::uint64_t>(bytes_, offsets_.executable);
    return Address(reference & ~std::uint64_t{reference_tags_});
  }
  Address instruction() const { return Field<Address>(bytes_, offsets_.instr_ptr); }
  std::int8_t owner() const { return Field<std::int8_t>(bytes_, offsets_.owner); }
  // enum _frameowner: 0 is the thread, whose frames lie in its chunks, 1 a generator.
  bool is_on_data_stack() const { return owner() == 0; }
  bool is_generator() const { return owner() == 1; }
  bool is_shim() const { return owner() >= first_shim_owner_; }
  // Whether it was called from C: only 3.11 says so in the frame itself.
  bool is_entry() const {
    return offsets_.is_entry != kAbsent && Field<std::int8_t>(bytes_, offsets_.is_entry) != 0;
  }
  // Below 0, or null, while it executes (_PyFrame_GetStackPointer).
  bool has_stack_top() const {
    if (offsets_.stackpointer != kAbsent) {
      return !Field<Address>(bytes_, offsets_.stackpointer).IsNull();
    }
    return stacktop() >= 0;
  }
  // Whether has_stack_top also while an instruction of it is in C.
  bool has_stack_top_in_c() const { return offsets_.stackpointer != kAbsent; }

  std::int64_t ByteOffset(const CodeObject& code) const {
    return static_cast<std::int64_t>(instruction() - StartIn(code));
  }
  // prev_instr of 3.11 and 3.12 is one unit before the first instruction until it runs.
  bool StandsIn(const CodeObject& code) const {
    const Address start = StartIn(code);
    return !start.IsNull() && instruction() - start + 2 <= code.code_bytes + std::uint64_t{2};
  }

  FrameStage StageIn(const CodeObject& code) const {
    if (!has_stack_top()) return FrameStage::kExecutes;
    if (clears_stacktop_ && stacktop() < code.nlocalsplus) return FrameStage::kGone;
    const std::int64_t offset = ByteOffset(code);
    const CodePlace place = code.PlaceAt(offset);
    if (place == CodePlace::kLeaves) return FrameStage::kLeaves;
    // The frame below __init__ that cleans up after it calls from its very first instruction.
    if (code.IsNeverTraceable()) return FrameStage::kCalls;
    if (offset <= 0) return FrameStage::kPushed;
    if (offset < code.first_traceable) return FrameStage::kExecutes;
    return place == CodePlace::kResumes ? FrameStage::kResumes : FrameStage::kCalls;
  }

 private:
  std::int32_t stacktop() const { return Field<std::int32_t>(bytes_, offsets_.stacktop); }
  // The first instruction of the copy of the bytecode that it runs; null where that is not known.
  Address StartIn(const CodeObject& code) const {
    if (offsets_.tlbc_index == kAbsent) return code.code_start;
    const auto index = Field<std::int32_t>(bytes_, offsets_.tlbc_index);
    if (index <= 0) return code.code_start;
    const auto copy = static_cast<std::size_t>(index);
    return copy < code.copies.size() ? code.copies[copy] : Address{};
  }

  const decltype(Layout::interpreter_frame)& offsets_;
  bool clears_stacktop_;
  std::int8_t first_shim_owner_;
  std::uint8_t reference_tags_;
  const std::byte* bytes_;
};

}  // namespace osprey
