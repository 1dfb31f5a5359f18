#include "osprey/native/name_stacks.h"

#include <cstdint>
#include <map>
#include <string_view>

#include "osprey/native/folding.h"

namespace osprey {
namespace {

// The frames of the new table that stand for one of the old, from root to leaf.
std::vector<FrameId> Translate(const StackTable& raw, FrameId id, const NativeNames& names,
                               StackTable& to) {
  std::vector<FrameId> frames;
  const auto intern = [&to](const std::string& text) { return to.strings().Intern(text); };
  const Frame& frame = raw.frame(id);
  const NativeNames::Entry* entry = names.Find(id);
  if (entry == nullptr) {
    frames.push_back(
        to.InternFrame({intern(raw.strings().Get(frame.function)),
                        intern(raw.strings().Get(frame.file)), frame.line, frame.kind}));
    return frames;
  }
  for (const SourceFrame& named : entry->frames) {
    frames.push_back(to.InternFrame(
        {intern(named.function), intern(named.file), named.line, FrameKind::kNative}));
  }
  return frames;
}

bool IsRoot(FrameKind kind) {
  return kind == FrameKind::kThread || kind == FrameKind::kProcess ||
         kind == FrameKind::kInterpreter;
}

NamedFrame Describe(const NamedStacks& named, FrameId id) {
  const Frame& frame = named.stacks.frame(id);
  if (frame.kind == FrameKind::kMarker) return {NamedFrame::Of::kForeign, "[]"};
  if (frame.kind != FrameKind::kNative) return {NamedFrame::Of::kPython, {}};
  const auto of =
      named.are_interpreters[id.value] ? NamedFrame::Of::kInterpreter : NamedFrame::Of::kForeign;
  // What nothing names has its address for a name.
  const std::string_view function = named.stacks.strings().Get(frame.function);
  return {of, function.starts_with("0x") ? std::string_view() : function};
}

}  // namespace

NamedStacks NameStacks(const StackTable& raw, const NativeNames& names,
                       const std::set<FrameId>& interpreters) {
  NamedStacks named;
  named.ids.reserve(raw.node_count());
  named.ids.push_back(kRootStack);
  std::vector<std::vector<FrameId>> frames(raw.frame_count());
  for (std::uint32_t i = 1; i < raw.node_count(); ++i) {
    const StackTable::Node& node = raw.node(StackId{i});
    std::vector<FrameId>& known = frames[node.frame.value];
    if (known.empty()) {
      known = Translate(raw, node.frame, names, named.stacks);
      named.are_interpreters.resize(named.stacks.frame_count());
      for (const FrameId frame : known) {
        if (interpreters.contains(node.frame)) named.are_interpreters[frame.value] = true;
      }
    }
    StackId stack = named.ids[node.parent.value];
    for (const FrameId frame : known) stack = named.stacks.Push(stack, frame);
    named.ids.push_back(stack);
  }
  return named;
}

NamedStacks FoldStacks(const NamedStacks& named, std::span<const StackId> seen) {
  NamedStacks folded;
  folded.ids.assign(named.ids.size(), kRootStack);
  const StackTable& stacks = named.stacks;
  std::vector<FrameId> frame_ids(stacks.frame_count());
  for (std::uint32_t i = 0; i < stacks.frame_count(); ++i) {
    Frame frame = stacks.frame(FrameId{i});
    frame.function = folded.stacks.strings().Intern(stacks.strings().Get(frame.function));
    frame.file = folded.stacks.strings().Intern(stacks.strings().Get(frame.file));
    frame_ids[i] = folded.stacks.InternFrame(frame);
  }
  folded.are_interpreters = named.are_interpreters;
  std::map<StackId, StackId> done;  // many raw stacks have become one
  std::vector<NamedFrame> frames;
  std::vector<bool> shown;
  for (const StackId raw : seen) {
    const auto [known, is_new] = done.try_emplace(named.ids[raw.value], kRootStack);
    if (is_new) {
      frames.clear();
      const std::vector<FrameId> all = stacks.Frames(known->first);
      std::size_t roots = 0;
      while (roots < all.size() && IsRoot(stacks.frame(all[roots]).kind)) ++roots;
      for (std::size_t i = roots; i < all.size(); ++i) frames.push_back(Describe(named, all[i]));
      FoldInternals(frames, shown);
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (i >= roots && !shown[i - roots]) continue;
        known->second = folded.stacks.Push(known->second, frame_ids[all[i].value]);
      }
    }
    folded.ids[raw.value] = known->second;
  }
  return folded;
}

}  // namespace osprey
