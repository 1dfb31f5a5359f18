#include "cli/slice_namer.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "osprey/native/name_cache.h"
#include "osprey/tui/signal_stack.h"
#include "osprey/tui/stack_counts.h"

namespace osprey {
namespace {

NamingOptions LiveNaming() {
  NamingOptions options;
  options.cache_directory = NameCache::DefaultDirectory();
  options.asks_servers = false;
  return options;
}

// Both fail only where nothing is to be done: it is readable already, or there is nothing to read.
void Wake(int fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);
}

void Drain(int fd) {
  std::uint64_t times = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd, &times, sizeof times);
}

}  // namespace

SliceNamer::SliceNamer(SliceCollector& from, const NativeModules& modules, bool folds,
                       UniqueFd left, UniqueFd stop)
    : from_(from),
      symbolizer_(modules, LiveNaming()),
      namer_(raw_, names_, folds),
      left_(std::move(left)),
      stop_(std::move(stop)) {}

Result<std::unique_ptr<SliceNamer>> SliceNamer::Create(SliceCollector& from,
                                                       const NativeModules& modules, bool folds) {
  UniqueFd left(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!left.valid() || !stop.valid()) {
    return ErrnoError(ErrorCode::kIo, "cannot wait for samples");
  }
  return std::unique_ptr<SliceNamer>(
      new SliceNamer(from, modules, folds, std::move(left), std::move(stop)));
}

SliceNamer::~SliceNamer() {
  Stop();
  symbolizer_.Keep();
}

void SliceNamer::Start() {
  must_stop_ = false;
  Drain(stop_.get());
  thread_ = std::thread([this] { Run(); });
}

void SliceNamer::Stop() {
  must_stop_ = true;
  Wake(stop_.get());
  if (thread_.joinable()) thread_.join();
  NameNext();
}

void SliceNamer::Run() {
  const SignalStack stack;
  while (!must_stop_) {
    pollfd ready[] = {{from_.fd(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    (void)::poll(ready, 2, -1);
    if (ready[0].revents != 0) NameNext();
  }
}

void SliceNamer::NameNext() {
  std::unique_ptr<Slice> slice = from_.Take();
  if (slice == nullptr) return;
  raw_.Append(slice->news);
  // What the slice has was noted down before it was left.
  symbolizer_.NameNew(names_);
  for (const auto& [frame, name] : slice->news.renames) namer_.Rename(frame);
  StackCounts counts;
  for (const StackCount& each : slice->counts) {
    counts.Add(namer_.Name(each.stack), each.state, each.count);
  }
  slice->counts = counts.Take();
  slice->news = namer_.stacks().TakeNews(mark_);
  {
    const std::lock_guard lock(mutex_);
    if (place_ != nullptr) {
      Merge(*place_, std::move(*slice));
    } else {
      place_ = std::move(slice);
    }
  }
  Wake(left_.get());
}

std::unique_ptr<Slice> SliceNamer::Take() {
  Drain(left_.get());
  const std::lock_guard lock(mutex_);
  return std::move(place_);
}

}  // namespace osprey
