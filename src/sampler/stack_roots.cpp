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
    if (threads_.insert(id).second) unnamed_[id] = thread.ident;
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
                             const std::vector<Interpreter>& interpreters) {
  // The main interpreter knows most of them; the others the threads that they started.
  for (auto i = interpreters.rbegin(); i != interpreters.rend() && !unnamed_.empty(); ++i) {
    const auto names = ReadThreadNames(memory, runtime, i->state);
    for (auto root = unnamed_.begin(); root != unnamed_.end();) {
      const auto name = names.find(root->second);
      if (name == names.end()) {
        ++root;
        continue;
      }
      const std::string label = fmt::format("thread ({:#x}): {}", root->second, name->second);
      stacks_.Rename(root->first, stacks_.strings().Intern(label));
      root = unnamed_.erase(root);
    }
  }
}

}  // namespace osprey
