#include "sampler/task_frames.h"

#include <algorithm>

namespace osprey {
namespace {

constexpr std::size_t kMaxNames = 1'000'000;
constexpr std::size_t kMaxAwaiters = 256;

}  // namespace

FrameId TaskFrames::NameFrame(const Task& task) {
  const auto known = names_.find(task.name);
  if (known != names_.end()) return known->second;
  const bool has_room = names_.size() < kMaxNames;
  const std::string label = "task " + (has_room ? task.name : std::string("(another)"));
  Frame frame;
  frame.function = stacks_.strings().Intern(label);
  frame.kind = FrameKind::kTask;
  const FrameId id = stacks_.InternFrame(frame);
  if (has_room) names_.emplace(task.name, id);
  return id;
}

void TaskFrames::Append(const Task& task, std::vector<FrameId>& frames) {
  frames.push_back(NameFrame(task));
  for (const AwaitFrame& frame : task.frames) {
    frames.push_back(codes_.FrameOf(*frame.code, frame.byte_offset));
  }
}

std::vector<const Task*> TaskFrames::Awaiters(const TaskGraph& graph, const Task& task,
                                              bool& is_cut) {
  std::vector<const Task*> chain;
  for (const Task* awaiter = graph.AwaiterOf(task); awaiter != nullptr;
       awaiter = graph.AwaiterOf(*awaiter)) {
    const bool is_circle =
        awaiter == &task || std::find(chain.begin(), chain.end(), awaiter) != chain.end();
    if (is_circle || chain.size() >= kMaxAwaiters) {
      is_cut = true;
      break;
    }
    chain.push_back(awaiter);
  }
  return chain;
}

}  // namespace osprey
