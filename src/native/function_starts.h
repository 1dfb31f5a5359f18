// Where functions begin that nothing names.
#pragma once

#include <elfutils/libdwfl.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace osprey {

// By the table of .eh_frame_hdr (Linux Standard Base Core, "Exception Frames"), which strip(1)
// leaves.
class FunctionStarts {
 public:
  // Of a file's module, which is only read here; nothing is known where it has no such table of the
  // form that ld and lld make.
  explicit FunctionStarts(Dwfl_Module* module);

  // The beginning of the function at `address`, in hexadecimal, so that all of its addresses go by
  // one name. Empty where nothing is known of it.
  std::string NameOf(std::uint64_t address) const;

 private:
  using Range = std::pair<std::uint64_t, std::uint64_t>;

  std::vector<std::uint64_t> starts_;  // sorted
  std::vector<Range> code_;            // segments that are executed: [first, second)
};

}  // namespace osprey
