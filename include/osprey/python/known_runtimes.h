// Remembers in which files runtimes were found, so that the next process with the same interpreter
// is ready without a search.
#pragma once

#include <cstdint>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/python/runtime_finder.h"
#include "osprey/target/target.h"

namespace osprey {

class KnownRuntimes {
 public:
  // As FindRuntime. Where the process maps a file that a runtime was found in before, its place
  // follows from where the file lies: a forked child has it where its parent has, another process
  // of the same interpreter as far from the file's start. That costs one read of the memory map,
  // some 0.2 ms, and no file is opened.
  //
  // Whether there is an interpreter is the caller's to find out, by ListThreads, as after
  // FindRuntime. Whoever finds nonsense there calls FindRuntime itself.
  Result<Runtime> Find(const Target& target);

  std::size_t size() const { return known_.size(); }

 private:
  // The file by all that the map says of it. A file that is changed in place while it runs is none
  // that a running interpreter survives.
  struct Known {
    std::string path;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    Address start;  // where the file's first mapping was
    Runtime runtime;
  };

  std::vector<Known> known_;
};

}  // namespace osprey
