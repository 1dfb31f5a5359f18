#include "sampler/lock_finder.h"

#include <algorithm>

namespace osprey {
namespace {

// How many of the innermost frames may have the lock that a thread waits for: threading's own
// functions wait in at most three (join, _wait_for_tstate_lock, acquire), and somebody calls them.
constexpr std::size_t kWaitingFrames = 4;
// A `with` statement may hold a lock anywhere, but what is so deep is not read for it: a stack of
// endless recursion has no other locks than its first frames.
constexpr std::size_t kMaxFrames = 2000;

bool IsThreading(std::string_view file) { return file.ends_with("threading.py"); }

std::string_view LastPart(std::string_view name) { return name.substr(name.rfind('.') + 1); }

std::optional<std::size_t> Find(const std::vector<DumpedThread>& threads, std::uint64_t ident) {
  const auto found = std::find_if(threads.begin(), threads.end(),
                                  [ident](const DumpedThread& t) { return t.ident == ident; });
  if (ident == 0 || found == threads.end()) return std::nullopt;
  return static_cast<std::size_t>(found - threads.begin());
}

// Who holds the GIL that `thread` waits for: its interpreter's, which several may share.
std::optional<std::size_t> HolderOfGil(const std::vector<DumpedThread>& threads,
                                       const DumpedThread& thread) {
  std::optional<std::size_t> other;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (!threads[i].state.holds_gil) continue;
    if (threads[i].interpreter == thread.interpreter) return i;
    other = i;
  }
  return other;
}

}  // namespace

void LockFinder::AddThread(std::span<const NamedFrame> frames, Address futex) {
  LookForHeld(frames);
  wanted_.push_back(futex.IsNull() ? Wanted{} : LookForWanted(frames, futex));
}

void LockFinder::LookForHeld(std::span<const NamedFrame> frames) {
  std::optional<Address> released;
  for (const NamedFrame& frame : frames.last(std::min(frames.size(), kWaitingFrames))) {
    if (!IsThreading(frame.file)) continue;
    const auto locals = locals_.Read(*frame.raw);
    if (!locals) continue;
    if (const auto lock = locks_.ReleasedByWait(frame.function, frame.file, *locals)) {
      released = lock;
    }
  }
  for (const NamedFrame& frame : frames.first(std::min(frames.size(), kMaxFrames))) {
    const auto stack = locals_.ReadStack(*frame.raw);
    if (!stack) continue;
    for (const LockObject& lock : locks_.HeldByWith(*stack)) {
      if (lock.locked && lock.object != released) holder_.emplace(lock.object, wanted_.size());
    }
  }
}

LockFinder::Wanted LockFinder::LookForWanted(std::span<const NamedFrame> frames,
                                             Address futex) const {
  Wanted wanted;
  std::vector<Address> candidates;
  std::vector<Address> called_with;  // surely on the innermost frame's stack
  for (const NamedFrame& frame : frames.last(std::min(frames.size(), kWaitingFrames))) {
    if (const auto stack = locals_.ReadStack(*frame.raw)) {
      candidates.insert(candidates.end(), stack->objects.begin(), stack->objects.end());
      called_with = stack->is_exact ? stack->objects : std::vector<Address>();
    }
    const auto locals = locals_.Read(*frame.raw);
    if (!locals) continue;
    for (const LocalVariable& local : *locals) candidates.push_back(local.value);
    if (const auto joined = locks_.JoinedThread(frame.function, frame.file, *locals)) {
      wanted.joined = joined;
    }
  }
  if (wanted.joined) return wanted;
  wanted.lock = locks_.WaitedFor(futex, candidates);
  // The word may stand on the thread's own stack, behind the address of the lock. A core file may
  // lack that stack, or have zeros in its place (core_target.cpp).
  const auto lock = memory_.ReadAs<Address>(futex - 8);
  if (!wanted.lock && (!lock || lock->IsNull())) wanted.lock = TopmostLock(called_with);
  // One that waits to be notified holds the lock itself on which it sleeps (Condition.wait).
  const bool is_notified = !frames.empty() && IsThreading(frames.back().file) &&
                           LastPart(frames.back().function) == "wait";
  if (is_notified && wanted.lock && wanted.lock->kind == LockKind::kLock &&
      holder_.count(wanted.lock->object) == 0) {
    wanted.lock.reset();
  }
  return wanted;
}

std::optional<LockObject> LockFinder::TopmostLock(std::span<const Address> stack) const {
  for (std::size_t i = stack.size(); i-- > 0;) {
    const auto lock = locks_.ReadLock(stack[i]);
    if (lock && lock->locked) return *lock;
  }
  return std::nullopt;
}

std::vector<DumpedWait> LockFinder::FindWaits(const std::vector<DumpedThread>& threads) const {
  std::vector<DumpedWait> waits;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (threads[i].state.waits_for_gil) {
      waits.push_back({i, DumpedWait::For::kGil, 0, HolderOfGil(threads, threads[i])});
    } else if (i < wanted_.size() && wanted_[i].joined) {
      // One that is not listed has ended meanwhile.
      const auto owner = Find(threads, *wanted_[i].joined);
      if (owner) waits.push_back({i, DumpedWait::For::kThread, 0, owner});
    } else if (i < wanted_.size() && wanted_[i].lock) {
      const LockObject& lock = *wanted_[i].lock;
      const bool is_rlock = lock.kind == LockKind::kRLock;
      const auto holder = holder_.find(lock.object);
      auto owner = is_rlock ? Find(threads, lock.owner_ident) : std::nullopt;
      if (!owner && holder != holder_.end()) owner = holder->second;
      waits.push_back({i, is_rlock ? DumpedWait::For::kRLock : DumpedWait::For::kLock,
                       lock.object.value, owner});
    }
  }
  return waits;
}

}  // namespace osprey
