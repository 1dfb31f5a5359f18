#include "sampler/mixed_stacks.h"

#include "sampler/failed_stop.h"

namespace osprey {

void MixedStacks::FindEvaluationFrames() {
  if (found_at_ == native_.changes()) return;
  found_at_ = native_.changes();
  // Where none are found no stack fits, and all are counted as cut.
  evaluation_ =
      EvaluationFrames::Find(target_, runtime_, native_.tables()).value_or(EvaluationFrames());
}

TakenStack MixedStacks::Take(ThreadSampler& thread, TimePoint now, std::uint64_t look,
                             TaskSampler* tasks, RunFigures& figures) {
  FindEvaluationFrames();
  copying_.by_looking = true;
  bool stood = false;
  const auto taken = native_.Take(thread.thread().tid, now, [&] {
    stood = true;
    thread.CopyStill(target_.memory(), now, tasks);
  });
  if (!taken && !stood) {
    CountFailedStop(taken.error(), figures);
    thread.Take(target_.memory(), now, look, tasks);
    return {thread.taken().stack, true};
  }
  return Merge(thread, now, look);
}

MixedStacks::TakenMoment MixedStacks::TakeMoment(ThreadSampler& thread, const MomentSample& moment,
                                                 TimePoint now, std::uint64_t look) {
  FindEvaluationFrames();
  copying_.by_perf_events = true;
  const bool is_enough = native_.TakeCopy(moment.registers, moment.stack, moment.in_kernel, now);
  thread.CopyStill(*moment.memory, now, nullptr);
  TakenStack taken = Merge(thread, now, look);
  if (!moment.is_whole) taken.is_cut = true;
  return {taken, is_enough && moment.is_whole};
}

TakenStack MixedStacks::TakeAsleep(ThreadSampler& thread, TimePoint now, std::uint64_t look,
                                   TaskSampler* tasks, RunFigures& figures) {
  FindEvaluationFrames();
  copying_.by_looking = true;
  SleptStack& slept = thread.slept();
  slept.Begin();
  const bool sleeps = native_.TakeAsleep(
      thread.LookAgain(), now, [&] { thread.CopyStill(target_.memory(), now, tasks); },
      [&] { return slept.SleepsOn(); });
  const TakenStack taken =
      sleeps ? Merge(thread, now, look) : Take(thread, now, look, tasks, figures);
  slept.Keep(taken, sleeps);
  return taken;
}

TakenStack MixedStacks::Merge(ThreadSampler& thread, TimePoint now, std::uint64_t look) {
  thread.TakeStill(now, look);
  const WalkEnd end = thread.taken().end;
  evaluation_.RolesOf(native_.frames(), roles_);
  const bool is_complete = native_.end() == UnwindEnd::kOutermost;
  const NativeSide native{native_.frames(), roles_, is_complete, native_.stack().start(),
                          native_.stack().bytes()};
  const bool has_python = end == WalkEnd::kComplete || end == WalkEnd::kCut;
  const PythonSide python{has_python ? std::span<const RawFrame>(thread.frames())
                                     : std::span<const RawFrame>()};
  const bool fits = merger_.Merge(native, python, merged_);
  const bool is_known = end == WalkEnd::kComplete || end == WalkEnd::kNoFrames;
  return {Push(thread), !fits || !is_complete || !is_known};
}

StackId MixedStacks::Push(const ThreadSampler& thread) {
  StackId stack = thread.root();
  for (const MergedFrame& frame : merged_) {
    if (frame.side == MergedFrame::Side::kNative) {
      stack = stacks_.Push(stack, native_.FrameOf(native_.frames()[frame.index]));
    } else {
      stack = thread.PushFrame(frame.index, stack);
    }
  }
  return native_.is_in_kernel() ? stacks_.Push(stack, kernel_frame_) : stack;
}

}  // namespace osprey
