#include "osprey/python/frame_object_walker.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "python/field.h"

namespace osprey {
namespace {

// How many of the topmost frames are copied twice: while one copy is taken, calls of a tenth of a
// microsecond may change that many levels, hardly more.
constexpr std::size_t kTwice = 8;
// Frames beside the path that are copied too: the loop of calls that a program is in.
constexpr std::size_t kOthers = 48;
// Where the leaf is looked for: so many frames have a bit each.
constexpr std::size_t kWindow = 64;
static_assert(kTwice + kOthers < kWindow);
constexpr unsigned kForgetAfter = 512;  // walks
constexpr int kMaxAttempts = 12;
// A generator that is being resumed or left looks as if nobody had called it: its link comes and
// goes while the frame is copied. So often in a row that is no chance; a greenlet may well run one.
constexpr unsigned kSureOfGenerator = 8;
constexpr int kQuickLooks = 4;  // at frames that are not known, before all is copied again
// sys.setrecursionlimit can be raised to anything; the C stack ends 3.10 and earlier long before.
constexpr std::size_t kMaxDepth = 200000;
// A range more costs the kernel some 100 ns, as much as copying 2 KiB that nobody needs.
constexpr std::uint64_t kMaxGap = 2048;

}  // namespace

SnapshotMemory& FrameObjectWalker::Ranges() {
  if (ranges_stale_) BuildRanges();
  return snapshot_;
}

WalkEnd FrameObjectWalker::WalkCopy(const Memory& memory, Result<std::size_t> arrived,
                                    std::vector<RawFrame>& frames) {
  WalkEnd end = WalkEnd::kRejected;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    frames.clear();
    if (attempt > 0) arrived = Ranges().Refill(memory);
    switch (Attempt(memory, arrived, frames, end)) {
      case Step::kDone:
        return end;
      case Step::kGone:
        return WalkEnd::kGone;
      case Step::kAgain:
        break;
    }
  }
  // The copies never agreed: what the last one shows from some frame down to the root is true.
  const bool is_in_doubt = ranges_stale_ || !other_root_.IsNull();
  for (std::size_t i = is_in_doubt ? 0 : path_size_; i-- > 0;) {
    frames.clear();
    Address unknown;
    if (FollowLinks(i, unknown) && chain_.back().known == 0 && Resolve(frames)) {
      return WalkEnd::kCut;
    }
  }
  frames.clear();
  if (known_.size() > path_size_ + kOthers) {  // the oldest of what was learned in vain
    known_.erase(known_.begin() + static_cast<std::ptrdiff_t>(path_size_),
                 known_.end() - static_cast<std::ptrdiff_t>(kOthers));
    ranges_stale_ = true;
  }
  return WalkEnd::kRejected;
}

FrameObjectWalker::Step FrameObjectWalker::Attempt(const Memory& memory,
                                                   const Result<std::size_t>& arrived,
                                                   std::vector<RawFrame>& frames, WalkEnd& end) {
  if (!arrived) return Step::kGone;
  if (*arrived < snapshot_.size()) {  // a frame's memory was given back, or the thread is gone
    Forget();
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
  const bool is_found =
      Find(top) == known_.size() ? FollowNew(memory, top) : FollowKnown(memory, top);
  if (!is_found) return Step::kAgain;
  if (!Resolve(frames)) return Step::kAgain;
  OrderByChain();
  end = WalkEnd::kComplete;
  return Step::kDone;
}

WalkEnd FrameObjectWalker::WalkStill(const Memory& memory, std::vector<RawFrame>& frames) {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    frames.clear();
    const auto arrived = Ranges().Refill(memory);
    if (!arrived) return WalkEnd::kGone;
    if (*arrived < snapshot_.size()) {  // what was known is of another time
      Forget();
      const auto interp = memory.ReadAs<Address>(thread_ + layout_.thread_state.interp);
      if (!interp || *interp != interpreter_) return WalkEnd::kGone;
      continue;
    }
    const std::byte* thread = snapshot_.View(thread_index_);
    if (Field<Address>(thread, layout_.thread_state.interp) != interpreter_) return WalkEnd::kGone;
    const auto top = Field<Address>(thread, layout_.thread_state.current_frame);
    Address unknown;
    if (!FollowStillLinks(top, unknown)) {
      if (unknown.IsNull()) return WalkEnd::kRejected;
      Learn(memory, unknown);
      continue;
    }
    if (chain_.empty()) return WalkEnd::kNoFrames;
    if (!Resolve(frames)) continue;
    OrderByChain();
    return WalkEnd::kComplete;
  }
  frames.clear();
  return WalkEnd::kRejected;
}

