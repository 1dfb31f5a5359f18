#include "osprey/python/frame_object_walker.h"

#include <algorithm>
#include <array>

#include "python/field.h"

namespace osprey {
namespace {

// How many of the topmost frames are copied twice. While one copy is taken, calls of a tenth of a
// microsecond may change that many levels, hardly more.
constexpr std::size_t kTwice = 4;
constexpr std::size_t kRecent = 6;
constexpr int kMaxAttempts = 8;
// sys.setrecursionlimit can be raised to anything; the C stack ends 3.10 and earlier long before.
constexpr std::size_t kMaxDepth = 200000;

}  // namespace

WalkEnd FrameObjectWalker::Walk(const Memory& memory, std::vector<RawFrame>& frames) {
  WalkEnd end = WalkEnd::kRejected;
  std::vector<RawFrame> best;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    frames.clear();
    switch (Attempt(memory, frames, end)) {
      case Step::kDone:
        return end;
      case Step::kGone:
        return WalkEnd::kGone;
      case Step::kAgain:
        if (frames.size() > best.size()) best = frames;
        break;
    }
  }
  frames = std::move(best);
  return frames.empty() ? WalkEnd::kRejected : WalkEnd::kCut;
}

FrameObjectWalker::Step FrameObjectWalker::Attempt(const Memory& memory,
                                                   std::vector<RawFrame>& frames, WalkEnd& end) {
  if (ranges_stale_) BuildRanges();
  const auto arrived = snapshot_.Refill(memory);
  if (!arrived) return Step::kGone;
  if (*arrived < snapshot_.size()) {  // a frame's memory was given back, or the thread is gone
    path_.clear();
    recent_.clear();
    ranges_stale_ = true;
    const auto interp = memory.ReadAs<Address>(thread_ + layout_.thread_state.interp);
    return interp && *interp == interpreter_ ? Step::kAgain : Step::kGone;
  }
  const std::byte* thread = snapshot_.View(thread_index_);
  if (Field<Address>(thread, layout_.thread_state.interp) != interpreter_) return Step::kGone;
  const auto top = Field<Address>(thread, layout_.thread_state.current_frame);
  if (top.IsNull()) {
    end = WalkEnd::kNoFrames;
    return Step::kDone;
  }

  // Where the top frame stands: on the path, or one of the recent leaves on top of it.
  const Known* leaf = nullptr;
  std::size_t depth = path_.size();  // how many frames of the path are on the stack
  for (std::size_t i = path_.size(); i-- > 0 && leaf == nullptr;) {
    if (path_[i].frame == top) {
      leaf = &path_[i];
      depth = i;
    }
  }
  std::array<const Known*, 2 * kRecent> above{};  // leaf first
  std::size_t above_count = 0;
  if (leaf == nullptr) {
    Address frame = top;
    while (above_count < above.size()) {
      const auto found = std::find_if(recent_.begin(), recent_.end(),
                                      [frame](const Known& k) { return k.frame == frame; });
      if (found == recent_.end()) break;
      const std::byte* header = HeaderOf(*found);
      if (header == nullptr) {
        // It returned before it was copied. What it stood on is the newer truth; the caller is
        // found by the next try.
        return Step::kAgain;
      }
      above[above_count++] = &*found;
      frame = PreviousOf(header);
    }
    while (depth > 0 && path_[depth - 1].frame != frame) --depth;
    if (above_count == 0 || (depth == 0 && !frame.IsNull())) {
      return Chase(memory, top) ? Step::kAgain : Step::kDone;
    }
  } else {
    // The leaf itself may have returned before its second copy: then its first one counts, and if
    // that is dead too, its caller runs.
    if (HeaderOf(*leaf) != nullptr) above[above_count++] = leaf;
  }

  // The callers, from the root up to where they stop agreeing.
  bool linked = true;
  for (std::size_t i = 0; i < depth; ++i) {
    const Known& known = path_[i];
    const std::byte* header = snapshot_.View(known.after);
    const Address expected = i == 0 ? Address{} : path_[i - 1].frame;
    if (!IsLive(header) || PreviousOf(header) != expected || !Agree(known) ||
        !Append(known, header, frames)) {
      linked = false;
      break;
    }
  }
  if (!linked) {
    Chase(memory, top);
    return Step::kAgain;
  }
  for (std::size_t i = above_count; i-- > 0;) {
    const std::byte* header = HeaderOf(*above[i]);
    const Address expected = frames.empty() ? Address{} : frames.back().frame;
    if (PreviousOf(header) != expected || !Append(*above[i], header, frames)) {
      Chase(memory, top);
      return Step::kAgain;
    }
  }
  hints_.clear();
  for (const RawFrame& f : frames) hints_.push_back(f.code);
  end = frames.empty() ? WalkEnd::kRejected : WalkEnd::kComplete;
  return frames.empty() ? Step::kAgain : Step::kDone;
}

