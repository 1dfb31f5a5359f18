#include "osprey/sampler/stack_merger.h"

#include <algorithm>

namespace osprey {
namespace {

MergedFrame Native(std::size_t index) {
  return {MergedFrame::Side::kNative, static_cast<std::uint32_t>(index)};
}
MergedFrame Python(std::size_t index) {
  return {MergedFrame::Side::kPython, static_cast<std::uint32_t>(index)};
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
  for (std::size_t i = native.frames.size(); i-- > 0;) {
    if (native.roles[i] != NativeRole::kEvaluation) continue;
    Evaluation evaluation{i, {}, {}};
    if (i + 1 < native.frames.size() &&
        native.frames[i].stack_pointer < native.frames[i + 1].stack_pointer) {
      evaluation.start = native.frames[i].stack_pointer;
      evaluation.end = native.frames[i + 1].stack_pointer;
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

StackMerger::By StackMerger::Evidence(const PythonSide& python) const {
  const auto has_entry = [&](const Group& g) { return !python.frames[g.first].entry.IsNull(); };
  if (std::all_of(groups_.begin(), groups_.end(), has_entry)) return By::kEntry;
  const bool one_to_one = groups_.size() == python.frames.size();
  if (std::any_of(groups_.begin(), groups_.end(), has_entry) || !one_to_one) return By::kNothing;
  return slot_.is_learned() ? By::kFrameObject : By::kNothing;
}

bool StackMerger::Runs(const Evaluation& evaluation, const RawFrame& first,
                       const NativeSide& native, By by) const {
  if (evaluation.end.IsNull()) return false;
  if (by == By::kFrameObject) return slot_.Holds(evaluation.end, first.frame, native.stack);
  return first.entry >= evaluation.start && first.entry < evaluation.end;
}

bool StackMerger::Place(const NativeSide& native, const PythonSide& python) {
  const By by = Evidence(python);
  if (by == By::kNothing) return PlaceByNumber(native, python);
  const auto runs = [&](const Evaluation& evaluation, std::size_t group) {
    return Runs(evaluation, python.frames[groups_[group].first], native, by);
  };
  // The evaluations of another interpreter's thread state, or of the greenlet that started this one,
  // lie below; where the native stack ends early, Python frames do.
  std::size_t next = 0;
  if (!groups_.empty()) {
    while (next < evaluations_.size() && !runs(evaluations_[next], 0)) ++next;
  }
  if (next == evaluations_.size() && !groups_.empty()) {
    if (native.is_complete) return false;
    next = 0;
    // The outermost frame's own part of the stack is not known.
    if (!evaluations_.empty() && evaluations_.front().end.IsNull()) ++next;
    if (next == evaluations_.size()) return false;
    while (beyond_ < groups_.size() && !runs(evaluations_[next], beyond_)) ++beyond_;
    if (beyond_ == groups_.size()) return false;
  }
  std::size_t group = beyond_;
  for (; next < evaluations_.size() && group < groups_.size(); ++next, ++group) {
    if (!runs(evaluations_[next], group)) return false;
    evaluations_[next].group = group;
  }
  // One may be entering or leaving, and run nothing.
  return group == groups_.size() && (groups_.empty() || evaluations_.size() - next <= 1);
}

bool StackMerger::PlaceByNumber(const NativeSide& native, const PythonSide& python) {
  const bool are_as_many = evaluations_.size() == groups_.size();
  if (!native.is_complete || !python.is_complete || !are_as_many) return false;
  // Only where nothing better could be had: each frame has an evaluation of its own.
  if (groups_.size() != python.frames.size()) return false;
  std::vector<FrameSlot::Pair> pairs;
  for (std::size_t i = 0; i < evaluations_.size(); ++i) {
    Evaluation& evaluation = evaluations_[i];
    evaluation.group = i;
    // One that executes may be about to put its frame there.
    if (evaluation.native == 0 || evaluation.end.IsNull()) continue;
    pairs.push_back({evaluation.start, evaluation.end, python.frames[groups_[i].first].frame});
  }
  slot_.Learn(pairs, native.stack);
  return true;
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
