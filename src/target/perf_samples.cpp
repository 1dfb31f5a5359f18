#include "osprey/target/perf_samples.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <string>
#include <thread>

#include "target/perf_ring.h"
#include "target/proc_file.h"
#include "target/process_errors.h"

namespace osprey {
namespace {

// The size of a record is a 16-bit number; what is not stack takes less than 300 bytes.
constexpr std::uint32_t kMostStack = 65000;
// Threads may be born while those are opened that exist; those that Osprey has opened make no more
// that it does not know of. So the second list is nearly always the last.
constexpr int kMostLists = 10;
// A thread is listed some microseconds before the ring says that the kernel follows it
// (perf_event_fork at the end of copy_process, kernel/fork.c of Linux).
constexpr Duration kBirthBound = std::chrono::milliseconds(1);

perf_event_attr Attributes(double rate_hz, std::uint32_t stack_bytes) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_TASK_CLOCK;
  attributes.sample_period = static_cast<std::uint64_t>(std::llround(1e9 / rate_hz));
  attributes.sample_type =
      PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
  attributes.sample_regs_user = PerfRegisterMask(OwnMachine());
  attributes.sample_stack_user = stack_bytes;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;  // that of Clock
  attributes.inherit = 1;
  attributes.inherit_thread = 1;
  attributes.task = 1;
  attributes.exclude_hv = 1;
  return attributes;
}

// An invalid one with errno where it failed.
UniqueFd OpenOne(const perf_event_attr& attributes, pid_t tid, int cpu) {
  return UniqueFd(static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
}

// Asks for less where more is refused; `attributes` say afterwards what was granted.
UniqueFd OpenFirst(perf_event_attr& attributes, pid_t tid, int cpu) {
  UniqueFd event = OpenOne(attributes, tid, cpu);
  if (!event.valid() && errno == EINVAL) {
    attributes.inherit_thread = 0;  // since Linux 5.13
    event = OpenOne(attributes, tid, cpu);
  }
  if (!event.valid() && (errno == EACCES || errno == EPERM)) {
    attributes.exclude_kernel = 1;
    event = OpenOne(attributes, tid, cpu);
  }
  return event;
}

std::string Paranoid() {
  const UniqueFd file(::open("/proc/sys/kernel/perf_event_paranoid", O_RDONLY | O_CLOEXEC));
  char text[16];
  const ssize_t got = file.valid() ? ::read(file.get(), text, sizeof text) : -1;
  std::string value(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!value.empty() && value.back() == '\n') value.pop_back();
  return value;
}

Error Refusal(int number, pid_t tid) {
  switch (number) {
    case ESRCH:
      return NoSuchProcess(tid);
    case EACCES:
    case EPERM:
      return Error{ErrorCode::kNotPermitted, number, Address{},
                   fmt::format("perf events are not permitted: perf_event_paranoid is {}; 2 or "
                               "less, or CAP_PERFMON, is needed, and in a container a seccomp "
                               "profile that lets perf_event_open(2) through",
                               Paranoid())};
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Error{ErrorCode::kIo, number, Address{}, "too many perf events at once"};
    default:  // ENOENT, ENOSYS, EOPNOTSUPP, EINVAL
      return Error{ErrorCode::kUnsupported, number, Address{},
                   "the kernel has no perf events with user stacks"};
  }
}

}  // namespace

struct PerfSamples::Impl {
  // Opens one event per processor for a thread; no error when it has ended.
  Result<void> Follow(pid_t tid);
  void Read(const std::function<void(const PerfSample&)>& sink);

