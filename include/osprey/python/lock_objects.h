// The locks of the module threading, as a thread that waits for one or holds one shows them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "osprey/python/frame_locals.h"
#include "osprey/python/objects.h"

namespace osprey {

enum class LockKind : std::uint8_t { kLock, kRLock };

struct LockObject {
  Address object;
  LockKind kind = LockKind::kLock;
  // The word that futex(2) waits on while a thread waits for the lock: its semaphore's, which
  // stands first in a sem_t of glibc as of musl. Or, of a Lock from 3.13.1 and an RLock from 3.14
  // on, the PyMutex, which no thread sleeps on: see LockObjects::WaitedFor.
  Address word;
  bool locked = false;
  std::uint64_t owner_ident = 0;  // of an RLock: threading.get_ident() of its owner; 0: nobody, or
                                  // not known, as of every other lock
  std::uint64_t count = 0;        // of an RLock: how often its owner has it
};

class LockObjects {
 public:
  LockObjects(const Memory& memory, const Layout& layout)
      : memory_(memory), layout_(layout), objects_(memory, layout) {}

  // _thread.lock and _thread.RLock (2.7: thread.lock, and threading._RLock). kNotFound for every
  // other object.
  Result<LockObject> ReadLock(Address object) const;

  // The lock that a thread waits for whose futex(2) has `futex_word` as its first argument. To a
  // PyMutex that word leads by itself, for it lies beside the mutex's address on the waiting
  // thread's stack; else it is the lock among `candidates` that has that semaphore: objects of the
  // thread's innermost frames, on the stack or in variables, locks themselves or what has them in
  // its attributes, or its attributes' attributes (a threading.Condition, a queue.Queue); at
  // most 2048 objects are looked at, the nearest first. Nothing where it is no such lock.
  std::optional<LockObject> WaitedFor(Address futex_word,
                                      std::span<const Address> candidates) const;

  // The locks that the `with` statements of a frame hold: of those that surround the instruction,
  // outermost first, an RLock as often as it was entered. What they were entered on is a lock, or
  // has one that its __enter__ takes: a threading.Condition, whose `_lock` it is. At most 64. Not
  // those that are unlocked, which Condition.wait does for a while; where another thread has taken
  // one since, ReleasedByWait tells.
  std::vector<LockObject> HeldByWith(const ValueStack& stack) const;

  // The lock that a frame of Condition.wait in threading.py lets go of until it returns, though a
  // frame below holds it by `with`.
  std::optional<Address> ReleasedByWait(std::string_view function, std::string_view file,
                                        std::span<const LocalVariable> locals) const;

  // The lock that `object` is the bound method `__exit__` of, directly or through a Condition. From
  // 3.14 on `with` leaves the unbound method on the stack and what it is of above it: `above`.
  std::optional<Address> LockOfExit(Address object, Address above) const;

  // The threading.get_ident() of the thread that a frame waits for to end: one of Thread.join or
  // Thread._wait_for_tstate_lock in threading.py, by its variable `self`. `function` is the frame's
  // name or qualified name.
  std::optional<std::uint64_t> JoinedThread(std::string_view function, std::string_view file,
                                            std::span<const LocalVariable> locals) const;

 private:
  Result<LockObject> ReadPlainLock(Address object, std::uint64_t size) const;
  Result<LockObject> ReadRLock(Address object, std::uint64_t size) const;
  Result<LockObject> ReadPythonRLock(Address object) const;
  bool IsInstance(Address object) const;
  // The lock that entering `object` takes.
  std::optional<Address> LockOfManager(Address object) const;
  bool IsExit(Address function) const;
  std::string NameOfType(Address object) const;

  const Memory& memory_;
  const Layout& layout_;
  ObjectReader objects_;
};

}  // namespace osprey
