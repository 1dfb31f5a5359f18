// The readers of asyncio's tasks, over a target whose objects have the right types and nothing
// else.
#include <array>

#include "fuzz_memory.h"
#include "osprey/python/asyncio_debug.h"
#include "osprey/python/asyncio_tasks.h"
#include "osprey/python/task_graph.h"

namespace osprey {
namespace {

constexpr Address kTypes(0x800000);
constexpr std::array kVersions = {
    Version{3, 8},           Version{3, 9},           Version{3, 10},         Version{3, 11},
    Version{3, 12},          Version{3, 13},          Version{3, 14},         Version{3, 15},
    Version{3, 13, 0, true}, Version{3, 14, 0, true}, Version{3, 15, 0, true}};
constexpr std::array kNames = {"_asyncio.Task",
                               "_asyncio.Future",
                               "coroutine",
                               "code",
                               "str",
                               "int",
                               "builtin_function_or_method",
                               "method",
                               "function",
                               "functools.partial",
                               "TaskGroup",
                               "coroutine_wrapper",
                               "TaskWakeupMethWrapper",
                               "tuple",
                               "list",
                               "set"};

SnapshotMemory MakeTypes(const Layout& layout, std::array<Address, kNames.size()>& types) {
  SnapshotMemory memory;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    types[i] = kTypes + i * 0x1000;
    const Address name = types[i] + 0x800;
    std::vector<std::byte> type(1024);
    std::memcpy(type.data() + layout.type_object.tp_name, &name, sizeof name);
    memory.Put(types[i], type);
    std::vector<std::byte> text(512);
    std::memcpy(text.data(), kNames[i], std::strlen(kNames[i]));
    memory.Put(name, text);
  }
  return memory;
}

}  // namespace
}  // namespace osprey

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osprey;
  if (size < 32) return 0;
  Layout layout = *FindLayout(kVersions[data[0] % kVersions.size()]);
  std::array<Address, kNames.size()> types;
  const SnapshotMemory fixed = MakeTypes(layout, types);
  const FuzzMemory memory(data + 8, size - 8, &fixed, types);
  if (layout.task_source == TaskSource::kDebugSection) {
    AsyncioDebugOffsets words = {256, 136, 96, 160, 161, 128, 176, 800, 790, 1100, 256, 264, 272};
    words[data[1] % words.size()] += data[2];
    if (!ApplyAsyncioOffsets(words, layout)) return 0;
  }
  StackTable stacks;
  CodeCache codes(memory, layout, stacks);
  AsyncioTasks kept(memory, layout, kBase);
  TaskGraph graph(memory, layout, codes);
  (void)kept.Find();
  for (int turn = 0; turn < 3; ++turn) {
    std::vector<Address> tasks;
    kept.ReadRunning(kBase + 512, tasks);
    kept.ReadAll(kBase + 512, tasks);
    for (std::size_t at = 0; at < 2048; at += 256) tasks.push_back(kBase + at);
    graph.Read(tasks, TimePoint{});
    for (const Address address : tasks) {
      const Task* task = graph.Find(address);
      if (task == nullptr) continue;
      for (const AwaitFrame& frame : task->frames) codes.FrameOf(*frame.code, frame.byte_offset);
      (void)graph.AwaiterOf(*task);
    }
  }
  return 0;
}
