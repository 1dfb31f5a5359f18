#include "osprey/python/outside_frames.h"

#include <algorithm>

#include "python/interpreter_frame.h"

namespace osprey {
namespace {

constexpr std::size_t kMaxKnown = 4096;
constexpr unsigned kForgetAfter = 64;  // walks

}  // namespace

const OutsideFrames::Known* OutsideFrames::Find(Address frame) {
  for (Known& k : known_) {
    if (k.frame != frame) continue;
    k.unused = 0;
    return &k;
  }
  return nullptr;
}

void OutsideFrames::Learn(Address frame) {
  // A link that cannot be one, or more of them than a stack holds: torn, start afresh.
  if (frame.IsNull() || frame.value % 8 != 0 || known_.size() >= kMaxKnown) {
    known_.clear();
  } else {
    known_.push_back({frame});
  }
  stale_ = true;
}

bool OutsideFrames::DropRange(std::size_t index) {
  const auto is_it = [index](const Known& k) { return k.before == index || k.after == index; };
  if (std::erase_if(known_, is_it) == 0) return false;
  stale_ = true;
  return true;
}

void OutsideFrames::ForgetUnused() {
  for (Known& k : known_) ++k.unused;
  if (std::erase_if(known_, [](const Known& k) { return k.unused > kForgetAfter; }) > 0) {
    stale_ = true;
  }
}

void OutsideFrames::AddBefore(const DataStackChunks& chunks, SnapshotMemory& snapshot) {
  const auto by_address = [](const Known& a, const Known& b) { return a.frame < b.frame; };
  const auto outside = std::partition(known_.begin(), known_.end(),
                                      [&](const Known& k) { return chunks.Contains(k.frame); });
  std::sort(known_.begin(), outside, by_address);
  std::sort(outside, known_.end(), by_address);
  in_chunks_ = static_cast<std::size_t>(outside - known_.begin());
  Add(0, in_chunks_, &Known::before, snapshot);
  Add(in_chunks_, known_.size(), &Known::before, snapshot);
}

void OutsideFrames::AddAfter(SnapshotMemory& snapshot) {
  Add(in_chunks_, known_.size(), &Known::after, snapshot);
  Add(0, in_chunks_, &Known::after, snapshot);
  stale_ = false;
}

void OutsideFrames::Add(std::size_t first, std::size_t last, Place place,
                        SnapshotMemory& snapshot) {
  for (std::size_t i = first; i < last; ++i) {
    const MemoryRange frame{known_[i].frame, layout_.interpreter_frame.size};
    known_[i].*place = i == first ? snapshot.Add(frame) : snapshot.AddNear(frame);
  }
}

bool OutsideFrames::IsLinked(const std::byte* bytes) const {
  const InterpreterFrame frame(layout_, bytes);
  if (frame.previous().IsNull()) return false;  // a generator that waits
  return frame.is_shim() ? frame.executable() == shim_executable_ : frame.is_generator();
}

OutsideFrames::Sighting OutsideFrames::Sight(const Known& known, const SnapshotMemory& snapshot,
                                             const DataStackChunks& chunks,
                                             const std::byte* callee) {
  const std::byte* const copies[] = {snapshot.View(known.before), snapshot.View(known.after)};
  const InterpreterFrame before(layout_, copies[0]);
  const InterpreterFrame after(layout_, copies[1]);
  const bool same = before.previous() == after.previous() &&
                    before.executable() == after.executable() && before.owner() == after.owner();
  const bool is_shim = before.is_shim();
  if (same && is_shim) shim_executable_ = before.executable();
  const auto stood = [&](const std::byte* bytes) {
    const InterpreterFrame frame(layout_, bytes);
    if (!IsLinked(bytes)) return false;
    // Where they differ, one may be the remains of a call on the C stack, half overwritten.
    if (!same && !chunks.Contains(frame.previous()) && Find(frame.previous()) == nullptr) {
      return false;
    }
    // A generator that Python code was called from stands at that call.
    const bool has_called = callee != nullptr && !InterpreterFrame(layout_, callee).is_entry();
    return is_shim || !has_called || frame.has_stack_top();
  };
  const bool was = stood(copies[0]);
  const bool is = stood(copies[1]);
  if (was && is) {
    const bool moved = !is_shim && callee != nullptr && before.instruction() != after.instruction();
    return same && !moved ? Sighting{copies[0], When::kThroughout} : Sighting{};
  }
  if (was) return {copies[0], When::kBefore};
  return is ? Sighting{copies[1], When::kAfter} : Sighting{};
}

}  // namespace osprey
