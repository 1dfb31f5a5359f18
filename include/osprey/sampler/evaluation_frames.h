// Which native frames are the interpreter's, and which of those run Python frames.
#pragma once

#include <cstdint>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/native/native_frame.h"
#include "osprey/native/unwind_tables.h"
#include "osprey/python/runtime_finder.h"
#include "osprey/target/target.h"

namespace osprey {

enum class NativeRole : std::uint8_t {
  kForeign,      // code of any other file
  kInterpreter,  // of the file that holds the runtime: an executable or libpython
  kEvaluation,   // the evaluation function, which runs Python frames
  kHandler,      // called by it to run them in its place (_TAIL_CALL_*, Python/ceval.c of 3.14)
};

class EvaluationFrames {
 public:
  // By the symbols of the file that holds the runtime: the evaluation function of its layout with
  // all parts that compilers make of it (.cold, .part.0, .lto_priv.0). Where only dynamic symbols
  // are left, the cold part is found by the jumps into it (native/split_function.h). kNotFound when
  // the file is gone from the map, or when no symbol tells: then no stack fits.
  static Result<EvaluationFrames> Find(const Target& target, const Runtime& runtime,
                                       const UnwindTables& tables);

  EvaluationFrames() = default;  // all frames are foreign

  // What stands at an address as NativeFrame::LookupAddress gives it.
  NativeRole RoleOf(Address address) const;
  // The same of each of `frames`, into `roles`.
  void RolesOf(const std::vector<NativeFrame>& frames, std::vector<NativeRole>& roles) const;

  const std::vector<CodeRange>& evaluation() const { return evaluation_; }

 private:
  std::vector<CodeRange> module_;      // its code
  std::vector<CodeRange> evaluation_;  // each few
  std::vector<CodeRange> handlers_;    // by address; some 300
};

}  // namespace osprey
