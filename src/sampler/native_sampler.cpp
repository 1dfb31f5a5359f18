#include "osprey/sampler/native_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "osprey/target/moment_samples.h"
#include "osprey/target/thread_activity.h"
#include "osprey/target/thread_facts.h"
#include "sampler/failed_stop.h"
#include "sampler/kernel_frame.h"
#include "sampler/look_schedule.h"
#include "sampler/perf_watch.h"
#include "sampler/program_watch.h"
#include "sampler/sample_allowance.h"
#include "sampler/slept_stack.h"

namespace osprey {
namespace {

// How soon a thread that was started is seen, and which part of the time it may take to look.
constexpr Duration kListEvery = std::chrono::milliseconds(20);
constexpr int kListShare = 50;

}  // namespace

class NativeSampler::Thread {
 public:
  Thread(pid_t pid, pid_t tid) : slept(pid, tid), tid_(tid) {
    if (auto reader = ThreadActivityReader::Open(pid, tid)) reader_ = std::move(*reader);
  }

  pid_t tid() const { return tid_; }
  // Whether it runs, or is ready to; false once it is gone.
  bool IsOnCpu() { return Activity().on_cpu; }
  // What the kernel says now; that it waits for nothing once it is gone.
  ThreadActivity Activity() {
    if (!reader_) return {};
    const auto activity = reader_->Read();
    if (!activity) reader_.reset();
    return activity.value_or(ThreadActivity{});
  }
  bool IsGone() const { return !reader_; }

  // Those that wait are looked at less often the longer they do, as by LookSchedule.
  bool IsDue(TimePoint now) const { return now >= due_; }
  void Saw(bool on_cpu, TimePoint now) {
    if (on_cpu || due_ == TimePoint()) waits_since_ = now;
    due_ = now + (on_cpu ? Duration(0) : LookSchedule::RestAfter(now - waits_since_));
  }

  std::optional<StackId> root;  // none: no stack of it was taken yet
  bool is_counted = false;      // in the run's figures
  SleptStack slept;
  SampleAllowance allowance;

 private:
  pid_t tid_;
  std::optional<ThreadActivityReader> reader_;  // none: it is gone
  TimePoint waits_since_;                       // the first look that saw it wait
  TimePoint due_;
};

NativeSampler::NativeSampler(const LiveTarget& target, StackTable& stacks,
                             const SamplerOptions& options, std::unique_ptr<NativeStacks> native)
    : target_(target),
      stacks_(stacks),
      options_(options),
      native_(std::move(native)),
      kernel_frame_(InternKernelFrame(stacks)),
      program_(std::make_unique<ProgramWatch>(target)) {}

NativeSampler::~NativeSampler() = default;

Result<std::unique_ptr<NativeSampler>> NativeSampler::Make(const LiveTarget& target,
                                                           NativeModules& modules,
                                                           StackTable& stacks,
                                                           const SamplerOptions& options) {
  auto native = NativeStacks::Make(target, modules);
  if (!native) return native.error();
  return std::unique_ptr<NativeSampler>(
      new NativeSampler(target, stacks, options, std::move(*native)));
}

void NativeSampler::List(TimePoint now) {
  if (now - listed_ < std::max(kListEvery, kListShare * list_took_)) return;
  listed_ = now;
  std::map<pid_t, std::unique_ptr<Thread>> threads;
  for (const pid_t tid : target_.ThreadIds()) {
    auto known = threads_.find(tid);
    const bool is_known = known != threads_.end() && !known->second->IsGone();
    threads[tid] =
        is_known ? std::move(known->second) : std::make_unique<Thread>(target_.pid(), tid);
  }
  threads_ = std::move(threads);
  list_took_ = Clock::now() - now;
}

Tick NativeSampler::TakeTick(TimePoint now, const Sampler* python, RunFigures& figures) {
  if (const Tick why = program_->Look(now); why != Tick::kGoOn) return why;
  List(now);
  if (threads_.empty()) return program_->WhyGone();
  if (options_.mode != SampleMode::kCpu && options_.mode != SampleMode::kWall) return Tick::kGoOn;
  if (python != nullptr) {
    perf_.reset();
    may_sample_ = false;
  } else if (may_sample_) {
    may_sample_ = false;
    perf_ = std::make_unique<PerfWatch>(target_, options_.rate_hz);
  }
  for (auto& [tid, thread] : threads_) thread->allowance.AllowOne();
  if (perf_ && perf_->is_on()) TakeSampled(now, figures);
  const std::size_t gone = TakeThreads(now, python, figures);
  if (gone == threads_.size()) return program_->WhyGone();
  if (gone > 0) listed_ = TimePoint();
  return Tick::kGoOn;
}

void NativeSampler::TakeSampled(TimePoint now, RunFigures& figures) {
  struct Seen {
    TimePoint time;
    pid_t tid;
    TakenStack taken;
  };
  std::vector<Seen> seen;
  perf_->Read(now, [&](const MomentSample& moment) {
    Thread& thread = ThreadOf(moment.tid);
    if (!thread.allowance.TakeOne()) return true;
    const bool is_enough = Copy(moment);
    seen.push_back({moment.time, moment.tid, Push(thread, figures)});
    return is_enough;
  });
  std::sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) { return a.time < b.time; });
  for (const Seen& each : seen) Deliver(each.tid, each.taken, true, each.time, figures);
}

