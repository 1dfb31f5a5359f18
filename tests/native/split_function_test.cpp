#include "osprey/native/split_function.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "osprey/target/elf_file.h"
#include "osprey/target/live_memory.h"
#include "osprey/target/snapshot_memory.h"

namespace osprey {
namespace {

class SplitFunction : public testing::Test {
 protected:
  void SetUp() override {
    library_ = ::dlopen(SPLIT_MODULE, RTLD_NOW);
    ASSERT_NE(library_, nullptr) << ::dlerror();
    const auto map = MemoryMap::Read(getpid());
    ASSERT_TRUE(map);
    tables_.Update(memory_, *map);
    const auto file = ElfFile::Open(SPLIT_MODULE);
    ASSERT_TRUE(file);
    const auto hot = file->FindSymbol("osprey_split");
    ASSERT_TRUE(hot);
    function_.start = Address(reinterpret_cast<std::uint64_t>(::dlsym(library_, "osprey_split")));
    function_.end = function_.start + hot->size;
    const std::uint64_t bias = function_.start.value - hot->address.value;
    for (const ElfSymbol& cold : file->FindFunctions(
             [](std::string_view name) { return name.starts_with("osprey_split."); })) {
      const Address start(cold.address.value + bias);
      cold_.push_back({start, start + cold.size});
    }
    table_ = *tables_.Find(function_.start)->table;
  }
  void TearDown() override { ::dlclose(library_); }

  void* library_ = nullptr;
  LiveMemory memory_{getpid()};
  UnwindTables tables_;
  UnwindTable table_{};
  CodeRange function_;
  std::vector<CodeRange> cold_;  // as the symbols say
};

TEST_F(SplitFunction, TheUnwindTableSaysWhereItBeginsAndEnds) {
  const auto found = FindFunction(memory_, table_, function_.start + 5);
  ASSERT_TRUE(found) << found.error().Message();
  EXPECT_EQ(*found, function_);
  EXPECT_EQ(FindFunction(memory_, table_, Address(1)).error().code, ErrorCode::kNotFound);
}

TEST_F(SplitFunction, JumpsSayWhereItsColdPartIs) {
  if (cold_.empty()) GTEST_SKIP() << "this compiler has left it in one piece";
  const auto parts = FindSplitParts(memory_, table_, function_);
  ASSERT_TRUE(parts) << parts.error().Message();
  EXPECT_EQ(*parts, cold_);
}

TEST_F(SplitFunction, WhatCannotBeReadOrIsTooLargeIsSaidSo) {
  EXPECT_FALSE(FindSplitParts(SnapshotMemory{}, table_, function_));
  const CodeRange huge{function_.start, function_.start + (1U << 30U)};
  EXPECT_EQ(FindSplitParts(memory_, table_, huge).error().code, ErrorCode::kMalformed);
}

}  // namespace
}  // namespace osprey