bool FrameObjectWalker::FollowStillLinks(Address top, Address& unknown) {
  chain_.clear();
  std::size_t hops = 0;
  for (Address frame = top; !frame.IsNull(); ++hops) {
    const std::size_t known = Find(frame);
    if (known == known_.size()) {
      unknown = frame;
      return false;
    }
    if (hops > known_.size()) return false;  // a circle
    const std::byte* header = HeaderOf(known_[known]);
    if (IsLive(header) || (!chain_.empty() && MayCall(header))) {
      chain_.push_back({known, header});
    } else if (!chain_.empty()) {
      return false;
    }
    frame = PreviousOf(header);
  }
  return true;
}

bool FrameObjectWalker::FollowKnown(const Memory& memory, Address top) {
  Address unknown;
  const bool top_is_linked = FollowLinks(Find(top), unknown);
  if (!unknown.IsNull()) {
    Learn(memory, unknown);
    return false;
  }
  if (!FindRoot(top_is_linked)) return false;
  const std::size_t leaf = TopOfCopy(top, top_is_linked);
  if (leaf != known_.size()) return FollowLinks(leaf, unknown);
  return top_is_linked && FollowLinks(Find(top), unknown);
}

bool FrameObjectWalker::FollowNew(const Memory& memory, Address top) {
  Address caller = Learn(memory, top);
  for (int look = 1; caller.IsNull() && look < kQuickLooks; ++look) {  // it has ended meanwhile
    const auto next = memory.ReadAs<Address>(thread_ + layout_.thread_state.current_frame);
    if (!next || next->IsNull() || Find(*next) != known_.size()) return false;
    caller = Learn(memory, *next);
  }
  if (caller.IsNull() || path_size_ == 0 || learned_.size() > kTwice) return false;
  Address unknown;
  if (!FollowLinks(Find(caller), unknown) || !FindRoot(true)) return false;
  // Since it was copied, its frame object may have become another call's.
  const auto& offsets = layout_.interpreter_frame;
  const auto previous = memory.ReadAs<Address>(caller + offsets.previous);
  const auto code = memory.ReadAs<Address>(caller + offsets.executable);
  const std::byte* copied = chain_.front().header;
  if (!previous || !code || *previous != PreviousOf(copied) || *code != CodeOf(copied)) {
    return false;
  }
  std::vector<Link> above;
  for (const Learned& l : learned_) above.push_back({Find(l.frame), l.header.data()});
  chain_.insert(chain_.begin(), above.begin(), above.end());
  return true;
}

void FrameObjectWalker::Forget() {
  known_.clear();
  path_size_ = 0;
  other_root_ = Address{};
  ranges_stale_ = true;
}

bool FrameObjectWalker::FindRoot(bool top_is_linked) {
  const Address sighted = std::exchange(other_root_, Address{});
  const bool stands = path_size_ > 0 && IsLive(HeaderOf(known_[0]));
  root_ = stands ? 0 : known_.size();
  if (!top_is_linked) return stands;
  const Link& end = chain_.back();
  if (end.known == root_) return true;
  const Address frame = known_[end.known].frame;
  const unsigned sightings = frame == sighted ? sightings_ : 0;
  CodeObject* code = codes_.Get(CodeOf(end.header));
  const bool is_generator = code != nullptr && code->IsSuspendable();
  if (sightings >= (is_generator ? kSureOfGenerator : stands ? 1U : 0U)) {
    root_ = end.known;
    return true;
  }
  other_root_ = frame;
  sightings_ = sightings + 1;
  return false;
}

std::size_t FrameObjectWalker::TopOfCopy(Address top, bool top_is_linked) {
  if (path_size_ == 0) return known_.size();
  // A frame that executes and has called no other. Those of another thread, which may have taken
  // over a frame object, and those of a greenlet that waits lead to another first frame.
  tops_.clear();
  std::size_t called = 0;  // bit i: known_[first + i] has called another
  const std::size_t first = path_size_ - std::min(path_size_, kTwice);
  // So many calls deeper than the walk before that those looked at here end below it.
  const std::size_t known_top = Find(top);
  if (top_is_linked && known_top != known_.size() && known_top >= first + kWindow) return known_top;
  for (std::size_t i = first; i < known_.size() && i - first < kWindow; ++i) {
    if (known_[i].after == kNotCopied) continue;
    const std::byte* header = Bytes(known_[i].after);
    if (!IsLive(header)) continue;
    tops_.push_back(i);
    do {  // down to one that executes itself
      const std::size_t caller = Find(PreviousOf(header));
      if (caller == known_.size() || caller < first || caller - first >= kWindow) break;
      const std::size_t bit = std::size_t{1} << (caller - first);
      if ((called & bit) != 0 || known_[caller].after == kNotCopied) break;
      called |= bit;
      header = Bytes(known_[caller].after);
    } while (!IsLive(header) && MayCall(header));
  }
  std::erase_if(tops_, [&](std::size_t i) { return (called >> (i - first) & 1U) != 0; });
  std::size_t best = known_.size();
  for (const std::size_t i : tops_) {
    Address unknown;
    if (!FollowLinks(i, unknown)) continue;
    if (chain_.back().known != root_) {
      if (top_is_linked) continue;
      other_root_ = known_[chain_.back().known].frame;  // nothing says which of them it stands on
      sightings_ = 1;
      return known_.size();
    }
    if (best == known_.size() || known_[i].frame == top) best = i;
  }
  return best;
}

