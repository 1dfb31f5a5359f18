#include "osprey/native/stack_namer.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "osprey/native/folding.h"

namespace osprey {
namespace {

bool IsRoot(FrameKind kind) {
  return kind == FrameKind::kThread || kind == FrameKind::kProcess ||
         kind == FrameKind::kInterpreter;
}

NamedFrame Describe(const StackTable& stacks, const Frame& frame, bool is_interpreter) {
  if (frame.kind == FrameKind::kMarker) return {NamedFrame::Of::kForeign, "[]"};
  if (frame.kind != FrameKind::kNative) return {NamedFrame::Of::kPython, {}};
  const auto of = is_interpreter ? NamedFrame::Of::kInterpreter : NamedFrame::Of::kForeign;
  // What nothing names has its address for a name.
  const std::string_view function = stacks.strings().Get(frame.function);
  return {of, function.starts_with("0x") ? std::string_view() : function};
}

}  // namespace

const StackNamer::Translation& StackNamer::Translate(FrameId raw) {
  if (raw.value >= translations_.size()) translations_.resize(raw_.frame_count());
  Translation& known = translations_[raw.value];
  if (!known.empty()) return known;
  const auto intern = [this](const std::string& text) { return stacks_.strings().Intern(text); };
  const NativeNames::Entry* entry = names_.Find(raw);
  if (entry == nullptr) {
    const Frame& frame = raw_.frame(raw);
    known.push_back(
        stacks_.InternFrame({intern(raw_.strings().Get(frame.function)),
                             intern(raw_.strings().Get(frame.file)), frame.line, frame.kind}));
    return known;
  }
  for (const SourceFrame& named : entry->frames) {
    known.push_back(stacks_.InternFrame(
        {intern(named.function), intern(named.file), named.line, FrameKind::kNative}));
  }
  if (entry->is_interpreter) {
    are_interpreters_.resize(stacks_.frame_count());
    for (const FrameId frame : known) are_interpreters_[frame.value] = true;
  }
  return known;
}

void StackNamer::Fold(const std::vector<FrameId>& frames) {
  are_interpreters_.resize(stacks_.frame_count());
  std::size_t roots = 0;
  while (roots < frames.size() && IsRoot(stacks_.frame(frames[roots]).kind)) ++roots;
  std::vector<NamedFrame> described;
  described.reserve(frames.size() - roots);
  for (std::size_t i = roots; i < frames.size(); ++i) {
    const FrameId id = frames[i];
    described.push_back(Describe(stacks_, stacks_.frame(id), are_interpreters_[id.value]));
  }
  std::vector<bool> shown;
  FoldInternals(described, shown);
  shown_.assign(frames.size(), true);
  std::copy(shown.begin(), shown.end(), shown_.begin() + static_cast<std::ptrdiff_t>(roots));
}

StackId StackNamer::Name(StackId raw) {
  if (raw == kRootStack) return kRootStack;
  if (raw.value >= ids_.size()) ids_.resize(raw.value + 1, kRootStack);
  if (ids_[raw.value] != kRootStack) return ids_[raw.value];
  frames_.clear();
  for (const FrameId frame : raw_.Frames(raw)) {
    const Translation& named = Translate(frame);
    frames_.insert(frames_.end(), named.begin(), named.end());
  }
  if (folds_) Fold(frames_);
  StackId stack = kRootStack;
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    if (!folds_ || shown_[i]) stack = stacks_.Push(stack, frames_[i]);
  }
  ids_[raw.value] = stack;
  return stack;
}

void StackNamer::Rename(FrameId raw) {
  if (raw.value >= translations_.size() || translations_[raw.value].empty()) return;
  const std::string& name = raw_.strings().Get(raw_.frame(raw).function);
  stacks_.Rename(translations_[raw.value].front(), stacks_.strings().Intern(name));
}

}  // namespace osprey
