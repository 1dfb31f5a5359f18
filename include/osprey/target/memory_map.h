// What is mapped where in a process: /proc/PID/maps, read and parsed apart.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "osprey/base/address.h"
#include "osprey/base/result.h"

namespace osprey {

struct Mapping {
  Address start;
  Address end;  // one past the last byte
  bool readable = false;
  bool writable = false;
  bool executable = false;
  std::uint64_t file_offset = 0;
  std::uint64_t device = 0;  // as makedev(3) packs it
  std::uint64_t inode = 0;   // 0: no file
  std::string path;          // without " (deleted)"; "[stack]" and the like; empty: anonymous
  bool deleted = false;

  bool Contains(Address a) const { return a >= start && a < end; }
};

class MemoryMap {
 public:
  // Reads /proc/PID/maps; kNoSuchProcess or kNotPermitted when it cannot.
  static Result<MemoryMap> Read(pid_t pid);
  // Parses the text of a maps file (proc_pid_maps(5)). Lines that are not of its form are skipped.
  static MemoryMap Parse(std::string_view text);

  // Of these, in any order.
  static MemoryMap Of(std::vector<Mapping> mappings);

  const std::vector<Mapping>& mappings() const { return mappings_; }
  // The mapping that contains `a`, or null.
  const Mapping* Find(Address a) const;

 private:
  std::vector<Mapping> mappings_;  // by address, as the kernel lists them
};

}  // namespace osprey