bool FrameObjectWalker::FollowLinks(std::size_t known, Address& unknown) {
  unknown = Address{};
  chain_.clear();
  while (chain_.size() <= known_.size()) {
    const Known& k = known_[known];
    if (k.after == kNotCopied && k.before == kNotCopied) return false;  // just learned: a circle
    const std::byte* header = HeaderOf(k);
    if (k.after != kNotCopied && k.before != kNotCopied) {
      const std::byte* before = Bytes(k.before);
      if (IsLive(before) && CodeOf(before) != CodeOf(header)) return false;  // another call's frame
      if (IsLive(before) && !IsLive(header)) header = before;  // it returned between the two
    }
    if (!IsLive(header) && (chain_.empty() || !MayCall(header))) return false;
    chain_.push_back({known, header});
    const Address previous = PreviousOf(header);
    if (previous.IsNull()) return true;
    known = Find(previous);
    if (known == known_.size()) {
      unknown = previous;
      return false;
    }
  }
  return false;  // a circle
}

bool FrameObjectWalker::Resolve(std::vector<RawFrame>& frames) {
  const auto& offsets = layout_.interpreter_frame;
  for (std::size_t i = chain_.size(); i-- > 0;) {
    const Address address = CodeOf(chain_[i].header);
    const std::size_t depth = frames.size();
    CodeObject* code = depth < hints_.size() && hints_[depth]->address == address
                           ? hints_[depth]
                           : codes_.Get(address);
    if (code == nullptr) return false;
    const std::int64_t last = Field<std::int32_t>(chain_[i].header, offsets.instr_ptr - start_);
    const std::int64_t byte_offset = last * layout_.instruction_scale;
    const auto is_beyond = [&] { return byte_offset >= std::int64_t{code->code_bytes}; };
    if (is_beyond()) codes_.Refresh(*code);
    if (is_beyond()) return false;
    frames.push_back({known_[chain_[i].known].frame, code, byte_offset, true, Address{}});
  }
  hints_.clear();
  for (const RawFrame& f : frames) hints_.push_back(f.code);
  return !frames.empty();
}

Address FrameObjectWalker::Learn(const Memory& memory, Address frame) {
  const auto& offsets = layout_.interpreter_frame;
  const std::size_t size = offsets.size - start_;
  learned_.clear();
  std::unordered_set<Address> seen;  // links may lead in a circle
  // Objects are aligned to 8 bytes at least; anything else is no frame.
  while (!frame.IsNull() && frame.value % 8 == 0 && learned_.size() < kMaxDepth &&
         Find(frame) == known_.size() && seen.insert(frame).second) {
    Learned& learned = learned_.emplace_back();
    learned.frame = frame;
    const std::byte* header = learned.header.data();
    const Address at = std::exchange(frame, Address{});
    if (!memory.Read(at + start_, std::span(learned.header).first(size))) {
      learned_.pop_back();
      break;
    }
    // Where it does not run its link is gone; it may come again.
    if (!IsLive(header) && (learned_.size() == 1 || !MayCall(header))) break;
    frame = PreviousOf(header);
    if (frame.IsNull()) {
      other_root_ = at;
      sightings_ = 1;
    }
  }
  const Address caller = Find(frame) == known_.size() ? Address{} : frame;
  ranges_stale_ = true;
  // The root's side first, as everywhere.
  for (std::size_t i = learned_.size(); i-- > 0;) {
    by_frame_[learned_[i].frame] = known_.size();
    known_.emplace_back().frame = learned_[i].frame;
  }
  return caller;
}

