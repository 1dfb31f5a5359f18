#include "osprey/target/perf_records.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <random>
#include <vector>

namespace osprey {
namespace {

// Words of a record, put together by hand.
class Record {
 public:
  explicit Record(std::uint32_t type) : type_(type) {}
  Record& Word(std::uint64_t word) {
    Append(&word, sizeof word);
    return *this;
  }
  Record& Pair(std::uint32_t first, std::uint32_t second) {
    return Word(first | std::uint64_t{second} << 32);
  }
  std::vector<std::byte> Bytes() const {
    perf_event_header header{};
    header.type = type_;
    header.size = static_cast<std::uint16_t>(sizeof header + body_.size());
    std::vector<std::byte> bytes(header.size);
    std::memcpy(bytes.data(), &header, sizeof header);
    std::copy(body_.begin(), body_.end(), bytes.begin() + sizeof header);
    return bytes;
  }

 private:
  void Append(const void* from, std::size_t size) {
    const std::size_t old = body_.size();
    body_.resize(old + size);
    std::memcpy(body_.data() + old, from, size);
  }
  std::uint32_t type_;
  std::vector<std::byte> body_;
};

int RegisterCount() { return std::popcount(PerfRegisterMask(OwnMachine())); }

Record Sample(std::uint64_t abi, std::uint64_t size, std::uint64_t used) {
  Record record(PERF_RECORD_SAMPLE);
  record.Pair(42, 43).Word(1234567890123).Word(abi);
  if (abi != PERF_SAMPLE_REGS_ABI_NONE) {
    for (int i = 0; i < RegisterCount(); ++i) record.Word(1000 + static_cast<unsigned int>(i));
  }
  record.Word(size);
  for (std::uint64_t i = 0; i < size / 8; ++i) record.Word(i);
  if (size > 0) record.Word(used);
  return record;
}

struct Seen {
  explicit Seen(std::span<const std::byte> bytes) {
    records.sample = [this](const PerfSample& sample) {
      samples.push_back(sample);
      stack.assign(sample.stack.begin(), sample.stack.end());
    };
    records.birth = [this](const PerfBirth& birth) { births.push_back(birth); };
    done = ParsePerfRecords(bytes, records);
  }
  PerfRecords records;
  std::vector<PerfSample> samples;
  std::vector<std::byte> stack;
  std::vector<PerfBirth> births;
  std::size_t done;
};

TEST(PerfRecords, GiveIdsTimeRegistersAndStack) {
  const auto bytes = Sample(PERF_SAMPLE_REGS_ABI_64, 64, 40).Bytes();
  const Seen seen(bytes);
  EXPECT_EQ(seen.done, bytes.size());
  ASSERT_EQ(seen.samples.size(), 1U);
  const PerfSample& sample = seen.samples[0];
  EXPECT_EQ(sample.pid, 42);
  EXPECT_EQ(sample.tid, 43);
  EXPECT_EQ(sample.time.time_since_epoch(), Duration(1234567890123));
  ASSERT_EQ(seen.stack.size(), 40U);
  std::uint64_t last;
  std::memcpy(&last, seen.stack.data() + 32, sizeof last);
  EXPECT_EQ(last, 4U);
  const Registers& registers = sample.registers;
  ASSERT_EQ(registers.general.size(), Registers::CountOn(OwnMachine()));
  EXPECT_TRUE(registers.thread_pointer.IsNull());
#if defined(__x86_64__)
  EXPECT_EQ(registers.frame_pointer, Address(1006));
  EXPECT_EQ(registers.stack_pointer, Address(1007));
  EXPECT_EQ(registers.instruction_pointer, Address(1008));
  EXPECT_EQ(registers.general[10], 1000U);  // rax
  EXPECT_EQ(registers.general[0], 1019U);   // r15
#endif
}

TEST(PerfRecords, CountWhatWasLostAndWhoWasBorn) {
  auto bytes = Record(PERF_RECORD_LOST).Word(1).Word(7).Bytes();
  const auto fork = Record(PERF_RECORD_FORK).Pair(42, 42).Pair(44, 42).Word(5).Bytes();
  const auto other = Record(PERF_RECORD_THROTTLE).Word(1).Word(1).Word(1).Bytes();
  for (const auto& each : {other, fork, bytes}) bytes.insert(bytes.end(), each.begin(), each.end());
  const Seen seen(bytes);
  EXPECT_EQ(seen.records.lost, 14U);
  ASSERT_EQ(seen.births.size(), 1U);
  EXPECT_EQ(seen.births[0].tid, 44);
  EXPECT_EQ(seen.records.strange, 0U);
}

TEST(PerfRecords, LeaveWhatIsNotWhole) {
  const auto one = Sample(PERF_SAMPLE_REGS_ABI_64, 64, 64).Bytes();
  auto bytes = one;
  bytes.insert(bytes.end(), one.begin(), one.end());
  for (std::size_t size = 0; size < one.size(); ++size) {
    const Seen seen{std::span<const std::byte>(bytes).first(one.size() + size)};
    EXPECT_EQ(seen.done, one.size());
    EXPECT_EQ(seen.samples.size(), 1U);
  }
}

TEST(PerfRecords, CountWhatIsStrange) {
  for (const auto& record :
       {Sample(PERF_SAMPLE_REGS_ABI_NONE, 0, 0), Sample(PERF_SAMPLE_REGS_ABI_32, 64, 64),
        Sample(PERF_SAMPLE_REGS_ABI_64, 64, 65), Record(PERF_RECORD_SAMPLE),
        Record(PERF_RECORD_FORK).Word(1), Record(PERF_RECORD_LOST).Word(1)}) {
    const Seen seen(record.Bytes());
    EXPECT_TRUE(seen.samples.empty());
    EXPECT_EQ(seen.records.strange, 1U);
    EXPECT_EQ(seen.done, record.Bytes().size());
  }
  // A stack that is longer than the record.
  auto bytes = Sample(PERF_SAMPLE_REGS_ABI_64, 64, 64).Bytes();
  const std::uint64_t huge = ~std::uint64_t{0};
  std::memcpy(bytes.data() + bytes.size() - 80, &huge, sizeof huge);
  EXPECT_EQ(Seen(bytes).records.strange, 1U);
  // A size that leads nowhere ends it.
  bytes.assign(64, std::byte{0});
  const Seen seen(bytes);
  EXPECT_EQ(seen.done, bytes.size());
  EXPECT_EQ(seen.records.strange, 1U);
}

TEST(PerfRecords, EndWhateverTheBytesAre) {
  std::minstd_rand random(1);
  const auto good = Sample(PERF_SAMPLE_REGS_ABI_64, 256, 200).Bytes();
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> bytes;
    while (bytes.size() < 1024) bytes.insert(bytes.end(), good.begin(), good.end());
    bytes.resize(random() % bytes.size());
    for (int i = 0; i < 4 && !bytes.empty(); ++i) {
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    }
    const Seen seen(bytes);
    EXPECT_LE(seen.done, bytes.size());
    for (const PerfSample& sample : seen.samples) {
      EXPECT_TRUE(sample.stack.empty() ||
                  (sample.stack.data() >= bytes.data() &&
                   sample.stack.data() + sample.stack.size() <= bytes.data() + bytes.size()));
    }
  }
}

}  // namespace
}  // namespace osprey
