#include "osprey/target/moment_samples.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

#include "osprey/target/perf_samples.h"
#include "target/bpf/moment_record.h"
#include "target/moment_program.h"
#include "target/process_errors.h"

namespace osprey {
namespace {

// Per processor, for what the kernel says of births; samples have a ring of their own.
constexpr std::size_t kBirthRing = 4096;

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
struct FreeRing {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

// Room for so many records of each processor, a power of two of bytes in all.
constexpr std::size_t kRecordsOfEach = 8;
constexpr std::size_t kMostRing = std::size_t{16} << 20;
// The kernel holds the rings of all of them in memory.
constexpr int kMostAtOnce = 32;
std::atomic<int> open_now = 0;

__u32 RingBytes() {
  const auto processors = static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_CONF));
  const std::size_t wanted = processors * kRecordsOfEach * sizeof(MomentRecord);
  return static_cast<__u32>(std::min(std::bit_ceil(wanted), kMostRing));
}

// libbpf would write to standard error.
int Silent(libbpf_print_level, const char*, va_list) { return 0; }

bool IsInBounds(const LinkedFrames& frames) {
  const auto is_word_in = [](std::uint32_t at, std::uint32_t size) {
    return size >= sizeof(__u64) && at <= size - sizeof(__u64);
  };
  return frames.head_bytes <= kMomentHeadBytes && frames.frame_bytes <= kMomentFrameBytes &&
         is_word_in(frames.top, frames.head_bytes) && is_word_in(frames.chunk, frames.head_bytes) &&
         is_word_in(frames.previous, frames.frame_bytes) &&
         is_word_in(frames.via_top.value_or(0), kMomentChunkBytes);
}

Error Refusal(int number) {
  const bool is_refused = number == EPERM || number == EACCES;
  return Error{is_refused ? ErrorCode::kNotPermitted : ErrorCode::kUnsupported, number, Address{},
               is_refused ? "programs for the kernel (bpf(2)) are not permitted: CAP_BPF and "
                            "CAP_PERFMON are needed"
                          : "the kernel does not take our program (bpf(2)): Linux 5.15 is needed"};
}

std::span<const std::byte> BytesOf(const __u8* bytes, std::size_t size) {
  return {reinterpret_cast<const std::byte*>(bytes), size};
}

Registers RegistersOf(const MomentRecord& record) {
  Registers registers;
  registers.machine = Machine::kX64;
  // struct pt_regs is how struct user_regs_struct begins.
  registers.general.assign(std::begin(record.registers), std::end(record.registers));
  registers.general.resize(Registers::CountOn(Machine::kX64));
  registers.NameGeneral();
  return registers;
}

}  // namespace

struct MomentSamples::Impl {
  Impl() { ++open_now; }
  ~Impl() { --open_now; }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> Load(const LinkedFrames& frames);
  void Take(const MomentRecord& record);
  void CollectStack(const MomentRecord& record);
  void Fill(const MomentRecord& record);
  std::uint64_t Lost() const;

  pid_t pid = 0;
  LinkedFrames frames;
  std::unique_ptr<bpf_object, CloseObject> object;
  int plans = -1;
  int counted = -1;
  std::unique_ptr<ring_buffer, FreeRing> ring;
  std::optional<PerfSamples> perf;
  std::vector<MemoryPiece> stack;
  MomentMemory memory;
  const std::function<void(const MomentSample&)>* sink = nullptr;
};

Result<void> MomentSamples::Impl::Load(const LinkedFrames& wanted) {
  frames = wanted;
  libbpf_set_print(Silent);
  const auto program = MomentProgram();
  object.reset(bpf_object__open_mem(program.data(), program.size(), nullptr));
  if (!object) return Refusal(errno);
  struct stat space;
  if (::stat("/proc/self/ns/pid", &space) != 0) return ErrnoError(ErrorCode::kIo, "no /proc");
  bpf_map* constants = bpf_object__find_map_by_name(object.get(), ".rodata");
  bpf_map* variables = bpf_object__find_map_by_name(object.get(), ".bss");
  if (constants == nullptr || variables == nullptr) return Refusal(EINVAL);
  MomentLayout layout{};
  layout.pid_namespace_device = space.st_dev;
  layout.pid_namespace_inode = space.st_ino;
  layout.head_bytes = frames.head_bytes;
  layout.frame_bytes = frames.frame_bytes;
  layout.top = frames.top;
  layout.has_via = frames.via_top.has_value() ? 1 : 0;
  layout.via_top = frames.via_top.value_or(0);
  layout.previous = frames.previous;
  layout.chunk = frames.chunk;
  const int set = bpf_map__set_initial_value(constants, &layout, sizeof layout);
  if (set != 0) return Refusal(-set);
  const int sized =
      bpf_map__set_max_entries(bpf_object__find_map_by_name(object.get(), "moments"), RingBytes());
  if (sized != 0) return Refusal(-sized);
  if (const int failed = bpf_object__load(object.get()); failed != 0) return Refusal(-failed);
  plans = bpf_object__find_map_fd_by_name(object.get(), "plans");
  counted = bpf_map__fd(variables);
  const auto take = [](void* self, void* data, std::size_t bytes) {
    if (bytes >= sizeof(MomentRecord)) {
      static_cast<Impl*>(self)->Take(*static_cast<const MomentRecord*>(data));
    }
    return 0;
  };
  ring.reset(ring_buffer__new(bpf_object__find_map_fd_by_name(object.get(), "moments"), take, this,
                              nullptr));
  if (counted < 0 || !ring) return Refusal(errno);
  return {};
}

