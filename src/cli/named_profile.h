// A profile whose native frames have got their names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "osprey/native/native_modules.h"
#include "osprey/native/stack_namer.h"
#include "osprey/native/symbolizer.h"
#include "osprey/profile/profile.h"
#include "osprey/profile/timeline.h"
#include "osprey/sampler/sampler.h"
#include "osprey/trace/run_figures.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

class NamedProfile {
 public:
  // Looks up all names, which may take seconds the first time. `stacks` must outlive this;
  // `timeline` may be null. kOn leaves out the machinery of the Python runtimes.
  NamedProfile(const StackTable& stacks, const NativeModules& modules, NativeMode mode,
               const Profile& profile, const Timeline* timeline);
  NamedProfile(const NamedProfile&) = delete;
  NamedProfile& operator=(const NamedProfile&) = delete;

  const Profile& profile() const { return profile_; }
  // Null where there was none.
  const Timeline* timeline() const { return timeline_ ? &*timeline_ : nullptr; }
  // Adds how many of the native addresses and frames have a name.
  void Report(RunFigures& figures) const;

 private:
  void CountFrames(const StackTable& stacks, const Profile& profile);

  TimePoint begin_;
  NativeNames names_;
  StackNamer namer_;
  Profile profile_;
  std::optional<Timeline> timeline_;
  std::uint64_t frames_ = 0;             // native ones, in all samples
  std::uint64_t unresolved_frames_ = 0;  // of them
  double took_s_ = 0;
};

}  // namespace osprey