void FrameObjectWalker::BuildRanges() {
  ranges_stale_ = false;
  snapshot_.Clear();
  const auto& offsets = layout_.interpreter_frame;
  const auto add = [&](Address frame) {
    return snapshot_.Add({frame + offsets.previous, offsets.size - offsets.previous});
  };
  for (Known& k : path_) k.before = k.after = add(k.frame);
  thread_index_ = snapshot_.Add({thread_, layout_.thread_state.current_frame + sizeof(Address)});
  for (Known& k : recent_) k.before = k.after = add(k.frame);
  for (std::size_t i = path_.size(), n = 0; i-- > 0 && n < kTwice; ++n) {
    path_[i].after = add(path_[i].frame);
  }
}

bool FrameObjectWalker::Chase(const Memory& memory, Address top) {
  std::vector<Known> chain;
  Address frame = top;
  const auto& offsets = layout_.interpreter_frame;
  std::array<std::byte, 128> header{};
  const std::span bytes = std::span(header).first(offsets.size - offsets.previous);
  while (!frame.IsNull() && chain.size() < kMaxDepth) {
    // Below a frame that the path knows, the path is the best guess there is.
    const auto known = std::find_if(path_.rbegin(), path_.rend(),
                                    [frame](const Known& k) { return k.frame == frame; });
    if (known != path_.rend()) {
      for (auto k = known; k != path_.rend(); ++k) chain.push_back({k->frame});
      break;
    }
    if (!memory.Read(frame + offsets.previous, bytes)) break;
    if (!IsLive(header.data())) break;
    chain.push_back({frame});
    frame = PreviousOf(header.data());
  }
  ranges_stale_ = true;
  if (chain.empty()) return true;  // it ended meanwhile: try again with what is known
  std::reverse(chain.begin(), chain.end());
  for (const Known& k : path_) {
    const auto same = [&k](const Known& c) { return c.frame == k.frame; };
    if (std::none_of(chain.rbegin(), chain.rend(), same)) Remember(k.frame);
    if (path_.size() > 64) break;  // deep stacks: the search would cost more than it saves
  }
  path_ = std::move(chain);
  std::erase_if(recent_, [this](const Known& r) {
    return std::any_of(path_.rbegin(), path_.rend(),
                       [&r](const Known& k) { return k.frame == r.frame; });
  });
  return true;
}

void FrameObjectWalker::Remember(Address leaf) {
  std::erase_if(recent_, [leaf](const Known& k) { return k.frame == leaf; });
  recent_.insert(recent_.begin(), Known{leaf});
  if (recent_.size() > kRecent) recent_.pop_back();
}

bool FrameObjectWalker::IsLive(const std::byte* header) const {
  const auto flag = Field<std::int8_t>(
      header, layout_.interpreter_frame.executing - layout_.interpreter_frame.previous);
  return flag >= layout_.live_min && flag <= layout_.live_max;
}

const std::byte* FrameObjectWalker::HeaderOf(const Known& known) const {
  if (const std::byte* after = snapshot_.View(known.after); IsLive(after)) return after;
  if (const std::byte* before = snapshot_.View(known.before); IsLive(before)) return before;
  return nullptr;
}

Address FrameObjectWalker::PreviousOf(const std::byte* header) const {
  return Field<Address>(header, 0);
}

bool FrameObjectWalker::Agree(const Known& known) const {
  if (known.before == known.after) return true;
  const auto& offsets = layout_.interpreter_frame;
  const std::byte* before = snapshot_.View(known.before);
  const std::byte* after = snapshot_.View(known.after);
  const Offset executable = offsets.executable - offsets.previous;
  return IsLive(before) && PreviousOf(before) == PreviousOf(after) &&
         Field<Address>(before, executable) == Field<Address>(after, executable);
}

bool FrameObjectWalker::Append(const Known& known, const std::byte* header,
                               std::vector<RawFrame>& frames) {
  const auto& offsets = layout_.interpreter_frame;
  const auto address = Field<Address>(header, offsets.executable - offsets.previous);
  const std::size_t i = frames.size();
  CodeObject* code =
      i < hints_.size() && hints_[i]->address == address ? hints_[i] : codes_.Get(address);
  if (code == nullptr) return false;
  const std::int64_t last = Field<std::int32_t>(header, offsets.instr_ptr - offsets.previous);
  const std::int64_t byte_offset = last * layout_.instruction_scale;
  if (byte_offset >= std::int64_t{code->code_bytes}) return false;
  frames.push_back({known.frame, code, byte_offset});
  return true;
}

}  // namespace osprey
