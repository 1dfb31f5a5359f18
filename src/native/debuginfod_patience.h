// How long servers of debug files are waited for.
#pragma once

#include <elfutils/libdwfl.h>

#include <atomic>

#include "osprey/base/duration.h"

namespace osprey {

// libdebuginfod gives up a server that has not sent 100 KB in 90 s, and curl a connection that is
// not made in 300 s, once for each file (debuginfod_find_debuginfo(3), CURLOPT_CONNECTTIMEOUT(3)):
// too long for somebody who waits for a report. This gives all of them up, for all files, when one
// has sent nothing for DEBUGINFOD_TIMEOUT seconds, or where that is not set for kPatience.
class DebuginfodPatience {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(10);

  // All is given up as soon as `*stop` is true, where that is set. It must outlive this.
  explicit DebuginfodPatience(const std::atomic<bool>* stop);

  // For what `dwfl` will ask for. This must outlive it, and each may be used by a thread of its
  // own. Without DEBUGINFOD_URLS nothing is asked for, and nothing done.
  void Watch(Dwfl* dwfl);

  bool HasGivenUp() const { return has_given_up_ || (stop_ != nullptr && *stop_); }
  void GiveUp() { has_given_up_ = true; }
  Duration patience() const { return patience_; }

 private:
  const std::atomic<bool>* stop_;
  std::atomic<bool> has_given_up_ = false;
  Duration patience_;
};

}  // namespace osprey
