#include "sampler/program_watch.h"

namespace osprey {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds(100);

}  // namespace

Tick ProgramWatch::Look(TimePoint now) {
  if (now - looked_ < kLookEvery) return Tick::kGoOn;
  looked_ = now;
  return target_.Bears(mark_) ? Tick::kGoOn : WhyGone();
}

Tick ProgramWatch::WhyGone() const {
  if (!target_.IsAlive()) return Tick::kTargetEnded;
  const auto identity = target_.ProgramIdentity();
  if (!identity) return target_.IsAlive() ? Tick::kGoOn : Tick::kTargetEnded;
  return *identity == identity_ ? Tick::kGoOn : Tick::kProgramReplaced;
}

}  // namespace osprey
