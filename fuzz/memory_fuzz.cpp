// The walkers and the readers of a runtime, over a target whose memory holds anything.
#include <algorithm>
#include <array>
#include <cstring>

#include "fuzz_memory.h"
#include "osprey/python/data_stack_walker.h"
#include "osprey/python/frame_object_walker.h"
#include "osprey/python/line_table.h"
#include "osprey/python/runtime_finder.h"
#include "osprey/python/thread_list.h"
#include "python/debug_offsets.h"

namespace osprey {
namespace {

constexpr std::array kVersions = {
    Version{3, 6},          Version{3, 7},  Version{3, 8},           Version{3, 9},
    Version{3, 10},         Version{3, 11}, Version{3, 12},          Version{3, 13},
    Version{3, 14},         Version{3, 15}, Version{3, 13, 0, true}, Version{3, 14, 0, true},
    Version{3, 15, 0, true}};

template <typename Walker>
void WalkThrice(const Layout& layout, const FuzzMemory& memory) {
  StackTable stacks;
  CodeCache codes(memory, layout, stacks);
  Walker walker(layout, codes, kBase + 8, kBase + 256);
  std::vector<RawFrame> frames;
  for (int turn = 0; turn < 3; ++turn) {
    walker.Walk(memory, frames);
    for (const RawFrame& f : frames) codes.FrameOf(*f.code, f.byte_offset);
    std::vector<CodeObject*> seen;
    for (const RawFrame& f : frames) seen.push_back(f.code);
    codes.Recheck(seen, TimePoint{});
  }
}

}  // namespace
}  // namespace osprey

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osprey;
  if (size < 16) return 0;
  const Version& version = kVersions[data[0] % kVersions.size()];
  const FuzzMemory memory(data + 8, size - 8);
  Runtime runtime{kBase, version, *FindLayout(version), "", "", Address{}};
  (void)ReadDebugVersion(memory, kBase);
  if (runtime.layout.debug_offsets.interpreter_frame != 0) {
    (void)ApplyDebugOffsets(memory, kBase, runtime.layout);
  }
  LearnThreadIds(memory, std::array<pid_t, 3>{1, 2, 65536}, runtime);
  if (const auto list = ListThreads(memory, runtime)) {
    for (const Interpreter& i : list->interpreters) ReadThreadNames(memory, runtime, i.state);
  }
  if (runtime.layout.frame_chain == FrameChain::kFrameObjects) {
    WalkThrice<FrameObjectWalker>(runtime.layout, memory);
  } else {
    WalkThrice<DataStackWalker>(runtime.layout, memory);
  }
  for (const auto format :
       {LineTableFormat::kLnotab, LineTableFormat::kLineTable, LineTableFormat::kLocations}) {
    LineOf(format, std::as_bytes(std::span(data, size)), 1, data[1]);
  }
  return 0;
}