void FrameObjectWalker::OrderByChain() {
  for (Known& k : known_) ++k.unused;
  for (const Link& link : chain_) known_[link.known].unused = 0;
  // A caller that is copied only once and long before the top pointer should lie far below it.
  const std::size_t first_twice = path_size_ - std::min(path_size_, kTwice);
  const bool leaf_is_covered =
      chain_.size() == path_size_ ||
      std::all_of(chain_.begin(),
                  chain_.begin() + static_cast<std::ptrdiff_t>(std::min(chain_.size(), kTwice / 2)),
                  [first_twice](const Link& l) { return l.known >= first_twice; });
  const bool is_covered = path_size_ > 0 && chain_.back().known == 0 && leaf_is_covered;
  if (is_covered && known_.size() - path_size_ <= kOthers) return;

  std::vector<Known> path;
  for (std::size_t i = chain_.size(); i-- > 0;) path.push_back(known_[chain_[i].known]);
  std::vector<Known> rest;
  for (const Known& k : known_) {
    if (k.unused > 0 && k.unused <= kForgetAfter) rest.push_back(k);
  }
  std::stable_sort(rest.begin(), rest.end(),
                   [](const Known& a, const Known& b) { return a.unused > b.unused; });
  if (rest.size() > kOthers) {
    rest.erase(rest.begin(), rest.end() - static_cast<std::ptrdiff_t>(kOthers));
  }
  path_size_ = path.size();
  known_ = std::move(path);
  known_.insert(known_.end(), rest.begin(), rest.end());
  ranges_stale_ = true;
}

void FrameObjectWalker::BuildRanges() {
  ranges_stale_ = false;
  snapshot_.Clear();
  by_frame_.clear();
  std::vector<std::size_t> before;
  std::vector<std::size_t> after;
  for (std::size_t i = 0; i < known_.size(); ++i) {
    by_frame_[known_[i].frame] = i;
    known_[i].before = known_[i].after = kNotCopied;
    if (i < path_size_) before.push_back(i);
    if (i + kTwice >= path_size_) after.push_back(i);
  }
  AddPieces(std::move(before), Copy::kBefore);
  thread_index_ = snapshot_.Add(
      {thread_,
       std::max<std::size_t>(thread_bytes_, layout_.thread_state.current_frame + sizeof(Address))});
  AddPieces(std::move(after), Copy::kAfter);
}

void FrameObjectWalker::AddPieces(std::vector<std::size_t> which, Copy copy) {
  const auto& offsets = layout_.interpreter_frame;
  const std::uint64_t header_size = offsets.size - start_;
  std::sort(which.begin(), which.end(),
            [this](std::size_t a, std::size_t b) { return known_[a].frame < known_[b].frame; });
  for (std::size_t i = 0; i < which.size();) {
    const Address start = known_[which[i]].frame + start_;
    const std::size_t base = snapshot_.total_bytes();
    std::uint64_t size = 0;
    for (; i < which.size(); ++i) {
      const std::uint64_t place = known_[which[i]].frame + start_ - start;
      if (place > size + kMaxGap) break;
      size = place + header_size;
      (copy == Copy::kBefore ? known_[which[i]].before : known_[which[i]].after) = base + place;
    }
    snapshot_.Add({start, size});
  }
}

bool FrameObjectWalker::IsLive(const std::byte* header) const {
  const auto& offsets = layout_.interpreter_frame;
  if (offsets.executing == kAbsent) {
    return Field<std::int64_t>(header, offsets.ob_refcnt - start_) > 0 &&
           Field<Address>(header, offsets.f_stacktop - start_).IsNull();
  }
  const auto flag = Field<std::int8_t>(header, offsets.executing - start_);
  return flag >= layout_.live_min && flag <= layout_.live_max;
}

bool FrameObjectWalker::MayCall(const std::byte* header) const {
  const auto& offsets = layout_.interpreter_frame;
  if (offsets.f_stacktop != kAbsent) {
    return !Field<Address>(header, offsets.f_stacktop - start_).IsNull();
  }
  const auto flag = Field<std::int8_t>(header, offsets.executing - start_);
  return flag >= layout_.calling_min && flag <= layout_.calling_max;
}

Address FrameObjectWalker::PreviousOf(const std::byte* header) const {
  return Field<Address>(header, layout_.interpreter_frame.previous - start_);
}

Address FrameObjectWalker::CodeOf(const std::byte* header) const {
  return Field<Address>(header, layout_.interpreter_frame.executable - start_);
}

std::size_t FrameObjectWalker::Find(Address frame) const {
  const auto found = by_frame_.find(frame);
  return found == by_frame_.end() ? known_.size() : found->second;
}

}  // namespace osprey
