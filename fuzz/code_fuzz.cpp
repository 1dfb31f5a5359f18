// Any bytes as code without an unwind table.
#include <algorithm>
#include <cstdint>
#include <span>

#include "native/frame_layouts.h"
#include "osprey/target/snapshot_memory.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osprey;
  if (size < 2) return 0;
  const Address start(0x10000);
  SnapshotMemory memory;
  memory.Put(start, std::as_bytes(std::span(data, size)));
  FrameLayouts layouts;
  const CodeRange function{start, start + size};
  for (const bool runs : {true, false}) {
    const Address at = start + data[0] % size;
    for (const FrameLayout& layout : layouts.Find(memory, function, at, runs)) {
      // What Unwinder relies on.
      if (layout.base < 0 || layout.base > 15) __builtin_trap();
      for (const auto& saved : layout.saved) {
        if (saved.number < 0 || saved.number > 15) __builtin_trap();
      }
    }
  }
  return 0;
}
