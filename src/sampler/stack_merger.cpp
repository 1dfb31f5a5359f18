#include "osprey/sampler/stack_merger.h"

#include <algorithm>
#include <cstring>

namespace osprey {
namespace {

MergedFrame Native(std::size_t index) {
  return {MergedFrame::Side::kNative, static_cast<std::uint32_t>(index)};
}
MergedFrame Python(std::size_t index) {
  return {MergedFrame::Side::kPython, static_cast<std::uint32_t>(index)};
}

// What x86-64 code saves of its caller's registers stands below its return address: rbx, rbp and
// r12 to r15 (System V ABI, AMD64 supplement, "Registers").
constexpr std::uint64_t kSaved = 7 * sizeof(std::uint64_t);
// Callers of the evaluation function have some 200 bytes.
constexpr std::uint64_t kMaxPart = 4096;

// Whether the word `value` is on the stack at [start, end).
bool Holds(const NativeSide& native, Address start, Address end, Address value) {
  for (Address at = start; at < end; at = at + sizeof(std::uint64_t)) {
    const std::uint64_t inside = at - native.stack_start;
    std::uint64_t word = 0;
    if (inside >= native.stack.size() || native.stack.size() - inside < sizeof word) return false;
    std::memcpy(&word, native.stack.data() + inside, sizeof word);
    if (word == value.value) return true;
  }
  return false;
}

}  // namespace

bool StackMerger::Merge(const NativeSide& native, const PythonSide& python,
                        std::vector<MergedFrame>& merged) {
  merged.clear();
  CollectEvaluations(native);
  beyond_ = 0;
  const bool fits = CollectGroups(python) && !native.frames.empty() && Place(native, python);
  if (fits) {
    Emit(native, merged);
    return true;
  }
  for (std::size_t i = native.frames.size(); i-- > 0;) merged.push_back(Native(i));
  for (std::size_t i = 0; i < python.frames.size(); ++i) merged.push_back(Python(i));
  return false;
}

void StackMerger::CollectEvaluations(const NativeSide& native) {
  evaluations_.clear();
  const auto stack = [&](std::size_t i) { return native.frames[i].stack_pointer; };
  for (std::size_t i = native.frames.size(); i-- > 0;) {
    if (native.roles[i] != NativeRole::kEvaluation) continue;
    Evaluation evaluation{i, {}, {}, {}};
    // A signal handler's stack may be another than that of what it has interrupted.
    if (i + 1 < native.frames.size() && stack(i) < stack(i + 1)) {
      evaluation.start = stack(i);
      evaluation.end = evaluation.caller_end = stack(i + 1);
      if (i + 2 < native.frames.size()) {
        evaluation.caller_end = std::max(evaluation.end, stack(i + 2));
      }
    }
    evaluations_.push_back(evaluation);
  }
}

bool StackMerger::CollectGroups(const PythonSide& python) {
  groups_.clear();
  for (std::size_t i = 0; i < python.frames.size(); ++i) {
    if (python.frames[i].starts_evaluation) {
      groups_.push_back({i, i + 1});
    } else if (groups_.empty()) {
      return false;
    } else {
      groups_.back().last = i + 1;
    }
  }
  return true;
}

bool StackMerger::Runs(const Evaluation& evaluation, const RawFrame& first,
                       const NativeSide& native) {
  if (evaluation.end.IsNull()) return false;
  if (!first.entry.IsNull())
    return first.entry - evaluation.start < evaluation.end - evaluation.start;
  return Holds(native, evaluation.end - kSaved,
               std::min(evaluation.caller_end, evaluation.end + kMaxPart), first.frame);
}

bool StackMerger::Place(const NativeSide& native, const PythonSide& python) {
  const auto runs = [&](const Evaluation& evaluation, std::size_t group) {
    return Runs(evaluation, python.frames[groups_[group].first], native);
  };
  if (groups_.empty()) return true;
  if (evaluations_.empty() && !native.is_complete) {
    // All Python frames do not only lie beyond, they called what is there.
    if (python.frames[groups_.back().first].entry <= native.frames.back().stack_pointer)
      return false;
    beyond_ = groups_.size();
    return true;
  }
  // The evaluations of another interpreter's thread state, or of the greenlet that started this
  // one, lie below.
  std::size_t next = 0;
  while (next < evaluations_.size() && !runs(evaluations_[next], 0)) ++next;
  if (next == evaluations_.size() && !native.is_complete) {
    // Python frames do: the native stack ends early. Of its outermost frame the part is not known.
    next = !evaluations_.empty() && evaluations_.front().end.IsNull() ? 1 : 0;
    if (next == evaluations_.size()) return false;
    // It cannot have what was called later: the last that it has is its own.
    beyond_ = groups_.size() - 1;
    while (beyond_ > 0 && !runs(evaluations_[next], beyond_)) --beyond_;
    if (beyond_ == 0) return false;
  }
  std::size_t group = beyond_;
  for (; next < evaluations_.size() && group < groups_.size(); ++next, ++group) {
    if (!runs(evaluations_[next], group)) return false;
    evaluations_[next].group = group;
  }
  // One may be entering or leaving, and run nothing.
  return group == groups_.size() && evaluations_.size() - next <= 1;
}

void StackMerger::Emit(const NativeSide& native, std::vector<MergedFrame>& merged) const {
  const auto emit_group = [&](const Group& group) {
    for (std::size_t i = group.first; i < group.last; ++i) merged.push_back(Python(i));
  };
  for (std::size_t g = 0; g < beyond_; ++g) emit_group(groups_[g]);
  auto evaluation = evaluations_.begin();
  bool is_replaced = false;  // the frame before
  for (std::size_t i = native.frames.size(); i-- > 0;) {
    const bool is_handler = native.roles[i] == NativeRole::kHandler;
    if (is_handler && is_replaced) continue;
    is_replaced = false;
    if (evaluation != evaluations_.end() && evaluation->native == i) {
      is_replaced = evaluation->group != SIZE_MAX;
      if (is_replaced) emit_group(groups_[evaluation->group]);
      ++evaluation;
      if (is_replaced) continue;
    }
    merged.push_back(Native(i));
  }
}

}  // namespace osprey
