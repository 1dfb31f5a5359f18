// Gives tasks their frames: "task NAME", then the coroutines in which it waits.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "osprey/python/code_cache.h"
#include "osprey/python/task_graph.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

class TaskFrames {
 public:
  TaskFrames(CodeCache& codes, StackTable& stacks) : codes_(codes), stacks_(stacks) {}

  // The frame that bears the task's name. After a million names all others are "task (another)":
  // a program may name a task for each request.
  FrameId NameFrame(const Task& task);
  // Adds the task's name and the frames in which it waits.
  void Append(const Task& task, std::vector<FrameId>& frames);
  // The tasks that await `task`, the nearest first, without `task`. `is_cut` becomes true where
  // there are more than 256, or a circle.
  static std::vector<const Task*> Awaiters(const TaskGraph& graph, const Task& task, bool& is_cut);

 private:
  CodeCache& codes_;
  StackTable& stacks_;
  std::unordered_map<std::string, FrameId> names_;
};

}  // namespace osprey
