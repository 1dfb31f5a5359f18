#include "golden/described_threads.h"

#include <fmt/format.h>

#include <algorithm>

#include "osprey/python/frame_walker.h"
#include "osprey/python/thread_list.h"
#include "python/debug_offsets.h"

namespace osprey {
namespace {

std::string FrameText(const StackTable& stacks, const Frame& frame) {
  const std::string_view file = stacks.strings().Get(frame.file);
  return fmt::format("{} ({}:{})", stacks.strings().Get(frame.function),
                     file.substr(file.rfind('/') + 1), frame.line);
}

}  // namespace

Result<std::vector<DescribedThread>> DescribeThreads(const Memory& memory, const Version& version,
                                                     Address address, Address current_thread) {
  const Layout* layout = FindLayout(version);
  if (layout == nullptr) {
    return Error{ErrorCode::kUnsupported, 0, address, "a version that the table does not know"};
  }
  Runtime runtime{address, version, *layout, "", "", current_thread};
  if (layout->debug_offsets.interpreter_frame != 0) {
    auto applied = ApplyDebugOffsets(memory, address, runtime.layout);
    if (!applied) return applied.error();
  }
  const auto list = ListThreads(memory, runtime);
  if (!list) return list.error();
  StackTable stacks;
  CodeCache codes(memory, runtime.layout, stacks);
  const auto names = ReadThreadNames(memory, runtime, list->interpreters.back().state);
  std::vector<DescribedThread> described;
  for (const PythonThread& thread : list->threads) {
    std::vector<RawFrame> frames;
    FrameWalker walker(runtime.layout, codes, thread.interpreter, thread.state);
    const WalkEnd end = walker.Walk(memory, frames);
    const auto name = names.find(thread.ident);
    DescribedThread& one = described.emplace_back();
    one.end = end;
    if (name != names.end()) one.name = name->second;
    for (const RawFrame& f : frames) {
      one.frames.push_back(FrameText(stacks, stacks.frame(codes.FrameOf(*f.code, f.byte_offset))));
    }
  }
  std::sort(described.begin(), described.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return described;
}

}  // namespace osprey
