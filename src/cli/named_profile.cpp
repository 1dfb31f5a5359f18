#include "cli/named_profile.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "osprey/base/duration.h"
#include "osprey/native/name_cache.h"
#include "osprey/native/name_stacks.h"
#include "osprey/native/symbolizer.h"

namespace osprey {

namespace {

// Frames of code of these files.
std::set<FrameId> FramesOf(const NativeModules& modules, const std::set<std::string>& paths) {
  std::set<FrameId> frames;
  for (const PlaceOfCode& place : modules.places()) {
    if (paths.contains(modules.module(place.module).path)) frames.insert(place.frame);
  }
  return frames;
}

// The stacks that have samples.
std::vector<StackId> Seen(const Profile& profile) {
  std::vector<StackId> seen;
  const std::vector<std::uint64_t>& counts = profile.counts();
  for (std::uint32_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) seen.push_back(StackId{i});
  }
  return seen;
}

}  // namespace

NamedProfile::NamedProfile(const StackTable& stacks, const NativeModules& modules,
                           const std::set<std::string>& runtimes, NativeMode mode,
                           const Profile& profile, const Timeline* timeline) {
  const TimePoint start = Clock::now();
  NamingOptions options;
  options.cache_directory = NameCache::DefaultDirectory();
  const NativeNames names = Symbolize(modules, options);
  if (!names.cache_error().empty()) spdlog::debug("{}", names.cache_error());
  NamedStacks named = NameStacks(stacks, names, FramesOf(modules, runtimes));
  const std::vector<StackId> seen = Seen(profile);
  if (mode == NativeMode::kOn) named = FoldStacks(named, seen);
  stacks_ = std::move(named.stacks);
  profile_.emplace(stacks_);
  for (const StackId stack : seen) {
    profile_->Add(named.ids[stack.value], profile.counts()[stack.value]);
  }
  if (timeline != nullptr) timeline_.emplace(timeline->Renamed(named.ids));
  named_ = names.count() - names.unresolved();
  unresolved_ = names.unresolved();
  took_s_ = Seconds(Clock::now() - start);
}

void NamedProfile::Report(RunFigures& figures) const {
  figures.native.named = named_;
  figures.native.unresolved = unresolved_;
  figures.native.naming_s = took_s_;
}

}  // namespace osprey