std::uint64_t MomentSamples::Impl::Lost() const {
  const __u32 first = 0;
  __u64 now = 0;
  bpf_map_lookup_elem(counted, &first, &now);
  return now;
}

void MomentSamples::Impl::CollectStack(const MomentRecord& record) {
  stack.clear();
  for (unsigned i = 0; i < kMomentPages; ++i) {
    if ((record.pages >> i & 1U) == 0) continue;
    const bool is_far = record.far_start != 0 && i >= kMomentNear;
    const Address page = is_far ? Address(record.far_start) + (i - kMomentNear) * kMomentPage
                                : Address(record.stack_start) + i * kMomentPage;
    const __u8* bytes = record.stack + i * kMomentPage;
    const bool follows = !stack.empty() && stack.back().start + stack.back().bytes.size() == page;
    if (follows) {
      stack.back().bytes = {stack.back().bytes.data(), stack.back().bytes.size() + kMomentPage};
    } else {
      stack.push_back({page, BytesOf(bytes, kMomentPage)});
    }
  }
}

void MomentSamples::Impl::Fill(const MomentRecord& record) {
  memory.Clear();
  for (const MemoryPiece& piece : stack) memory.Add(piece.start, piece.bytes);
  memory.Add(Address(record.plan.head), BytesOf(record.head, frames.head_bytes));
  if (record.plan.word != 0) {
    memory.Add(Address(record.plan.word), std::as_bytes(std::span<const __u64>(&record.word, 1)));
  }
  if (record.via.address != 0) {
    memory.Add(Address(record.via.address), BytesOf(record.via.bytes, sizeof record.via.bytes));
  }
  for (const MomentPart& chunk : std::span(record.chunk).first(record.chunks)) {
    memory.Add(Address(chunk.address), BytesOf(chunk.bytes, sizeof chunk.bytes));
  }
  for (const MomentFrame& frame : std::span(record.frame).first(record.frames)) {
    memory.Add(Address(frame.address), BytesOf(frame.bytes, frames.frame_bytes));
  }
}

void MomentSamples::Impl::Take(const MomentRecord& record) {
  MomentSample sample;
  sample.tid = static_cast<pid_t>(record.tid);
  sample.time = TimePoint(std::chrono::nanoseconds(record.time));
  sample.registers = RegistersOf(record);
  sample.in_kernel = record.in_kernel != 0;
  CollectStack(record);
  sample.stack = stack;
  sample.is_watched = record.is_watched != 0;
  sample.is_whole = record.has_head != 0 && record.is_cut == 0;
  Fill(record);
  sample.memory = &memory;
  (*sink)(sample);
}

MomentSamples::MomentSamples(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MomentSamples::MomentSamples(MomentSamples&&) noexcept = default;
MomentSamples& MomentSamples::operator=(MomentSamples&&) noexcept = default;
MomentSamples::~MomentSamples() = default;

Result<MomentSamples> MomentSamples::Open(pid_t pid, double rate_hz,
                                          const std::optional<LinkedFrames>& frames) {
  if (OwnMachine() != Machine::kX64) return Refusal(EOPNOTSUPP);
  if (frames && !IsInBounds(*frames)) {
    return Error{ErrorCode::kInvalidArgument, 0, Address{}, "frames of impossible sizes"};
  }
  auto impl = std::make_unique<Impl>();
  impl->pid = pid;
  if (open_now > kMostAtOnce) {
    return Error{ErrorCode::kIo, 0, Address{}, "so many processes are sampled by perf events"};
  }
  if (auto loaded = impl->Load(frames.value_or(LinkedFrames())); !loaded) return loaded.error();
  PerfSamples::Options options;
  options.rate_hz = rate_hz;
  options.ring_bytes = kBirthRing;
  options.program =
      bpf_program__fd(bpf_object__find_program_by_name(impl->object.get(), "on_period"));
  auto perf = PerfSamples::Open(pid, options);
  if (!perf) return perf.error();
  impl->perf.emplace(std::move(*perf));
  return MomentSamples(std::move(impl));
}

Result<void> MomentSamples::Watch(pid_t tid, Address head, Address word) {
  const MomentPlan plan{head.value, word.value};
  const auto key = static_cast<__u32>(tid);
  const int failed = bpf_map_update_elem(impl_->plans, &key, &plan, BPF_ANY);
  if (failed == 0) return {};
  return Error{ErrorCode::kIo, -failed, Address{}, "too many threads to sample"};
}

void MomentSamples::Forget(pid_t tid) {
  const auto key = static_cast<__u32>(tid);
  bpf_map_delete_elem(impl_->plans, &key);
}

void MomentSamples::Read(const std::function<void(const MomentSample&)>& sink) {
  impl_->perf->Read(nullptr);
  impl_->sink = &sink;
  ring_buffer__consume(impl_->ring.get());
  impl_->sink = nullptr;
}

std::uint64_t MomentSamples::lost() const { return impl_->Lost(); }

}  // namespace osprey
