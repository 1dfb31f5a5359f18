// Walks native stacks, after the thread has run on: from the registers that it had and a copy of
// its stack.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "osprey/native/native_frame.h"
#include "osprey/native/unwind_tables.h"
#include "osprey/target/memory.h"
#include "osprey/target/registers.h"

namespace osprey {

// Why a walk ended.
enum class UnwindEnd : std::uint8_t {
  kOutermost,   // where the thread began
  kNoCode,      // a return address leads to where no code is mapped
  kNoTable,     // nothing says how to go on from there
  kUnreadable,  // the stack could not be read
  kCircle,      // a caller's stack would lie inside its callee's
  kTooDeep,     // kMaxNativeFrames were found
};

// For people: "where the thread began".
const char* UnwindEndText(UnwindEnd end);

// Deep recursion of compiled code overflows 8 MiB of stack after some hundred thousand frames; what
// a person can read is far less.
inline constexpr std::size_t kMaxNativeFrames = 4096;

class Unwinder {
 public:
  // The function that has an address, for code that no unwind table describes (FunctionRanges).
  using FunctionAt = std::function<std::optional<CodeRange>(Address)>;

  // kUnsupported for another machine than x86-64. `tables` must outlive this. Without `function_at`
  // walks end where there is no table.
  static Result<Unwinder> Make(Machine machine, const UnwindTables& tables,
                               FunctionAt function_at = {});
  Unwinder(Unwinder&&) noexcept;
  Unwinder& operator=(Unwinder&&) noexcept;
  ~Unwinder();

  // Fills `frames` from leaf to root. `memory` must have the stack as it was when the thread had
  // `registers`, and the unwind tables. The frames that were found before the end are good.
  UnwindEnd Walk(const Registers& registers, const Memory& memory,
                 std::vector<NativeFrame>& frames);

  // Forgets how to go on from where: for when UnwindTables::Update says that code is gone.
  void Forget();

 private:
  struct Impl;
  explicit Unwinder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace osprey
