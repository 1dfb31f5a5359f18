#include "cli/top_sampling.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <system_error>

#include "cli/open_files.h"
#include "cli/single_process.h"
#include "osprey/sampler/process_family.h"
#include "osprey/tui/signal_stack.h"

namespace osprey {

Result<std::unique_ptr<TopSampling>> TopSampling::Create(const SessionOptions& options,
                                                         const LiveTarget* target,
                                                         LaunchedProcess* child, Duration period,
                                                         Duration first) {
  std::unique_ptr<TopSampling> sampling(new TopSampling(options, target, child));
  auto collector = SliceCollector::Create(sampling->stacks_, period, first);
  if (!collector) return collector.error();
  sampling->collector_ = std::move(*collector);
  auto namer = SliceNamer::Create(*sampling->collector_, sampling->modules_, sampling->folds_);
  if (!namer) return namer.error();
  sampling->namer_ = std::move(*namer);
  return sampling;
}

TopSampling::~TopSampling() { Stop(); }

void TopSampling::Start() {
  if (options_.subprocesses) {
    // As in record: nobody who starts processes by the thousand shall end for want of descriptors.
    AllowManyOpenFiles();
    if (child_ != nullptr && !adoption_) adoption_.emplace();
  } else {
    adoption_.reset();
  }
  must_stop_ = false;
  is_over_ = false;
  collector_->BeginRun();
  namer_->Start();
  thread_ = std::thread([this] { Run(); });
}

void TopSampling::Stop() {
  must_stop_ = true;
  if (!thread_.joinable()) return;
  thread_.join();
  namer_->Stop();
}

void TopSampling::EndSession() {
  Stop();
  sampled_ += elapsed_;
  elapsed_ = Duration(0);
  if (options_.duration) {
    // A moment at the least, so that the next session ends by itself as this one would have.
    constexpr Duration kLeast = std::chrono::milliseconds(1);
    options_.duration = std::max(*options_.duration - std::exchange(sampled_, Duration(0)), kLeast);
  }
}

void TopSampling::SetSubprocesses(bool on) {
  EndSession();
  options_.subprocesses = on;
  Start();
}

void TopSampling::SetNative(bool on) {
  EndSession();
  const NativeMode mode = folds_ ? NativeMode::kOn : NativeMode::kAll;
  options_.sampling.native = on ? mode : NativeMode::kOff;
  Start();
}

int TopSampling::StopAsked() { return must_stop_ ? SIGTERM : 0; }

void TopSampling::Show(TimePoint now, Duration elapsed, const RunFigures& figures) {
  elapsed_ = elapsed;
  has_sampled_ = true;
  collector_->Show(now, figures);
}

void TopSampling::ShowWait(TimePoint now, const RunFigures& figures) {
  // Until there is a first program no time is watched; from then on none may be missing.
  if (has_sampled_) collector_->ShowWait(now, figures);
}

Result<Session::End> TopSampling::RunSession(Session& session) {
  if (options_.subprocesses) {
    const pid_t root = child_ != nullptr ? child_->pid() : target_->pid();
    auto family = ProcessFamily::Start(root, child_ != nullptr, native());
    if (!family) return family.error();
    return session.Run(**family);
  }
  if (target_ == nullptr) return Session::End::kNoPython;
  SingleProcess process(*target_, child_, native());
  auto end = session.Run(process);
  refusal_ = process.refusal();
  return end;
}

void TopSampling::Run() {
  const SignalStack stack;
  Session session(options_, stacks_, modules_, {collector_.get()}, *this);
  try {
    end_ = RunSession(session);
  } catch (const std::exception& e) {
    end_ = Error{ErrorCode::kIo, 0, Address{}, e.what()};
  }
  figures_ = session.figures();
  is_over_ = true;
  collector_->EndRun(Clock::now(), figures_);
}

}  // namespace osprey
