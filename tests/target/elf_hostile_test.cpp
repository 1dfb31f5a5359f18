// ElfFile over files that were cut, bent or made to lie: any answer is fine, a crash is not.
#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>

#include "osprey/target/elf_file.h"
#include "target/elf_samples.h"

namespace osprey {
namespace {

// Asks everything that ElfFile answers; gives whether it opened.
bool AskEverything(const std::string& bytes) {
  const auto file = OpenBytes(bytes);
  if (!file) {
    EXPECT_EQ(file.error().code, ErrorCode::kMalformed);
    return false;
  }
  static_cast<void>(file->FindSection(".osprey_mark"));
  static_cast<void>(file->FindSection(".no such section"));
  static_cast<void>(file->FindSymbol("osprey_test_number"));
  static_cast<void>(file->FindSymbol("no such symbol"));
  for (const ElfSegment& segment : file->segments()) {
    const auto read = file->ReadLoaded(segment.address, segment.file_size);
    EXPECT_TRUE(!read || read->size() <= bytes.size());
  }
  return true;
}

std::string Sample() { return FileContents(SMALL_MODULE_gnu); }

// Changes one header of the sample through its C structure.
template <typename Header>
std::string Changed(std::string bytes, std::size_t offset, const std::function<void(Header&)>& f) {
  Header header;
  EXPECT_LE(offset + sizeof header, bytes.size());
  std::memcpy(&header, bytes.data() + offset, sizeof header);
  f(header);
  std::memcpy(bytes.data() + offset, &header, sizeof header);
  return bytes;
}

TEST(HostileElf, CutAtEvery97thByte) {
  const std::string whole = Sample();
  ASSERT_TRUE(AskEverything(whole));
  for (std::size_t length = 0; length < whole.size(); length += 97) {
    AskEverything(whole.substr(0, length));
    AskEverything(WithoutSectionHeaders(whole).substr(0, std::max<std::size_t>(length, 64)));
  }
  EXPECT_FALSE(AskEverything(whole.substr(0, 10)));
}

TEST(HostileElf, EveryByteOfTheHeadersFlipped) {
  const std::string whole = Sample();
  for (std::size_t at = 0; at < 1024; ++at) {
    for (const char mask : {'\x01', '\x80', '\xff'}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ mask);
      AskEverything(bytes);
    }
  }
}

TEST(HostileElf, BytesFlippedAnywhere) {
  std::mt19937 random(20240607);  // fixed: a failure must come again
  for (const std::string& whole : {Sample(), WithoutSectionHeaders(Sample()),
                                   WithoutSectionHeaders(FileContents(SMALL_MODULE_sysv))}) {
    for (int round = 0; round < 1000; ++round) {
      std::string bytes = whole;
      for (int flips = 0; flips < 8; ++flips) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      AskEverything(bytes);
    }
  }
}

TEST(HostileElf, HugeCountsAndOffsets) {
  const std::string whole = Sample();
  using Ehdr = Elf64_Ehdr;
  AskEverything(Changed<Ehdr>(whole, 0, [](Ehdr& h) { h.e_phnum = PN_XNUM; }));
  AskEverything(Changed<Ehdr>(whole, 0, [](Ehdr& h) { h.e_phoff = UINT64_MAX - 3; }));
  AskEverything(Changed<Ehdr>(whole, 0, [](Ehdr& h) { h.e_shnum = 0; }));
  AskEverything(Changed<Ehdr>(whole, 0, [](Ehdr& h) { h.e_shnum = 0xfeff; }));
  AskEverything(Changed<Ehdr>(whole, 0, [](Ehdr& h) { h.e_shoff = UINT64_MAX - 3; }));
  AskEverything(Changed<Ehdr>(whole, 0, [](Ehdr& h) { h.e_shstrndx = 0xfefe; }));
  EXPECT_FALSE(
      AskEverything(Changed<Ehdr>(whole, 0, [](Ehdr& h) { h.e_ident[EI_CLASS] = ELFCLASS32; })));
  EXPECT_FALSE(
      AskEverything(Changed<Ehdr>(whole, 0, [](Ehdr& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; })));
}

TEST(HostileElf, EveryFieldOfEveryHeaderAtItsLimits) {
  const std::string whole = Sample();
  Elf64_Ehdr header;
  std::memcpy(&header, whole.data(), sizeof header);
  const auto bend = [&](std::uint64_t start, std::uint64_t size) {
    for (std::uint64_t at = start; at + 8 <= start + size && at + 8 <= whole.size(); at += 8) {
      for (const std::uint64_t value : {std::uint64_t{0}, UINT64_MAX, std::uint64_t{1} << 40,
                                        whole.size() - 1, std::uint64_t{0x7fffffffffffffff}}) {
        std::string bytes = whole;
        std::memcpy(bytes.data() + at, &value, sizeof value);
        AskEverything(bytes);
        AskEverything(WithoutSectionHeaders(bytes));
      }
    }
  };
  bend(header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr));
  bend(header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr));
  const auto file = OpenBytes(whole);
  ASSERT_TRUE(file);
  for (const char* name : {".dynamic", ".gnu.hash"}) {
    const auto section = file->FindSection(name);
    ASSERT_TRUE(section) << name;
    bend(section->file_offset, section->size);
  }
}

}  // namespace
}  // namespace osprey
