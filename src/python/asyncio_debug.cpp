#include "osprey/python/asyncio_debug.h"

#include <algorithm>

namespace osprey {

Result<void> ApplyAsyncioOffsets(const AsyncioDebugOffsets& words, Layout& layout) {
  constexpr std::uint64_t kMaxTask = 4096;         // 3.15: some 200
  constexpr std::uint64_t kMaxState = 64U << 20U;  // an interpreter's: 350 KiB
  // A struct's size, and the words behind it that must lie in it with a pointer's size.
  const auto is_sane = [&words](std::size_t size, std::size_t members, std::uint64_t max_size) {
    if (words[size] > max_size) return false;
    return std::all_of(words.begin() + static_cast<std::ptrdiff_t>(size + 1),
                       words.begin() + static_cast<std::ptrdiff_t>(size + 1 + members),
                       [&](std::uint64_t offset) { return offset < words[size]; });
  };
  if (!is_sane(0, 6, kMaxTask) || !is_sane(7, 1, kMaxState) || !is_sane(9, 3, kMaxState)) {
    return Error{ErrorCode::kMalformed, 0, Address{},
                 "the section .AsyncioDebug contradicts itself"};
  }
  auto& task = layout.task_object;
  task.name = static_cast<Offset>(words[1]);
  task.awaited_by = static_cast<Offset>(words[2]);
  task.awaited_by_is_set = static_cast<Offset>(words[4]);
  task.coro = static_cast<Offset>(words[5]);
  task.node = static_cast<Offset>(words[6]);
  task.interpreter_tasks_head = static_cast<Offset>(words[8]);
  task.thread_running_task = static_cast<Offset>(words[11]);
  task.thread_tasks_head = static_cast<Offset>(words[12]);
  return {};
}

Result<void> ApplyAsyncioDebug(const Target& target, const std::string& runtime_module,
                               Layout& layout) {
  const auto map = target.ReadMap();
  if (!map) return map.error();
  for (const Module& module : Modules(*map)) {
    const std::string_view file_name =
        std::string_view(module.path).substr(module.path.rfind('/') + 1);
    if (!file_name.starts_with("_asyncio") && module.path != runtime_module) continue;
    const auto file = target.OpenModule(module);
    if (!file) continue;
    const auto section = file->FindSection(".AsyncioDebug");
    if (!section) continue;
    const auto bias = LoadBias(module, *file);
    if (!bias) continue;
    const auto words =
        target.memory().ReadAs<AsyncioDebugOffsets>(Address(section->address.value + *bias));
    if (!words) return words.error();
    return ApplyAsyncioOffsets(*words, layout);
  }
  return Error{ErrorCode::kNotFound, 0, Address{}, "no section .AsyncioDebug"};
}

}  // namespace osprey