void NativeSampler::TakeMoment(const MomentSample& moment, RunFigures& figures) {
  Thread& thread = ThreadOf(moment.tid);
  if (!thread.allowance.TakeOne()) return;
  Copy(moment);
  Deliver(moment.tid, Push(thread, figures), true, moment.time, figures);
}

bool NativeSampler::Copy(const MomentSample& moment) {
  copying_.by_perf_events = true;
  return native_->TakeCopy(moment.registers, moment.stack, moment.in_kernel, moment.time);
}

NativeSampler::Thread& NativeSampler::ThreadOf(pid_t tid) {
  std::unique_ptr<Thread>& thread = threads_[tid];
  if (!thread) thread = std::make_unique<Thread>(target_.pid(), tid);
  return *thread;
}

std::size_t NativeSampler::TakeThreads(TimePoint now, const Sampler* python, RunFigures& figures) {
  const bool samples_running =
      python != nullptr ? python->SamplesOthers() : perf_ && perf_->is_on();
  if (samples_running && python == nullptr && options_.mode == SampleMode::kCpu) return 0;
  std::size_t gone = 0;
  for (auto& [tid, thread] : threads_) {
    if (python != nullptr && python->Samples(tid)) {
      thread->is_counted = true;  // by whoever samples it
      continue;
    }
    const bool is_due = thread->IsDue(now);
    const bool on_cpu = is_due && thread->IsOnCpu();
    if (thread->IsGone()) {
      ++gone;
      continue;
    }
    if (is_due) thread->Saw(on_cpu, now);
    if (on_cpu ? samples_running : options_.mode != SampleMode::kWall) continue;
    auto taken = on_cpu ? std::nullopt : is_due ? thread->slept.Find() : thread->slept.kept();
    if (!taken) {
      taken = Take(*thread, on_cpu, now, figures);
      if (!taken) continue;
      copying_.by_looking = true;
    }
    Deliver(tid, *taken, on_cpu, now, figures);
  }
  return gone;
}

void NativeSampler::Deliver(pid_t tid, TakenStack taken, bool on_cpu, TimePoint time,
                            RunFigures& figures) {
  Sample sample;
  sample.time = time;
  sample.pid = target_.pid();
  sample.tid = tid;
  sample.state.on_cpu = on_cpu;
  sample.stack = taken.stack;
  sample.cut = taken.is_cut;
  if (sample.cut) ++figures.cut;
  ++figures.samples;
  for (SampleSink* sink : sinks_) sink->OnSample(sample);
}

bool NativeSampler::HasCounted(pid_t tid) const {
  const auto thread = threads_.find(tid);
  return thread != threads_.end() && thread->second->is_counted;
}

std::optional<TakenStack> NativeSampler::Take(Thread& thread, bool on_cpu, TimePoint now,
                                              RunFigures& figures) {
  const auto slept = on_cpu ? nullptr : &thread.slept;
  if (slept != nullptr) slept->Begin();
  const bool sleeps =
      slept != nullptr &&
      native_->TakeAsleep(thread.Activity(), now, nullptr, [slept] { return slept->SleepsOn(); });
  const auto taken = sleeps ? Result<void>() : native_->Take(thread.tid(), now, nullptr);
  if (!taken) {
    CountFailedStop(taken.error(), figures);
    if (taken.error().code != ErrorCode::kNoSuchProcess) ++figures.rejected;
    return std::nullopt;
  }
  const TakenStack result = Push(thread, figures);
  if (slept != nullptr) slept->Keep(result, sleeps);
  return result;
}

TakenStack NativeSampler::Push(Thread& thread, RunFigures& figures) {
  if (!thread.root) thread.root = Root(thread.tid());
  if (!std::exchange(thread.is_counted, true)) ++figures.threads;
  StackId stack = *thread.root;
  const auto& frames = native_->frames();
  for (std::size_t i = frames.size(); i-- > 0;) {
    stack = stacks_.Push(stack, native_->FrameOf(frames[i]));
  }
  if (native_->is_in_kernel()) stack = stacks_.Push(stack, kernel_frame_);
  return {stack, native_->end() != UnwindEnd::kOutermost};
}

StackId NativeSampler::Root(pid_t tid) {
  if (!options_.thread_roots) return options_.root;
  Frame frame;
  // What pthread_self(3) returns, as for threads of Python; a thread without it has its kernel id.
  const Address self = native_->registers().thread_pointer;
  const std::uint64_t id = self.IsNull() ? static_cast<std::uint64_t>(tid) : self.value;
  std::string label = fmt::format("thread ({:#x})", id);
  if (const auto name = ReadThreadName(target_.pid(), tid)) label += ": " + *name;
  frame.function = stacks_.strings().Intern(label);
  frame.line = static_cast<std::uint32_t>(tid);
  frame.kind = FrameKind::kThread;
  return stacks_.Push(options_.root, stacks_.InternFrame(frame));
}

}  // namespace osprey
