// Walks one thread of any CPython, in the way that its frames hang together.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "osprey/python/data_stack_walker.h"
#include "osprey/python/frame_object_walker.h"

namespace osprey {

class FrameWalker {
 public:
  // Of the thread whose PyThreadState is at `thread`. `layout` and `codes` must outlive this.
  FrameWalker(const Layout& layout, CodeCache& codes, Address interpreter, Address thread)
      : walker_(Make(layout, codes, interpreter, thread)) {}

  // Fills `frames` from root to leaf.
  WalkEnd Walk(const Memory& memory, std::vector<RawFrame>& frames) {
    return std::visit([&](auto& w) { return w.Walk(memory, frames); }, walker_);
  }
  // The same of a thread that stands still while it is walked.
  WalkEnd WalkStill(const Memory& memory, std::vector<RawFrame>& frames) {
    return std::visit([&](auto& w) { return w.WalkStill(memory, frames); }, walker_);
  }
  // The two halves of Walk, as in DataStackWalker.
  SnapshotMemory& Ranges() {
    return std::visit([](auto& w) -> SnapshotMemory& { return w.Ranges(); }, walker_);
  }
  WalkEnd WalkCopy(const Memory& memory, Result<std::size_t> arrived,
                   std::vector<RawFrame>& frames) {
    return std::visit([&](auto& w) { return w.WalkCopy(memory, std::move(arrived), frames); },
                      walker_);
  }

  // What one walk copies.
  const SnapshotMemory& snapshot() const {
    return std::visit([](const auto& w) -> const SnapshotMemory& { return w.snapshot(); }, walker_);
  }
  // From now on walks copy so many bytes of the thread state at least.
  void CopyThreadState(std::size_t bytes) {
    std::visit([&](auto& w) { w.CopyThreadState(bytes); }, walker_);
  }
  // How many code objects had been freed when the last walk began; none where nobody counts.
  std::optional<std::uint64_t> code_object_generation() const {
    const auto* walker = std::get_if<DataStackWalker>(&walker_);
    return walker == nullptr ? std::nullopt : walker->code_object_generation();
  }
  // The thread state as the last walk copied it.
  const std::byte* thread_state() const {
    return std::visit([](const auto& w) { return w.thread_state(); }, walker_);
  }

 private:
  using Either = std::variant<DataStackWalker, FrameObjectWalker>;
  static Either Make(const Layout& layout, CodeCache& codes, Address interpreter, Address thread) {
    if (layout.frame_chain == FrameChain::kFrameObjects) {
      return FrameObjectWalker(layout, codes, interpreter, thread);
    }
    return DataStackWalker(layout, codes, interpreter, thread);
  }

  Either walker_;
};

}  // namespace osprey
