#include "osprey/sampler/native_stacks.h"

#include <algorithm>
#include <utility>

namespace osprey {
namespace {

// Of x86-64: what lies below the stack pointer and is in use all the same (System V ABI, AMD64
// supplement, "The Stack Frame").
constexpr std::uint64_t kRedZone = 128;
// Most stacks are not as deep as that. One that is has this doubled, up to what a thread may have
// by default (ulimit -s).
constexpr std::size_t kFirstCopy = std::size_t{64} << 10;
constexpr std::size_t kMostCopied = std::size_t{8} << 20;
// How soon a library that has been loaded or unloaded is noticed, and which part of the time it may
// take to read the map.
constexpr Duration kReadMapEvery = std::chrono::milliseconds(100);
constexpr int kReadMapShare = 100;
// A thread that has a processor stops within microseconds; one that waits for its turn may take
// longer than anybody who samples others as well has time for.
constexpr Duration kPatience = std::chrono::milliseconds(5);
// Code where none was known: a library has just been loaded, or it was made at run time.
constexpr Duration kReadMapAgain = std::chrono::milliseconds(2);

}  // namespace

NativeStacks::NativeStacks(const LiveTarget& target, NativeModules& modules)
    : target_(target),
      functions_(target),
      code_(target, modules),
      code_memory_(target.memory()),
      stack_(code_memory_),
      copied_(kFirstCopy) {}

NativeStacks::~NativeStacks() = default;

Result<std::unique_ptr<NativeStacks>> NativeStacks::Make(const LiveTarget& target,
                                                         NativeModules& modules) {
  std::unique_ptr<NativeStacks> stacks(new NativeStacks(target, modules));
  auto unwinder = Unwinder::Make(
      OwnMachine(), stacks->tables_,
      [own = stacks.get()](Address address) { return own->functions_.Find(address, own->map_); });
  if (!unwinder) return unwinder.error();
  stacks->unwinder_ = std::make_unique<Unwinder>(std::move(*unwinder));
  if (auto read = stacks->ReadMap(Clock::now()); !read) return read.error();
  return stacks;
}

Result<void> NativeStacks::ReadMap(TimePoint now) {
  auto map = target_.ReadMap();
  read_ = now;
  if (!map) return map.error();
  map_ = std::move(*map);
  if (tables_.Update(target_.memory(), map_)) {
    unwinder_->Forget();
    functions_.Forget();
    code_memory_.Clear();
    code_.Forget();
    ++changes_;
  }
  read_took_ = Clock::now() - now;
  return {};
}

void NativeStacks::RefreshMap(TimePoint now) {
  if (now - read_ < std::max(kReadMapEvery, kReadMapShare * read_took_)) return;
  // One that cannot be read is that of a process that ends; what is known of it holds as long.
  static_cast<void>(ReadMap(now));
}

Result<void> NativeStacks::CopyStack(const std::function<void()>& meanwhile) {
  auto copied = stack_.Take(Address(registers_.stack_pointer.value - kRedZone), copied_);
  if (meanwhile) meanwhile();
  return copied;
}

Result<void> NativeStacks::Take(pid_t tid, TimePoint now, const std::function<void()>& meanwhile) {
  RefreshMap(now);
  frames_.clear();
  while (true) {
    Result<void> copied;
    const auto look = [&](const Registers& registers) {
      registers_ = registers;
      copied = CopyStack(meanwhile);
    };
    const auto stood = stopper_.Stop(target_.pid(), tid, look, kPatience);
    if (!stood) return stood.error();
    stopped_ += *stood;
    is_in_kernel_ = registers_.IsInSystemCall();
    end_ = copied ? Walk() : UnwindEnd::kUnreadable;
    if (!CutBeyondCopy(IsWhole()) || copied_ == kMostCopied) return {};
    copied_ = std::min(2 * copied_, kMostCopied);
  }
}

bool NativeStacks::TakeAsleep(const ThreadActivity& activity, TimePoint now,
                              const std::function<void()>& meanwhile,
                              const std::function<bool()>& sleeps_on) {
  const auto registers = BlockedRegisters(activity);
  if (!registers) return false;
  RefreshMap(now);
  frames_.clear();
  registers_ = *registers;
  if (!CopyStack(meanwhile) || !sleeps_on()) return false;
  is_in_kernel_ = true;
  end_ = Walk();
  return !CutBeyondCopy(IsWhole()) && end_ == UnwindEnd::kOutermost;
}

bool NativeStacks::TakeCopy(const Registers& registers, std::span<const MemoryPiece> stack,
                            bool in_kernel, TimePoint now) {
  RefreshMap(now);
  frames_.clear();
  registers_ = registers;
  stack_.Put(stack);
  is_in_kernel_ = in_kernel;
  end_ = Walk();
  // A page that was never touched ends what the kernel copies, too.
  const Mapping* mapping = map_.Find(registers.stack_pointer);
  const bool is_whole = mapping != nullptr && mapping->end <= stack_.start() + stack_.size();
  return !CutBeyondCopy(is_whole);
}

UnwindEnd NativeStacks::Walk() {
  const UnwindEnd end = unwinder_->Walk(registers_, stack_, frames_);
  if (end != UnwindEnd::kNoCode || Clock::now() - read_ < kReadMapAgain || !ReadMap(Clock::now())) {
    return end;
  }
  return unwinder_->Walk(registers_, stack_, frames_);
}

bool NativeStacks::CutBeyondCopy(bool is_whole) {
  if (is_whole) return false;
  const auto beyond = std::find_if(frames_.begin(), frames_.end(), [&](const NativeFrame& frame) {
    return !stack_.Has(frame.stack_pointer);
  });
  if (beyond == frames_.end() && end_ != UnwindEnd::kUnreadable) return false;
  frames_.erase(beyond, frames_.end());
  end_ = UnwindEnd::kUnreadable;
  return true;
}

FrameId NativeStacks::FrameOf(const NativeFrame& frame) {
  return code_.Find(frame.LookupAddress(), map_);
}

}  // namespace osprey
