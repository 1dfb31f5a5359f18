// The readers on the recorded memory of real interpreters: all versions, whatever is installed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "golden/described_threads.h"
#include "golden/hex.h"
#include "osprey/python/frame_walker.h"
#include "osprey/python/thread_list.h"
#include "osprey/target/snapshot_memory.h"
#include "python/debug_offsets.h"

namespace osprey {
namespace {

using Stacks = std::map<std::string, std::vector<std::string>>;

std::vector<std::filesystem::path> Recordings() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(OSPREY_SOURCE_DIR "/tests/golden/memory")) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Walkers copy frames that lie close together in a page as one and do not look at what is between
// them; recordings of walkers that copied them one by one have none of that.
void FillBetweenFrames(SnapshotMemory& memory, std::size_t frame_size) {
  constexpr std::uint64_t kPage = 4096;
  std::map<Address, std::size_t> frames;
  for (std::size_t i = 0; i < memory.size(); ++i) {
    if (memory.piece(i).size == frame_size) frames[memory.piece(i).address] = i;
  }
  Address start;
  std::vector<std::byte> bytes;
  for (const auto& [frame, index] : frames) {
    if (frame.value / kPage != start.value / kPage) {
      memory.Put(start, bytes);
      bytes.clear();
      start = frame;
    }
    bytes.resize(frame - start + frame_size);
    std::memcpy(bytes.data() + (frame - start), memory.View(index), frame_size);
  }
  memory.Put(start, bytes);
}

class Golden : public testing::TestWithParam<std::filesystem::path> {
 protected:
  Golden() : recording_(nlohmann::json::parse(std::ifstream(GetParam()))) {
    for (const auto& piece : recording_["memory"]) {
      memory_.Put(Address(piece[0].get<std::uint64_t>()), FromHex(piece[1].get<std::string>()));
    }
    const auto& v = recording_["version"];
    version_ = {v[0], v[1], v[2], recording_.value("free_threaded", false)};
    FillBetweenFrames(memory_, FindLayout(version_)->interpreter_frame.size);
  }
  Result<std::vector<DescribedThread>> Describe(const Memory& memory) const {
    return DescribeThreads(memory, version_, Address(recording_["runtime"].get<std::uint64_t>()),
                           Address(recording_["current_thread"].get<std::uint64_t>()));
  }

