#include "osprey/sampler/process_family.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "osprey/sampler/program_search.h"

namespace osprey {
namespace {

constexpr Duration kRound = std::chrono::milliseconds(1);
constexpr Duration kShortestRound = std::chrono::microseconds(300);
constexpr SearchPace kPace{64, std::chrono::milliseconds(50), 1, std::chrono::seconds(1)};
constexpr Duration kWalkEvery = std::chrono::milliseconds(100);
constexpr Duration kRootEvery = std::chrono::milliseconds(10);
constexpr int kWalkShare = 5;  // walks take one part of the time in this many
// Whoever attaches to a family without Python is told so after this time: a process that was
// started a moment ago has its interpreter by then.
constexpr Duration kAttachPatience = std::chrono::milliseconds(300);
// Once the root is gone, one walk may miss the child of a parent that ends meanwhile; the child is
// ours then, and the next walk sees it.
constexpr int kWalksToBeSure = 2;
// A sampler of native stacks costs some milliseconds to make (perf events above all), which what a
// shell runs between two pipes is not worth.
constexpr Duration kNativeAge = std::chrono::milliseconds(20);

}  // namespace

struct ProcessFamily::Member {
  std::uint64_t start_time;
  ProgramSearch search;
  bool refused = false;
  std::string native = {};  // the identity of the program that was last given as a native one
};

ProcessFamily::ProcessFamily(pid_t root, bool launched, bool with_native, ChildSearch search)
    : root_(root),
      launched_(launched),
      with_native_(with_native),
      tree_(root, launched, search),
      started_(Clock::now()) {}

ProcessFamily::~ProcessFamily() = default;

Result<std::unique_ptr<ProcessFamily>> ProcessFamily::Start(pid_t root, bool launched,
                                                            bool with_native, ChildSearch search) {
  std::unique_ptr<ProcessFamily> family(new ProcessFamily(root, launched, with_native, search));
  try {
    family->thread_ =
        std::jthread([self = family.get()](const std::stop_token& stop) { self->Run(stop); });
  } catch (const std::system_error& e) {
    return Error{ErrorCode::kIo, e.code().value(), Address{}, "cannot start a thread"};
  }
  return family;
}

// ---- In the caller's thread.

Result<ProgramSource::Outlook> ProcessFamily::Poll(TimePoint, std::vector<FoundProgram>& found) {
  if (!has_news_.load(std::memory_order_acquire)) return polled_;
  const std::scoped_lock lock(mutex_);
  has_news_ = false;
  for (FoundProgram& program : found_) found.push_back(std::move(program));
  found_.clear();
  if (error_) return *error_;
  polled_ = outlook_;
  return polled_;
}

TimePoint ProcessFamily::PollAgainAt(TimePoint now) const { return now + kShortestRound; }

void ProcessFamily::Release(const LiveTarget& target, const std::string& identity) {
  const std::scoped_lock lock(mutex_);
  released_.push_back({target.pid(), target.start_time(), identity});
}

std::vector<ProcessFamily::Refusal> ProcessFamily::TakeRefusals() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(refusals_, {});
}

// ---- In the thread that looks.

void ProcessFamily::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const TimePoint now = Clock::now();
    bool must_walk = TakeReleased(now) || now - walked_ >= kWalkEvery;
    if (now - root_checked_ >= kRootEvery) {
      root_checked_ = now;
      must_walk = must_walk || !tree_.HasLivingRoot();
    }
    if (now >= next_walk_ && (must_walk || tree_.MayHaveGrown())) Walk(now);
    const TimePoint due = LookAtAll(now);
    Publish(now);
    const TimePoint end = Clock::now();
    std::this_thread::sleep_until(std::clamp(due, end + kShortestRound, end + kRound));
  }
}

bool ProcessFamily::TakeReleased(TimePoint now) {
  std::vector<Released> released;
  {
    const std::scoped_lock lock(mutex_);
    released = std::exchange(released_, {});
  }
  for (const Released& program : released) {
    const auto member = members_.find(program.pid);
    if (member == members_.end() || member->second->start_time != program.start_time) continue;
    // Else the search has found what it executes instead, as it does while a native program runs.
    ProgramSearch& search = member->second->search;
    if (search.identity() == program.identity) search.Release(now);
  }
  return !released.empty();
}

