#include "osprey/target/elf_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "target/elf_samples.h"
#include "target/processes.h"

namespace osprey {
namespace {

std::string TextAt(const ElfFile& file, FileAddress address, std::size_t size) {
  const auto bytes = file.ReadLoaded(address, size);
  if (!bytes) return bytes.error().Message();
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

class SmallModule : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(HashStyles, SmallModule,
                         ::testing::Values(SMALL_MODULE_gnu, SMALL_MODULE_sysv),
                         [](const auto& style) { return style.index == 0 ? "gnu" : "sysv"; });

TEST_P(SmallModule, HasItsSections) {
  const auto file = ElfFile::Open(GetParam());
  ASSERT_TRUE(file) << file.error().Message();
  const auto mark = file->FindSection(".osprey_mark");
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->size, 19u);
  EXPECT_TRUE(mark->has_bytes);
  EXPECT_EQ(TextAt(*file, mark->address, 18), "a mark to be found");
  EXPECT_EQ(FileContents(GetParam()).substr(mark->file_offset, 18), "a mark to be found");
  const auto bss = file->FindSection(".bss");
  ASSERT_TRUE(bss);
  EXPECT_FALSE(bss->has_bytes);
  EXPECT_GE(bss->size, 4000u);
  EXPECT_FALSE(file->FindSection(".osprey"));
  EXPECT_FALSE(file->FindSection(".osprey_mark2"));
}

TEST_P(SmallModule, HasDynamicAndStaticSymbols) {
  const auto file = ElfFile::Open(GetParam());
  ASSERT_TRUE(file);
  const auto number = file->FindSymbol("osprey_test_number");
  ASSERT_TRUE(number);
  EXPECT_EQ(number->size, 4u);
  EXPECT_EQ(TextAt(*file, number->address, 4), std::string("\x2a\0\0\0", 4));
  EXPECT_TRUE(file->FindSymbol("osprey_test_function"));
  EXPECT_TRUE(file->FindSymbol("osprey_test_hidden")) << "only .symtab has it";
}

TEST_P(SmallModule, HasNoOtherSymbols) {
  const auto file = ElfFile::Open(GetParam());
  ASSERT_TRUE(file);
  for (const char* name : {"", "osprey_test_numbe", "osprey_test_number2", "small_module.cpp",
                           "osprey_test_per_thread", "__cxa_finalize"}) {
    EXPECT_FALSE(file->FindSymbol(name)) << name;
  }
}

TEST_P(SmallModule, IsSearchedWithoutSectionHeaders) {
  const auto whole = ElfFile::Open(GetParam());
  const auto file = OpenBytes(WithoutSectionHeaders(FileContents(GetParam())));
  ASSERT_TRUE(file) << file.error().Message();
  EXPECT_FALSE(file->FindSection(".osprey_mark"));
  for (const char* name : {"osprey_test_number", "osprey_test_function", "osprey_test_zeros"}) {
    const auto symbol = file->FindSymbol(name);
    ASSERT_TRUE(symbol) << name;
    EXPECT_EQ(symbol->address.value, whole->FindSymbol(name)->address.value) << name;
  }
  EXPECT_FALSE(file->FindSymbol("osprey_test_hidden")) << "its table went with the headers";
}

TEST_P(SmallModule, ReadsOnlyWhatTheFileLoads) {
  const auto file = ElfFile::Open(GetParam());
  ASSERT_TRUE(file);
  ASSERT_FALSE(file->segments().empty());
  const ElfSegment& first = file->segments().front();
  EXPECT_EQ(TextAt(*file, first.address, 4),
            "\x7f"
            "ELF");
  EXPECT_TRUE(file->ReadLoaded(first.address, first.file_size));
  EXPECT_FALSE(file->ReadLoaded(first.address, first.file_size + 1));
  EXPECT_EQ(file->ReadLoaded(FileAddress{UINT64_MAX - 1}, 4).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(file->ReadLoaded(first.address, SIZE_MAX));
  const auto zeros = file->FindSymbol("osprey_test_zeros");
  ASSERT_TRUE(zeros);
  EXPECT_FALSE(file->ReadLoaded(zeros->address, 4000)) << ".bss has no bytes in the file";
}

TEST(ElfFileOpen, SaysWhatIsWrong) {
  const TempDir dir;
  const std::string text = dir.path() / "text";
  std::ofstream(text) << "#!/bin/sh\n";
  EXPECT_EQ(ElfFile::Open(dir.path() / "none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ElfFile::Open(text).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(ElfFile::Open(dir.path()).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(ElfFile::Open("/dev/null").error().code, ErrorCode::kMalformed);
  const std::string pipe = dir.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(ElfFile::Open(pipe).error().code, ErrorCode::kMalformed);
}

TEST(ElfFileOpen, ARefusalIsNotPermitted) {
  const TempDir dir;
  const std::string closed = dir.path() / "closed";
  std::ofstream(closed) << "x";
  std::filesystem::permissions(closed, std::filesystem::perms::none);
  std::filesystem::permissions(dir.path(), std::filesystem::perms::all);
  EXPECT_EQ(AskWithoutRights([&] {
              const auto file = ElfFile::Open(closed);
              return std::string(!file && file.error().code == ErrorCode::kNotPermitted
                                     ? "not permitted"
                                     : "other");
            }),
            "not permitted");
}

}  // namespace
}  // namespace osprey
