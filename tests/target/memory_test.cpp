#include "osprey/target/memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace osprey {
namespace {

// Bytes at 0x10000, and a record of the last address that anybody asked for.
class FakeMemory : public Memory {
 public:
  explicit FakeMemory(std::string bytes) : bytes_(std::move(bytes)) {}

  Result<void> Read(Address from, std::span<std::byte> to) const override {
    const std::uint64_t inside = from - kStart;
    highest_ = std::max(highest_, inside + to.size());
    if (inside > bytes_.size() || to.size() > bytes_.size() - inside) {
      return Error{ErrorCode::kUnreadable, 0, from, "cannot read"};
    }
    std::memcpy(to.data(), bytes_.data() + inside, to.size());
    return {};
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange>,
                                 std::span<std::byte>) const override {
    return std::size_t{0};
  }

  static constexpr Address kStart{0x10000};
  mutable std::uint64_t highest_ = 0;

 private:
  std::string bytes_;
};

TEST(ReadCString, StopsAtTheNul) {
  std::string bytes(4096, '\0');
  bytes.replace(0, 5, "hello");
  const FakeMemory memory(bytes);
  const auto text = ReadCString(memory, FakeMemory::kStart, 100);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "hello");
}

TEST(ReadCString, CrossesPagesAndReadsNoneBeyondTheNul) {
  std::string bytes(8192, 'x');
  bytes.back() = '\0';
  const FakeMemory memory(bytes);
  const auto text = ReadCString(memory, FakeMemory::kStart + 1, 1 << 20);
  ASSERT_TRUE(text) << text.error().Message();
  EXPECT_EQ(text->size(), 8190u);
  EXPECT_EQ(memory.highest_, 8192u);
}

TEST(ReadCString, KeepsItsLimit) {
  const FakeMemory memory(std::string(8192, 'x'));
  const auto text = ReadCString(memory, FakeMemory::kStart, 100);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kMalformed);
  EXPECT_EQ(memory.highest_, 100u);
  EXPECT_FALSE(ReadCString(memory, FakeMemory::kStart, 0));
}

TEST(ReadCString, AcceptsAStringThatJustFits) {
  const FakeMemory memory(std::string("abc\0zzzz", 8));
  EXPECT_EQ(ReadCString(memory, FakeMemory::kStart, 4).value_or(""), "abc");
  EXPECT_FALSE(ReadCString(memory, FakeMemory::kStart, 3));
}

TEST(ReadCString, SaysWhereMemoryEnds) {
  const FakeMemory memory(std::string(4096, 'x'));
  const auto text = ReadCString(memory, FakeMemory::kStart, 10000);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kUnreadable);
  EXPECT_EQ(text.error().address, FakeMemory::kStart + 4096);
  EXPECT_FALSE(ReadCString(memory, Address(UINT64_MAX - 2), 100));
}

TEST(ReadAs, GivesAnObjectOrTheError) {
  const FakeMemory memory(std::string("\x01\x02\x03\x04", 4));
  EXPECT_EQ(memory.ReadAs<std::uint32_t>(FakeMemory::kStart).value_or(0), 0x04030201u);
  EXPECT_EQ(memory.ReadAs<std::uint64_t>(FakeMemory::kStart).error().code, ErrorCode::kUnreadable);
}

}  // namespace
}  // namespace osprey
