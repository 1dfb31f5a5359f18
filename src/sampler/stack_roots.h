// The frames that stacks stand on: the thread's, where that is asked for, and the interpreter's,
// for all but the main one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "osprey/python/thread_list.h"
#include "osprey/target/memory.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

class StackRoots {
 public:
  // `root` is what all of them stand on.
  StackRoots(StackTable& stacks, StackId root, bool with_threads)
      : stacks_(stacks), root_(root), with_threads_(with_threads) {}

  // The stack that all samples of `thread` stand on: "thread (0xIDENT): NAME" when threads are
  // asked for, then "interpreter ID" unless it belongs to the main interpreter.
  StackId Of(const PythonThread& thread, const std::vector<Interpreter>& interpreters);

  // Gives the threads' frames their names as far as the target tells them by now; `interpreters`
  // as ListThreads has them, the main one last. Names go by ident, and another thread may have that
  // of one that has ended: `is_alive` says which are still there after the names have been read.
  void NameThreads(const Memory& memory, const Runtime& runtime,
                   const std::vector<Interpreter>& interpreters,
                   const std::function<bool(const PythonThread&)>& is_alive);
  // Threads that are not listed any more get no names.
  void Forget(const std::vector<PythonThread>& listed);
  bool HasUnnamed() const { return !unnamed_.empty(); }

 private:
  StackTable& stacks_;
  StackId root_;
  bool with_threads_;
  std::set<FrameId> threads_;                // frames of all threads so far
  std::map<FrameId, PythonThread> unnamed_;  // by the thread's frame
};

}  // namespace osprey
