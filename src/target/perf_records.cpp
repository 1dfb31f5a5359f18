#include "osprey/target/perf_records.h"

#include <linux/perf_event.h>

#include <array>
#include <cstring>
#include <optional>

namespace osprey {
namespace {

// Where the registers of asm/perf_regs.h stand in Registers::general. PERF_REG_X86_AX to
// PERF_REG_X86_SS, R8 to R15; DS, ES, FS and GS between them the kernel does not give.
constexpr std::array<std::size_t, 20> kX64Places = {10, 5,  11, 12, 13, 14, 4, 19, 16, 18,
                                                    17, 20, 9,  8,  7,  6,  3, 2,  1,  0};
constexpr std::uint64_t kX64Mask = 0xFF0FFF;
// PERF_REG_ARM64_X0 to PERF_REG_ARM64_PC: in the order of struct user_pt_regs.
constexpr std::uint64_t kAarch64Mask = (std::uint64_t{1} << 33) - 1;
constexpr std::size_t kAarch64Count = 33;

// Takes what is trivially copyable off the front of a record.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <typename T>
  std::optional<T> Take() {
    const auto bytes = TakeBytes(sizeof(T));
    if (!bytes) return std::nullopt;
    T value;
    std::memcpy(&value, bytes->data(), sizeof value);
    return value;
  }
  std::optional<std::span<const std::byte>> TakeBytes(std::uint64_t size) {
    if (size > rest_.size()) return std::nullopt;
    const auto taken = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  std::span<const std::byte> rest_;
};

struct Ids {
  std::int32_t pid, tid;
};
struct Fork {
  std::int32_t pid, parent_pid, tid, parent_tid;
};

bool TakeRegisters(Cursor& cursor, Registers& registers) {
  const auto abi = cursor.Take<std::uint64_t>();
  if (!abi || *abi != PERF_SAMPLE_REGS_ABI_64) return false;
  registers.machine = OwnMachine();
  registers.general.assign(Registers::CountOn(registers.machine), 0);
  const bool is_x64 = registers.machine == Machine::kX64;
  const std::size_t count = is_x64 ? kX64Places.size() : kAarch64Count;
  for (std::size_t i = 0; i < count; ++i) {
    const auto word = cursor.Take<std::uint64_t>();
    if (!word) return false;
    registers.general[is_x64 ? kX64Places[i] : i] = *word;
  }
  registers.NameGeneral();
  registers.thread_pointer = Address();
  return true;
}

// In the order of perf_event_open(2): PERF_SAMPLE_TID, TIME, REGS_USER, STACK_USER.
bool TakeSample(Cursor cursor, PerfSample& sample) {
  const auto ids = cursor.Take<Ids>();
  const auto time = cursor.Take<std::int64_t>();
  if (!ids || !time) return false;
  sample.pid = ids->pid;
  sample.tid = ids->tid;
  sample.time = TimePoint(Duration(*time));
  if (!TakeRegisters(cursor, sample.registers)) return false;
  const auto size = cursor.Take<std::uint64_t>();
  if (!size) return false;
  const auto room = cursor.TakeBytes(*size);
  if (!room) return false;
  sample.stack = {};
  if (*size == 0) return true;
  // How much of the room is filled: stacks end somewhere.
  const auto used = cursor.Take<std::uint64_t>();
  if (!used || *used > *size) return false;
  sample.stack = room->first(static_cast<std::size_t>(*used));
  return true;
}

}  // namespace

std::uint64_t PerfRegisterMask(Machine machine) {
  return machine == Machine::kX64 ? kX64Mask : kAarch64Mask;
}

std::size_t ParsePerfRecords(std::span<const std::byte> bytes, PerfRecords& records) {
  std::size_t done = 0;
  PerfSample sample;
  while (bytes.size() - done >= sizeof(perf_event_header)) {
    perf_event_header header;
    std::memcpy(&header, bytes.data() + done, sizeof header);
    if (header.size < sizeof header) {
      ++records.strange;
      return bytes.size();
    }
    if (header.size > bytes.size() - done) break;
    Cursor cursor(bytes.subspan(done + sizeof header, header.size - sizeof header));
    done += header.size;
    bool is_strange = false;
    if (header.type == PERF_RECORD_SAMPLE) {
      is_strange = !TakeSample(cursor, sample);
      sample.in_kernel = (header.misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL;
      if (!is_strange && records.sample) records.sample(sample);
    } else if (header.type == PERF_RECORD_FORK) {
      const auto fork = cursor.Take<Fork>();
      is_strange = !fork;
      if (fork && records.birth) records.birth({fork->pid, fork->tid});
    } else if (header.type == PERF_RECORD_LOST) {
      const auto id = cursor.Take<std::uint64_t>();
      const auto lost = cursor.Take<std::uint64_t>();
      is_strange = !id || !lost;
      records.lost += lost.value_or(0);
    }
    if (is_strange) ++records.strange;
  }
  return done;
}

}  // namespace osprey
