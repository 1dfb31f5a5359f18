#include "osprey/native/name_stacks.h"

#include <cstdint>
#include <optional>

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

}  // namespace

NamedStacks NameStacks(const StackTable& raw, const NativeNames& names) {
  NamedStacks named;
  named.ids.reserve(raw.node_count());
  named.ids.push_back(kRootStack);
  std::vector<std::vector<FrameId>> frames(raw.frame_count());
  for (std::uint32_t i = 1; i < raw.node_count(); ++i) {
    const StackTable::Node& node = raw.node(StackId{i});
    std::vector<FrameId>& known = frames[node.frame.value];
    if (known.empty()) known = Translate(raw, node.frame, names, named.stacks);
    StackId stack = named.ids[node.parent.value];
    for (const FrameId frame : known) stack = named.stacks.Push(stack, frame);
    named.ids.push_back(stack);
  }
  return named;
}

}  // namespace osprey
