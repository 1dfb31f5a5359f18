#include "osprey/python/evaluation_entries.h"

#include <gtest/gtest.h>

#include "osprey/target/snapshot_memory.h"
#include "python/bytes.h"

namespace osprey {
namespace {

constexpr Address kThread(0x200000);
constexpr Address kCStack(0x700000);  // a _PyCFrame every 0x100, the newest first

class Entries : public testing::Test {
 protected:
  // Frames that start evaluations or not, root to leaf.
  void SetFrames(const std::vector<bool>& starts) {
    frames_.clear();
    for (const bool start : starts) {
      RawFrame frame;
      frame.frame = Address(0x300000 + frames_.size() * 0x100);
      frame.starts_evaluation = start;
      frames_.push_back(frame);
    }
  }
  // _PyCFrames that stand at these frames, by their index, newest first.
  void PutCFrames(const std::vector<std::size_t>& at) {
    memory_.Clear();
    const auto& c = layout_.cframe;
    const auto address = [&](std::size_t i) {
      return i == at.size() ? kThread + 0x100 : kCStack + i * 0x100;
    };
    memory_.Put(kThread, Bytes(0x118).Set(layout_.thread_state.current_frame, address(0)).get());
    for (std::size_t i = 0; i < at.size(); ++i) {
      const Address frame(0x300000 + at[i] * 0x100);
      memory_.Put(address(i),
                  Bytes(24).Set(c.current_frame, frame).Set(c.previous, address(i + 1)).get());
    }
  }
  std::vector<Address> Place() {
    PlaceEntries(layout_, memory_, kThread, frames_);
    std::vector<Address> entries;
    for (const RawFrame& f : frames_) entries.push_back(f.entry);
    return entries;
  }

  Layout layout_ = *FindLayout({3, 11, 0});
  SnapshotMemory memory_;
  std::vector<RawFrame> frames_;
};

TEST_F(Entries, StandAtTheLeafOfEachEvaluation) {
  SetFrames({true, false, true, true, false});
  PutCFrames({4, 2, 1});
  EXPECT_EQ(Place(), (std::vector<Address>{kCStack + 0x200, {}, kCStack + 0x100, kCStack, {}}));
}

TEST_F(Entries, OneMayHaveNoFrameThatIsShown) {
  SetFrames({true, false, true});
  PutCFrames({9, 2, 1});
  EXPECT_EQ(Place(), (std::vector<Address>{kCStack + 0x200, {}, kCStack + 0x100}));
}

TEST_F(Entries, TheOldestMayBeOneThatAGreenletHasMade) {
  SetFrames({true, false, true});
  PutCFrames({2, 1, 7});
  EXPECT_EQ(Place(), (std::vector<Address>{kCStack + 0x100, {}, kCStack}));
}

TEST_F(Entries, OfOtherFramesAreNotTaken) {
  const std::vector<Address> none(3);
  SetFrames({true, false, true});
  PutCFrames({2, 0});
  EXPECT_EQ(Place(), none);
  PutCFrames({2});
  EXPECT_EQ(Place(), none);
  PutCFrames({9, 8, 2, 1});
  EXPECT_EQ(Place(), none);
  memory_.Clear();
  EXPECT_EQ(Place(), none);
}

TEST_F(Entries, CirclesEnd) {
  SetFrames({true, false, true});
  PutCFrames({2, 1});
  memory_.Clear();
  memory_.Put(kThread, Bytes(0x118).Set(layout_.thread_state.current_frame, kCStack).get());
  memory_.Put(kCStack, Bytes(24).Set(layout_.cframe.previous, kCStack).get());
  EXPECT_EQ(Place(), std::vector<Address>(3));
}

TEST_F(Entries, AreInTheFramesThemselvesSince) {
  layout_ = *FindLayout({3, 12, 0});
  SetFrames({true});
  frames_[0].entry = Address(0x42);
  EXPECT_EQ(Place(), std::vector<Address>{Address(0x42)});
}

}  // namespace
}  // namespace osprey
