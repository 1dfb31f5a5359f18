// A profile whose native frames have got their names.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "osprey/native/native_modules.h"
#include "osprey/profile/profile.h"
#include "osprey/profile/timeline.h"
#include "osprey/sampler/sampler.h"
#include "osprey/trace/run_figures.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

class NamedProfile {
 public:
  // Looks up all names, which may take seconds the first time. `timeline` may be null. `runtimes`
  // are the paths of the files with Python runtimes, whose machinery kOn leaves out.
  NamedProfile(const StackTable& stacks, const NativeModules& modules,
               const std::set<std::string>& runtimes, NativeMode mode, const Profile& profile,
               const Timeline* timeline);
  NamedProfile(const NamedProfile&) = delete;
  NamedProfile& operator=(const NamedProfile&) = delete;

  const Profile& profile() const { return *profile_; }
  // Null where there was none.
  const Timeline* timeline() const { return timeline_ ? &*timeline_ : nullptr; }
  // Adds how many of the native frames have a name.
  void Report(RunFigures& figures) const;

 private:
  StackTable stacks_;
  std::optional<Profile> profile_;
  std::optional<Timeline> timeline_;
  std::size_t named_ = 0;
  std::size_t unresolved_ = 0;
  double took_s_ = 0;
};

}  // namespace osprey