void ProcessFamily::Walk(TimePoint now) {
  walked_ = now;
  const ProcessTree::Changes changes = tree_.Walk();
  walks_without_root_ = tree_.HasRoot() ? 0 : walks_without_root_ + 1;
  for (const auto& process : changes.ended) members_.erase(process.pid);
  for (const auto& process : changes.arrived) {
    members_[process.pid] = std::make_unique<Member>(Member{
        process.start_time, ProgramSearch(process.pid, process.start_time, now, kPace, true)});
  }
  const TimePoint end = Clock::now();
  next_walk_ = end + (kWalkShare - 1) * (end - now);
}

TimePoint ProcessFamily::LookAtAll(TimePoint now) {
  TimePoint due = TimePoint::max();
  for (const auto& [pid, member] : members_) {
    if (member->search.is_taken()) continue;
    if (member->search.due() <= now) LookAt(pid, *member, now);
    due = std::min(due, member->search.due());
  }
  return due;
}

void ProcessFamily::Give(FoundProgram program) {
  found_any_ = true;
  const std::scoped_lock lock(mutex_);
  found_.push_back(std::move(program));
  has_news_.store(true, std::memory_order_release);
}

void ProcessFamily::GiveNative(pid_t pid, Member& member, TimePoint now) {
  auto program = member.search.WithoutPython(now, pid == root_ ? Duration(0) : kNativeAge);
  // Not again when it could not be sampled: that will not change before it executes another.
  if (!program || program->identity == member.native) return;
  member.native = program->identity;
  Give(std::move(*program));
}

void ProcessFamily::LookAt(pid_t pid, Member& member, TimePoint now) {
  switch (member.search.Look(now, known_)) {
    case ProgramSearch::Outcome::kReady:
      Give(member.search.Take());
      break;
    case ProgramSearch::Outcome::kRefused: {
      // A Python that is not known has native stacks all the same.
      if (with_native_ && member.search.problem().code == ErrorCode::kUnsupported) {
        GiveNative(pid, member, now);
        break;
      }
      if (pid == root_) root_problem_ = member.search.problem();
      if (std::exchange(member.refused, true)) break;
      const std::scoped_lock lock(mutex_);
      refusals_.push_back({pid, member.search.problem()});
      break;
    }
    case ProgramSearch::Outcome::kNotYet:
      if (with_native_) GiveNative(pid, member, now);
      break;
    case ProgramSearch::Outcome::kEnded:  // the next walk says so too
      break;
  }
}

ProgramSource::Outlook ProcessFamily::OutlookAt(TimePoint now) const {
  if (walks_without_root_ == 0) return Outlook::kMore;
  const bool anyone = std::any_of(members_.begin(), members_.end(), [&](const auto& member) {
    return tree_.IsInSession(member.first) || member.second->search.is_taken() ||
           member.second->search.IsYoung(now);
  });
  return anyone || walks_without_root_ < kWalksToBeSure ? Outlook::kSurvivors : Outlook::kNoMore;
}

std::optional<Error> ProcessFamily::WhyNothing(TimePoint now) const {
  if (launched_ || found_any_ || now - started_ < kAttachPatience) return std::nullopt;
  if (root_problem_) return root_problem_;
  const auto target = LiveTarget::Open(root_);
  if (!target) return target.error();
  return Error{ErrorCode::kNotFound, 0, Address{},
               fmt::format("process {} is not a Python program ({}), nor is any of its children",
                           root_, target->ExecutablePath())};
}

void ProcessFamily::Publish(TimePoint now) {
  const Outlook outlook = OutlookAt(now);
  auto error = WhyNothing(now);
  const std::scoped_lock lock(mutex_);
  if (outlook == outlook_ && !error) return;
  outlook_ = outlook;
  error_ = std::move(error);
  has_news_.store(true, std::memory_order_release);
}

}  // namespace osprey
