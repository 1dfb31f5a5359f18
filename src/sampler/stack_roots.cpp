#include "sampler/stack_roots.h"

#include <fmt/format.h>

#include <algorithm>

namespace osprey {

StackId StackRoots::Of(const PythonThread& thread, const std::vector<Interpreter>& interpreters) {
  StackId root = root_;
  if (with_threads_) {
    // The kernel's id in the line's place keeps apart two threads that had the same ident in turn.
    Frame frame;
    frame.function = stacks_.strings().Intern(fmt::format("thread ({:#x})", thread.ident));
    frame.line = static_cast<std::uint32_t>(thread.tid);
    frame.kind = FrameKind::kThread;
    const FrameId id = stacks_.InternFrame(frame);
    if (threads_.insert(id).second) unnamed_[id] = thread;
    root = stacks_.Push(root, id);
  }
  const auto interpreter =
      std::find_if(interpreters.begin(), interpreters.end(),
                   [&](const Interpreter& i) { return i.state == thread.interpreter; });
  if (interpreter != interpreters.end() && interpreter->id != 0) {
    Frame frame;
    frame.function = stacks_.strings().Intern(fmt::format("interpreter {}", interpreter->id));
    frame.kind = FrameKind::kInterpreter;
    root = stacks_.Push(root, stacks_.InternFrame(frame));
  }
  return root;
}

void StackRoots::NameThreads(const Memory& memory, const Runtime& runtime,
                             const std::vector<Interpreter>& interpreters,
                             const std::function<bool(const PythonThread&)>& is_alive) {
  // The main interpreter knows most of them; the others the threads that they started.
  for (auto i = interpreters.rbegin(); i != interpreters.rend() && !unnamed_.empty(); ++i) {
    const auto names = ReadThreadNames(memory, runtime, i->state);
    for (auto root = unnamed_.begin(); root != unnamed_.end();) {
      const PythonThread& thread = root->second;
      const auto name = names.find(thread.ident);
      if (name == names.end() || !is_alive(thread)) {
        ++root;
        continue;
      }
      const std::string label = fmt::format("thread ({:#x}): {}", thread.ident, name->second);
      stacks_.Rename(root->first, stacks_.strings().Intern(label));
      root = unnamed_.erase(root);
    }
  }
}

void StackRoots::Forget(const std::vector<PythonThread>& listed) {
  if (unnamed_.empty()) return;
  std::set<std::pair<Address, pid_t>> there;
  for (const PythonThread& thread : listed) there.emplace(thread.state, thread.tid);
  std::erase_if(unnamed_, [&](const auto& root) {
    return there.count({root.second.state, root.second.tid}) == 0;
  });
}

}  // namespace osprey
