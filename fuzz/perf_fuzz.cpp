// Records of perf events, whole and cut.
#include "osprey/target/perf_records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osprey;
  std::size_t bytes = 0;
  unsigned int sum = 0;
  PerfRecords records;
  records.sample = [&](const PerfSample& sample) {
    bytes += sample.stack.size();
    for (const std::byte each : sample.stack) sum += std::to_integer<unsigned int>(each);
  };
  const std::span input(reinterpret_cast<const std::byte*>(data), size);
  if (ParsePerfRecords(input, records) > size || bytes > size) __builtin_trap();
  // So that the stacks are read.
  volatile unsigned int seen = sum;
  (void)seen;
  return 0;
}
