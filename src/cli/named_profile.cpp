#include "cli/named_profile.h"

#include <spdlog/spdlog.h>

#include <cstddef>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/native/name_cache.h"

namespace osprey {
namespace {

NativeNames NamesOf(const NativeModules& modules) {
  NamingOptions options;
  options.cache_directory = NameCache::DefaultDirectory();
  NativeNames names = Symbolize(modules, options);
  if (!names.cache_error().empty()) spdlog::debug("{}", names.cache_error());
  return names;
}

}  // namespace

NamedProfile::NamedProfile(const StackTable& stacks, const NativeModules& modules, NativeMode mode,
                           const Profile& profile, const Timeline* timeline)
    : begin_(Clock::now()),
      names_(NamesOf(modules)),
      namer_(stacks, names_, mode == NativeMode::kOn),
      profile_(namer_.stacks()) {
  const std::vector<std::uint64_t>& counts = profile.counts();
  for (std::uint32_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) profile_.Add(namer_.Name(StackId{i}), counts[i]);
  }
  // All its stacks are in the profile, too.
  if (timeline != nullptr) timeline_.emplace(timeline->Renamed(namer_.ids()));
  CountFrames(stacks, profile);
  took_s_ = Seconds(Clock::now() - begin_);
}

void NamedProfile::CountFrames(const StackTable& stacks, const Profile& profile) {
  // By stack, of itself and all that is below it; a parent's id is smaller.
  struct Frames {
    std::uint32_t native = 0, unresolved = 0;
  };
  std::vector<Frames> frames(stacks.node_count());
  const std::vector<std::uint64_t>& counts = profile.counts();
  for (std::uint32_t i = 1; i < frames.size(); ++i) {
    const StackTable::Node& node = stacks.node(StackId{i});
    frames[i] = frames[node.parent.value];
    if (stacks.frame(node.frame).kind == FrameKind::kNative) {
      const NativeNames::Entry* entry = names_.Find(node.frame);
      ++frames[i].native;
      if (entry != nullptr && !entry->is_resolved) ++frames[i].unresolved;
    }
    if (i < counts.size()) {
      frames_ += counts[i] * frames[i].native;
      unresolved_frames_ += counts[i] * frames[i].unresolved;
    }
  }
}

void NamedProfile::Report(RunFigures& figures) const {
  figures.native.named = names_.count() - names_.unresolved();
  figures.native.unresolved = names_.unresolved();
  figures.native.frames = frames_;
  figures.native.unresolved_frames = unresolved_frames_;
  figures.native.naming_s = took_s_;
}

}  // namespace osprey
