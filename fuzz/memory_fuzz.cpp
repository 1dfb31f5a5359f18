// The walkers and the readers of a runtime, over a target whose memory holds anything and changes
// between two reads. The input is a list of 64-bit words; small ones stand for addresses inside
// the window, so that links lead somewhere.
#include <algorithm>
#include <array>
#include <cstring>

#include "osprey/python/data_stack_walker.h"
#include "osprey/python/frame_object_walker.h"
#include "osprey/python/line_table.h"
#include "osprey/python/runtime_finder.h"
#include "osprey/python/thread_list.h"
#include "python/debug_offsets.h"

namespace osprey {
namespace {

constexpr Address kBase(0x100000);
constexpr std::size_t kWindow = 16384;
constexpr std::array kMinors = {8, 9, 10, 11, 12, 13};

class FuzzMemory : public Memory {
 public:
  FuzzMemory(const std::uint8_t* data, std::size_t size) : bytes_(kWindow) {
    // The input over and over, so that a short one fills the window with structures.
    for (std::size_t at = 0; at + 8 <= kWindow && size >= 8; at += 8) {
      std::uint64_t word;
      std::memcpy(&word, data + at % (size / 8 * 8), 8);
      if (word < kWindow) word = kBase.value + word;
      std::memcpy(bytes_.data() + at, &word, 8);
    }
  }

  Result<void> Read(Address from, std::span<std::byte> to) const override {
    const std::uint64_t offset = from - kBase;
    if (offset > kWindow || to.size() > kWindow - offset) {
      return Error{ErrorCode::kUnreadable, 0, from, "outside the window"};
    }
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
    return {};
  }

  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    std::size_t arrived = 0;
    for (const MemoryRange& range : ranges) {
      if (range.size > to.size() - arrived ||
          !Read(range.address, to.subspan(arrived, range.size))) {
        return arrived;
      }
      arrived += range.size;
      // Something moves while the ranges are copied.
      turn_ = turn_ * 1103515245 + 12345;
      bytes_[turn_ % kWindow] ^= std::byte{1};
    }
    return arrived;
  }

 private:
  mutable std::vector<std::byte> bytes_;
  mutable std::uint32_t turn_ = 1;
};

template <typename Walker>
void WalkThrice(const Layout& layout, const FuzzMemory& memory) {
  StackTable stacks;
  CodeCache codes(memory, layout, stacks);
  Walker walker(layout, codes, kBase + 8, kBase + 256);
  std::vector<RawFrame> frames;
  for (int turn = 0; turn < 3; ++turn) {
    walker.Walk(memory, frames);
    for (const RawFrame& f : frames) codes.FrameOf(*f.code, f.byte_offset);
    std::vector<CodeObject*> seen;
    for (const RawFrame& f : frames) seen.push_back(f.code);
    codes.Recheck(seen, TimePoint{});
  }
}

}  // namespace
}  // namespace osprey

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osprey;
  if (size < 16) return 0;
  const Layout* row = FindLayout({3, kMinors[data[0] % kMinors.size()], 0});
  const FuzzMemory memory(data + 8, size - 8);
  Runtime runtime{kBase, {3, kMinors[data[0] % kMinors.size()], 0}, *row, "", "", Address{}};
  (void)ReadDebugVersion(memory, kBase);
  (void)ApplyDebugOffsets(memory, kBase, runtime.layout);
  LearnThreadIds(memory, std::array<pid_t, 3>{1, 2, 65536}, runtime);
  if (const auto list = ListThreads(memory, runtime)) {
    for (const Interpreter& i : list->interpreters) ReadThreadNames(memory, runtime, i.state);
  }
  if (runtime.layout.frame_chain == FrameChain::kFrameObjects) {
    WalkThrice<FrameObjectWalker>(runtime.layout, memory);
  } else {
    WalkThrice<DataStackWalker>(runtime.layout, memory);
  }
  for (const auto format :
       {LineTableFormat::kLnotab, LineTableFormat::kLineTable, LineTableFormat::kLocations}) {
    LineOf(format, std::as_bytes(std::span(data, size)), 1, data[1]);
  }
  return 0;
}
