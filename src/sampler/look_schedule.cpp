#include "sampler/look_schedule.h"

#include <algorithm>

namespace osprey {
namespace {

constexpr Duration kLeastRest = std::chrono::microseconds(50);
constexpr Duration kMostRest = std::chrono::milliseconds(10);
constexpr int kRestShare = 16;
constexpr int kTimeShare = 10;
constexpr Duration kLivelyFor = std::chrono::seconds(1);
constexpr unsigned kIdleTurn = 4;  // every so many looks
// What is not used up is kept for a while: at a slow rate every tick sees all threads.
constexpr Duration kMostCredit = std::chrono::milliseconds(10);

}  // namespace

Duration LookSchedule::RestAfter(Duration waited) {
  return std::clamp(waited / kRestShare, kLeastRest, kMostRest);
}

void LookSchedule::Renumber(std::span<const std::uint32_t> before) {
  std::vector<Thread> threads(before.size());
  running_.clear();
  lively_.clear();
  idle_.clear();
  for (std::uint32_t i = 0; i < threads.size(); ++i) {
    if (before[i] < threads_.size()) threads[i] = threads_[before[i]];
  }
  threads_ = std::move(threads);
  for (std::uint32_t i = 0; i < threads_.size(); ++i) {
    if (threads_[i].runs) {
      running_.push_back(i);
    } else {
      Add(i);
    }
  }
}

void LookSchedule::Saw(std::uint32_t thread, bool runs, TimePoint now) {
  if (!runs) {
    if (threads_[thread].runs) std::erase(running_, thread);
    Rest(thread, now);
  } else if (!threads_[thread].runs) {
    threads_[thread].runs = true;
    running_.push_back(thread);
  }
}

void LookSchedule::Rest(std::uint32_t thread, TimePoint now) {
  Thread& t = threads_[thread];
  if (t.runs) t.waits_since = now;
  t.runs = false;
  t.seen = now;
  t.due = now + RestAfter(now - t.waits_since);
  Add(thread);
}

void LookSchedule::Add(std::uint32_t thread) {
  const Thread& t = threads_[thread];
  Queue& queue = t.seen - t.waits_since < kLivelyFor ? lively_ : idle_;
  queue.push_back({t.due, thread});
  std::push_heap(queue.begin(), queue.end());
}

void LookSchedule::DisturbAll() {
  lively_.clear();
  idle_.clear();
  for (std::uint32_t i = 0; i < threads_.size(); ++i) {
    if (threads_[i].runs) continue;
    threads_[i].due = threads_[i].seen;
    Add(i);
  }
}

void LookSchedule::Earn(TimePoint now) {
  if (last_ != TimePoint{}) credit_ += (now - last_) / kTimeShare;
  credit_ = std::min(credit_, kMostCredit);
  last_ = now;
}

std::optional<std::uint32_t> LookSchedule::TakeDue(TimePoint now) {
  const bool is_idle_turn = ++turn_ % kIdleTurn == 0;
  if (auto first = TakeDue(is_idle_turn ? idle_ : lively_, now)) return first;
  return TakeDue(is_idle_turn ? lively_ : idle_, now);
}

std::optional<std::uint32_t> LookSchedule::TakeDue(Queue& queue, TimePoint now) {
  while (!queue.empty() && queue.front().at <= now) {
    const Due due = queue.front();
    std::pop_heap(queue.begin(), queue.end());
    queue.pop_back();
    const Thread& t = threads_[due.thread];
    if (!t.runs && t.due == due.at) return due.thread;
  }
  return std::nullopt;
}

}  // namespace osprey
