// record_memory PID: what the readers read of a live process to describe its threads, as JSON on
// standard output. record.py adds what the process says of itself.
#include <cstdlib>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "golden/described_threads.h"
#include "golden/hex.h"
#include "osprey/target/live_target.h"

namespace osprey {
namespace {

// Keeps all that is read through it.
class RecordingMemory : public Memory {
 public:
  explicit RecordingMemory(const Memory& source) : source_(source) {}

  Result<void> Read(Address from, std::span<std::byte> to) const override {
    auto read = source_.Read(from, to);
    if (read) Keep(from, to);
    return read;
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    const auto arrived = source_.ReadRanges(ranges, to);
    std::size_t done = 0;
    for (const MemoryRange& range : ranges) {
      if (!arrived || done + range.size > *arrived) break;
      Keep(range.address, to.subspan(done, range.size));
      done += range.size;
    }
    return arrived;
  }

  // [[address, bytes in hex]...], touching pieces joined.
  nlohmann::json ToJson() const {
    auto pieces = nlohmann::json::array();
    Address start;
    std::vector<std::byte> piece;
    const auto flush = [&] {
      if (!piece.empty()) pieces.push_back({start.value, ToHex(piece)});
      piece.clear();
    };
    for (const auto& [address, byte] : bytes_) {
      if (piece.empty() || address != start + piece.size()) {
        flush();
        start = address;
      }
      piece.push_back(byte);
    }
    flush();
    return pieces;
  }

 private:
  void Keep(Address from, std::span<const std::byte> bytes) const {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes_[from + i] = bytes[i];
  }

  const Memory& source_;
  mutable std::map<Address, std::byte> bytes_;
};

int Run(pid_t pid) {
  const auto target = LiveTarget::Open(pid);
  const auto runtime = target ? FindRuntime(*target) : Result<Runtime>(target.error());
  if (!runtime) {
    std::cerr << runtime.error().Message() << "\n";
    return 1;
  }
  const RecordingMemory memory(target->memory());
  const auto threads =
      DescribeThreads(memory, runtime->version, runtime->address, runtime->current_thread);
  if (!threads) {
    std::cerr << threads.error().Message() << "\n";
    return 1;
  }
  const Version& v = runtime->version;
  std::cout << nlohmann::json{{"version", {v.major, v.minor, v.micro}},
                              {"free_threaded", v.free_threaded},
                              {"runtime", runtime->address.value},
                              {"current_thread", runtime->current_thread.value},
                              {"memory", memory.ToJson()}}
                   .dump(0)
            << "\n";
  return 0;
}

}  // namespace
}  // namespace osprey

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: record_memory PID\n";
    return 2;
  }
  return osprey::Run(static_cast<pid_t>(std::strtol(argv[1], nullptr, 10)));
}
