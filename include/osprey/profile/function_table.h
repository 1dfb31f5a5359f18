// Self and total samples of every function, a recursive one counted once for each sample.
#pragma once

#include <cstdint>
#include <vector>

#include "osprey/profile/profile.h"

namespace osprey {

class FunctionTable {
 public:
  struct Row {
    StringId function;
    StringId file;
    FrameKind kind = FrameKind::kPython;
    std::uint64_t self = 0;   // samples in which it was the leaf
    std::uint64_t total = 0;  // samples in which it stood anywhere
  };

  // Linear in the nodes of the profile's table. Roots of threads, interpreters and
  // processes are no functions.
  explicit FunctionTable(const Profile& profile);

  // By falling self, then falling total, then name and file.
  const std::vector<Row>& rows() const { return rows_; }

 private:
  std::vector<Row> rows_;
};

}  // namespace osprey
