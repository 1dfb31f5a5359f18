#include "python/debug_offsets.h"

#include <gtest/gtest.h>

#include "python/bytes.h"

namespace osprey {
namespace {

constexpr Address kRuntime(0x100000);

SnapshotMemory Table(const char* cookie, std::uint64_t free_threaded) {
  Bytes bytes(1024);
  for (Offset i = 0; i < 8; ++i) bytes.Set(i, cookie[i]);
  bytes.Set(8, std::uint64_t{0x030E0AF0}).Set(16, free_threaded);
  SnapshotMemory memory;
  memory.Put(kRuntime, bytes.get());
  return memory;
}

TEST(DebugOffsets, SayWhichVersionAndWhetherItHasAGil) {
  const auto memory = Table("xdebugpy", 0);
  EXPECT_EQ(*ReadDebugVersion(memory, kRuntime), (Version{3, 14, 10}));
  EXPECT_FALSE(*ReadDebugFreeThreaded(memory, kRuntime));
  EXPECT_TRUE(*ReadDebugFreeThreaded(Table("xdebugpy", 1), kRuntime));
}

TEST(DebugOffsets, AreNotWhereTheCookieIsNot) {
  const auto memory = Table("somethin", 1);
  EXPECT_EQ(ReadDebugVersion(memory, kRuntime).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ReadDebugFreeThreaded(memory, kRuntime).error().code, ErrorCode::kNotFound);
}

TEST(DebugOffsets, ThatContradictThemselvesLeaveTheLayoutAlone) {
  Layout layout = *FindLayout({3, 14, 0});
  const Offset before = layout.code_object.filename;
  EXPECT_FALSE(ApplyDebugOffsets(Table("xdebugpy", 0), kRuntime, layout));  // all sizes are 0
  EXPECT_EQ(layout.code_object.filename, before);
}

// The readers copy no more of a struct than its last member needs.
TEST(DebugOffsets, OfMembersBehindTheirStructAreRefused) {
  for (const bool free_threaded : {false, true}) {
    const Layout row = *FindLayout({3, 14, 0, free_threaded});
    const auto& words = row.debug_offsets;
    const auto table = [&](std::size_t word, std::uint64_t value) {
      Bytes bytes(1024);
      for (Offset i = 0; i < 8; ++i) bytes.Set(i, "xdebugpy"[i]);
      for (Offset w = 3; w < 128; ++w) bytes.Set(w * 8, std::uint64_t{8});
      for (const std::uint16_t section : {std::uint16_t{3}, std::uint16_t{6}, words.thread_state,
                                          words.interpreter_frame, words.code_object, words.gc}) {
        bytes.Set(static_cast<Offset>(section * 8), std::uint64_t{248});
      }
      const auto set = [&](std::size_t at, Offset offset) {
        bytes.Set(static_cast<Offset>(at * 8), std::uint64_t{offset});
      };
      const std::size_t frame = words.interpreter_frame;
      set(frame + 4, row.interpreter_frame.size);
      set(frame + 5, row.interpreter_frame.owner);
      set(words.code_object + 9U, row.code_object.code_adaptive);
      if (free_threaded) set(words.code_object + 10U, row.code_object.tlbc);
      set(word, static_cast<Offset>(value));
      SnapshotMemory memory;
      memory.Put(kRuntime, bytes.get());
      return memory;
    };
    Layout layout = row;
    EXPECT_TRUE(ApplyDebugOffsets(table(127, 0), kRuntime, layout));
    layout = row;
    EXPECT_FALSE(ApplyDebugOffsets(table(words.interpreter_frame + 6U, 80), kRuntime, layout))
        << "stackpointer";
    EXPECT_FALSE(ApplyDebugOffsets(table(words.code_object + 9U, 8), kRuntime, layout))
        << "no room for first_traceable, or for the copies, before the bytecode";
    if (!free_threaded) continue;
    EXPECT_FALSE(ApplyDebugOffsets(table(words.interpreter_frame + 7U, 80), kRuntime, layout))
        << "tlbc_index";
    EXPECT_FALSE(ApplyDebugOffsets(table(words.code_object + 10U, 232), kRuntime, layout))
        << "tlbc";
  }
}

}  // namespace
}  // namespace osprey
