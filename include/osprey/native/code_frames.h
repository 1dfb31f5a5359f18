// Turns the addresses of one process's code into frames, fast enough for every frame of a sample.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>

#include "osprey/base/address.h"
#include "osprey/native/native_modules.h"
#include "osprey/target/memory_map.h"
#include "osprey/target/target.h"

namespace osprey {

class CodeFrames {
 public:
  // Both must outlive this.
  CodeFrames(const Target& target, NativeModules& modules) : target_(&target), modules_(&modules) {}

  // The frame of the code at `address` (NativeFrame::LookupAddress): one look into a hash table
  // after the first time. The first time in a file opens it, which takes some hundred microseconds.
  // Where `map` has nothing at that address, the frame's file is "[unknown]", and the next call
  // looks again.
  FrameId Find(Address address, const MemoryMap& map) {
    const auto known = frames_.find(address);
    return known != frames_.end() ? known->second : Look(address, map);
  }

  // Forgets which code lies where: for when UnwindTables::Update says that code is gone, and for
  // execve(2).
  void Forget() {
    frames_.clear();
    loaded_.clear();
  }

 private:
  struct Loaded {
    ModuleId module;
    std::uint64_t bias = 0;  // what is added to an address of the file to get where it is loaded
  };

  FrameId Look(Address address, const MemoryMap& map);
  Loaded Load(const Mapping& mapping, const MemoryMap& map);
  // Asked for each file: what has called chroot(2) and execve(2), as container runtimes do, has
  // another by the time that anybody notices.
  std::shared_ptr<const TargetRoot> Root();

  const Target* target_;
  NativeModules* modules_;
  std::unordered_map<Address, FrameId> frames_;
  std::map<Address, Loaded> loaded_;        // by the mapping's start
  std::shared_ptr<const TargetRoot> root_;  // of the file that was loaded last
};

}  // namespace osprey
