// Between the thread of `osprey top` that samples and the one that draws: gives native frames
// names.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"
#include "osprey/native/native_modules.h"
#include "osprey/native/stack_namer.h"
#include "osprey/native/symbolizer.h"
#include "osprey/trace/stack_table.h"
#include "osprey/tui/slice.h"
#include "osprey/tui/slice_collector.h"

namespace osprey {

// Takes slices, and leaves them with stacks of its own table. Reading a library's names takes up to
// a second: a thread does it, so that neither sampling nor keys wait. Servers of debug files are
// not asked, which would keep a live view waiting for longer.
class SliceNamer {
 public:
  // Both must outlive this. `folds` as of StackNamer. kIo when there can be no eventfd(2).
  static Result<std::unique_ptr<SliceNamer>> Create(SliceCollector& from,
                                                    const NativeModules& modules, bool folds);
  ~SliceNamer();
  SliceNamer(const SliceNamer&) = delete;
  SliceNamer& operator=(const SliceNamer&) = delete;

  void Start();
  // Returns when all that was left until now can be taken.
  void Stop();

  // As those of SliceCollector, which nobody else may ask for slices.
  int fd() const { return left_.get(); }
  std::unique_ptr<Slice> Take();

 private:
  SliceNamer(SliceCollector& from, const NativeModules& modules, bool folds, UniqueFd left,
             UniqueFd stop);
  void Run();
  // Names a slice, if there is one, and leaves it.
  void NameNext();

  SliceCollector& from_;
  // What the sampling thread's table is like, and the names: the thread's own, or, when there is
  // none, of whoever calls Stop.
  StackTable raw_;
  Symbolizer symbolizer_;
  NativeNames names_;
  StackNamer namer_;
  StackTable::Mark mark_;

  UniqueFd left_;  // readable when there may be a slice
  UniqueFd stop_;  // wakes the thread up
  std::atomic<bool> must_stop_ = false;
  std::mutex mutex_;
  std::unique_ptr<Slice> place_;  // under mutex_
  std::thread thread_;
};

}  // namespace osprey