  nlohmann::json recording_;
  SnapshotMemory memory_;
  Version version_;
};

TEST_P(Golden, ThreadsStandWhereTheySaidThemselves) {
  const auto threads = Describe(memory_);
  ASSERT_TRUE(threads) << threads.error().Message();
  Stacks seen;
  for (const DescribedThread& thread : *threads) {
    if (thread.end == WalkEnd::kComplete) seen[thread.name] = thread.frames;
  }
  const auto expected = recording_["expected"].get<Stacks>();
  ASSERT_EQ(expected.size(), 3U);
  for (const auto& [name, frames] : expected) EXPECT_EQ(seen[name], frames) << name;
}

TEST_P(Golden, TheTableOfDebugOffsetsSaysWhatTheRowSays) {
  const Layout& row = *FindLayout(version_);
  if (row.debug_offsets.modules == 0) return;  // this version has none
  Layout layout = row;
  layout.code_object.first_traceable = kAbsent;
  if (row.debug_offsets.heap_type != 0) layout.type_object.ht_cached_keys = kAbsent;
  layout.interpreter_frame.instr_ptr = kAbsent;
  const Address runtime(recording_["runtime"].get<std::uint64_t>());
  ASSERT_TRUE(ApplyDebugOffsets(memory_, runtime, layout));
  EXPECT_EQ(layout.code_object.first_traceable, row.code_object.first_traceable);
  EXPECT_EQ(layout.type_object.ht_cached_keys, row.type_object.ht_cached_keys);
  EXPECT_EQ(layout.interpreter_frame.instr_ptr, row.interpreter_frame.instr_ptr);
}

TEST_P(Golden, NoTwoCodeObjectsHaveTheSameVersion) {
  Runtime runtime;
  runtime.address = Address(recording_["runtime"].get<std::uint64_t>());
  runtime.version = version_;
  runtime.layout = *FindLayout(version_);
  if (runtime.layout.code_object.version == kAbsent) return;
  const auto list = ListThreads(memory_, runtime);
  ASSERT_TRUE(list);
  StackTable stacks;
  CodeCache codes(memory_, runtime.layout, stacks);
  std::set<Address> all;
  std::set<std::uint32_t> versions;
  for (const PythonThread& thread : list->threads) {
    FrameWalker walker(runtime.layout, codes, thread.interpreter, thread.state);
    std::vector<RawFrame> frames;
    walker.Walk(memory_, frames);
    for (const RawFrame& f : frames) {
      all.insert(f.code->address);
      versions.insert(f.code->fingerprint.version);
    }
  }
  EXPECT_GT(all.size(), 3U);
  EXPECT_EQ(versions.size(), all.size());
  EXPECT_EQ(versions.count(0), 0U);
}

TEST_P(Golden, TheFirstFrameStartsAnEvaluationAndNoTwoAreTheSame) {
  Runtime runtime;
  runtime.address = Address(recording_["runtime"].get<std::uint64_t>());
  runtime.version = version_;
  runtime.layout = *FindLayout(version_);
  const bool has_shims = runtime.layout.interpreter_frame.is_entry == kAbsent &&
                         runtime.layout.frame_chain != FrameChain::kFrameObjects;
  const auto list = ListThreads(memory_, runtime);
  ASSERT_TRUE(list);
  StackTable stacks;
  CodeCache codes(memory_, runtime.layout, stacks);
  for (const PythonThread& thread : list->threads) {
    FrameWalker walker(runtime.layout, codes, thread.interpreter, thread.state);
    std::vector<RawFrame> frames;
    if (walker.Walk(memory_, frames) != WalkEnd::kComplete) continue;
    ASSERT_FALSE(frames.empty());
    EXPECT_TRUE(frames.front().starts_evaluation);
    Address last(UINT64_MAX);  // the C stack grows down
    for (const RawFrame& f : frames) {
      if (runtime.layout.frame_chain == FrameChain::kFrameObjects) {
        EXPECT_TRUE(f.starts_evaluation);
      }
      EXPECT_EQ(!f.entry.IsNull(), has_shims && f.starts_evaluation);
      if (f.entry.IsNull()) continue;
      EXPECT_LT(f.entry, last);
      last = f.entry;
    }
  }
}

TEST_P(Golden, MissingMemoryGivesNoNonsense) {
  const auto& pieces = recording_["memory"];
  for (std::size_t missing = 0; missing < pieces.size(); missing += 1 + pieces.size() / 40) {
    SnapshotMemory partial;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (i == missing) continue;
      partial.Put(Address(pieces[i][0].get<std::uint64_t>()),
                  FromHex(pieces[i][1].get<std::string>()));
    }
    const auto threads = Describe(partial);
    if (!threads) continue;
    const auto expected = recording_["expected"].get<Stacks>();
    for (const DescribedThread& thread : *threads) {
      const auto known = expected.find(thread.name);
      if (known == expected.end() || thread.end != WalkEnd::kComplete) continue;
      // What can still be read stands on the thread's first frame, in order.
      ASSERT_LE(thread.frames.size(), known->second.size());
      EXPECT_TRUE(std::equal(thread.frames.begin(), thread.frames.end(), known->second.begin()))
          << "without piece " << missing;
    }
  }
}

TEST(GoldenRecordings, AreThereForEveryVersionOfTheTable) {
  std::set<std::string> recorded;
  for (const auto& path : Recordings()) {
    const std::string name = path.stem().string();
    recorded.insert(name.substr(0, name.rfind('.')) + (name.ends_with('t') ? "t" : ""));
  }
  for (int major = 2; major <= 3; ++major) {
    for (int minor = 0; minor < 100; ++minor) {
      for (const bool free_threaded : {false, true}) {
        if (FindLayout({major, minor, 0, free_threaded}) == nullptr) continue;
        const std::string name =
            std::to_string(major) + "." + std::to_string(minor) + (free_threaded ? "t" : "");
        EXPECT_TRUE(recorded.count(name)) << "tests/golden/record.py has not been run for " << name;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, Golden, testing::ValuesIn(Recordings()),
                         [](const auto& recording) {
                           std::string name = recording.param.stem().string();
                           std::replace(name.begin(), name.end(), '.', '_');
                           return "Python" + name;
                         });

}  // namespace
}  // namespace osprey
