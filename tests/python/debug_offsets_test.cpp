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

}  // namespace
}  // namespace osprey