  pid_t pid = 0;
  Options options;
  perf_event_attr attributes{};
  int processors = 0;
  std::vector<std::vector<UniqueFd>> events;  // of each thread, by processor
  std::vector<PerfRing> rings;                // of the first thread's events, which all others fill
  std::vector<std::byte> bytes;
  std::set<pid_t> known;  // that were opened, or are followed by the kernel
  PerfRecords records;
};

Result<void> PerfSamples::Impl::Follow(pid_t tid) {
  std::vector<UniqueFd> opened;
  for (int cpu = 0; cpu < processors; ++cpu) {
    UniqueFd event = OpenOne(attributes, tid, cpu);
    if (!event.valid()) {
      if (errno == ESRCH) return {};
      // Processors that are switched off have no events.
      if (errno == ENODEV && cpu > 0) {
        opened.emplace_back();
        continue;
      }
      return Refusal(errno, tid);
    }
    if (options.program >= 0 &&
        ::ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, options.program) != 0) {
      return Refusal(errno, tid);
    }
    opened.push_back(std::move(event));
  }
  if (events.empty()) {
    for (const UniqueFd& event : opened) {
      if (!event.valid()) continue;
      auto ring = PerfRing::Map(event.get(), options.ring_bytes);
      if (!ring) return ring.error();
      rings.push_back(*std::move(ring));
    }
  } else {
    for (std::size_t cpu = 0; cpu < opened.size(); ++cpu) {
      const UniqueFd& ring = events.front()[cpu];
      if (!ring.valid() || !opened[cpu].valid()) continue;
      if (::ioctl(opened[cpu].get(), PERF_EVENT_IOC_SET_OUTPUT, ring.get()) != 0) {
        return Refusal(errno, tid);
      }
    }
  }
  known.insert(tid);
  events.push_back(std::move(opened));
  return {};
}

void PerfSamples::Impl::Read(const std::function<void(const PerfSample&)>& sink) {
  records.sample = [&](const PerfSample& sample) {
    // Without inherit_thread the children of the process are sampled as well.
    if (sample.pid == pid && sink) sink(sample);
  };
  records.birth = [this](const PerfBirth& birth) {
    if (birth.pid == pid) known.insert(birth.tid);
  };
  for (PerfRing& ring : rings) ParsePerfRecords(ring.Copy(bytes), records);
}

PerfSamples::PerfSamples(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PerfSamples::PerfSamples(PerfSamples&&) noexcept = default;
PerfSamples& PerfSamples::operator=(PerfSamples&&) noexcept = default;
PerfSamples::~PerfSamples() = default;

Result<void> PerfSamples::Probe(pid_t tid) {
  perf_event_attr attributes = Attributes(1, 4096);
  if (OpenFirst(attributes, tid, 0).valid()) return {};
  return Refusal(errno, tid);
}

Result<PerfSamples> PerfSamples::Open(pid_t pid, const Options& options) {
  if (!(options.rate_hz >= 1 && options.rate_hz <= 100'000) || options.stack_bytes % 8 != 0 ||
      options.stack_bytes > kMostStack) {
    return Error{ErrorCode::kInvalidArgument, 0, Address{}, "no such rate or stack size"};
  }
  auto impl = std::make_unique<Impl>();
  impl->pid = pid;
  impl->options = options;
  impl->processors = static_cast<int>(::sysconf(_SC_NPROCESSORS_CONF));
  impl->attributes = Attributes(options.rate_hz, options.stack_bytes);
  if (!OpenFirst(impl->attributes, pid, 0).valid() && errno != ESRCH) return Refusal(errno, pid);
  for (int list = 0; list < kMostLists; ++list) {
    const auto ids = ReadTaskIds(pid);
    if (list > 0) std::this_thread::sleep_for(kBirthBound);
    // Learns of births; what was sampled before all are followed is not given.
    impl->Read(nullptr);
    bool is_new = false;
    for (const pid_t tid : ids) {
      if (impl->known.count(tid) != 0) continue;
      is_new = true;
      if (auto followed = impl->Follow(tid); !followed) return followed.error();
    }
    if (impl->events.empty()) return NoSuchProcess(pid);
    if (!is_new) break;
  }
  return PerfSamples(std::move(impl));
}

void PerfSamples::Read(const std::function<void(const PerfSample&)>& sink) { impl_->Read(sink); }
std::uint64_t PerfSamples::lost() const { return impl_->records.lost; }
std::uint64_t PerfSamples::strange() const { return impl_->records.strange; }
bool PerfSamples::sees_kernel() const { return impl_->attributes.exclude_kernel == 0; }

}  // namespace osprey
