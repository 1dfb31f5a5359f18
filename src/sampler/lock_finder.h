// Which of the locks of the module threading each thread holds, and which one it waits for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "osprey/python/frame_locals.h"
#include "osprey/python/lock_objects.h"
#include "osprey/python/raw_frame.h"
#include "osprey/trace/thread_dump.h"

namespace osprey {

// Who holds an RLock stands in it. Of a Lock that is known only where a `with` statement holds it.
class LockFinder {
 public:
  LockFinder(const Memory& memory, const Layout& layout)
      : memory_(memory), locals_(memory, layout), locks_(memory, layout) {}

  // One frame of a thread, with its names as they are shown.
  struct NamedFrame {
    const RawFrame* raw;
    std::string_view function, file;
  };

  // Looks at the next thread of the dump; `frames` are from root to leaf. `futex` is the word on
  // which it waits in futex(2), null where it does not.
  void AddThread(std::span<const NamedFrame> frames, Address futex);

  // All waits of `threads`, which are those that were added, in their order, and after them any
  // that run no Python code.
  std::vector<DumpedWait> FindWaits(const std::vector<DumpedThread>& threads) const;

 private:
  struct Wanted {
    std::optional<LockObject> lock;
    std::optional<std::uint64_t> joined;  // the ident of the thread whose end it waits for
  };

  void LookForHeld(std::span<const NamedFrame> frames);
  Wanted LookForWanted(std::span<const NamedFrame> frames, Address futex) const;

  // The lock that is locked and lies uppermost on a value stack.
  std::optional<LockObject> TopmostLock(std::span<const Address> stack) const;

  const Memory& memory_;
  FrameLocals locals_;
  LockObjects locks_;
  std::vector<Wanted> wanted_;             // by thread
  std::map<Address, std::size_t> holder_;  // of a lock
};

}  // namespace osprey
