// CoreTarget over files that were cut, bent or made to lie: any answer is fine, a crash is not.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>

#include "target/core_samples.h"

namespace osprey {
namespace {

constexpr std::uint64_t kStack = 0x7ffe0000;

// A small core file with one of everything.
std::string Sample() {
  std::string signal(128, '\0');
  Put(signal, 0, SIGSEGV);
  Put(signal, 8, 1);
  std::vector<std::uint64_t> registers(27);
  registers[10] = static_cast<std::uint64_t>(-512);
  registers[15] = 202;
  registers[16] = 0x400002;
  registers[19] = kStack + 64;
  return CoreBytes(
      Prstatus(7, registers) + Prpsinfo(6, "name", "name -x") + Note(NT_SIGINFO, "CORE", signal) +
          Auxv({{AT_RANDOM, kStack + 0x800}, {AT_ENTRY, 0x400000}, {AT_EXECFN, kStack + 0x900}}) +
          FileNote({{0x400000, 0x401000, 0, "/no such file"}, {0x500000, 0x501000, 1, "/x"}}) +
          Prstatus(8, registers),
      {{0x400000, 0x1000, std::string("\x0f\x05", 2), PF_R | PF_X},
       {kStack, 0x1000, std::string(0x1000, '\x20')}});
}

// Asks everything that CoreTarget answers; gives whether it opened.
bool AskEverything(const std::string& bytes) {
  const auto core = OpenCore(bytes);
  if (!core) {
    EXPECT_TRUE(core.error().code == ErrorCode::kMalformed ||
                core.error().code == ErrorCode::kUnsupported)
        << core.error().Message();
    EXPECT_NE(core.error().context.find("core"), std::string::npos);
    return false;
  }
  EXPECT_LT(core->Title().size(), 100000U);
  static_cast<void>(core->ExecutablePath());
  for (const std::string& warning : core->Warnings()) EXPECT_LT(warning.size(), 20000U);
  const auto map = core->ReadMap();
  for (const Module& module : Modules(*map)) static_cast<void>(core->OpenModule(module));
  for (const Mapping& m : map->mappings()) {
    EXPECT_LT(m.start, m.end);
    std::string to(64, '\0');
    static_cast<void>(core->memory().Read(m.start, std::as_writable_bytes(std::span(to))));
    static_cast<void>(core->memory().Read(m.end - 32, std::as_writable_bytes(std::span(to))));
  }
  return true;
}

template <typename Header>
std::string Changed(std::size_t offset, const std::function<void(Header&)>& change) {
  std::string bytes = Sample();
  Header header;
  std::memcpy(&header, bytes.data() + offset, sizeof header);
  change(header);
  std::memcpy(bytes.data() + offset, &header, sizeof header);
  return bytes;
}

std::string WithHeader(const std::function<void(Elf64_Ehdr&)>& change) {
  return Changed<Elf64_Ehdr>(0, change);
}

std::string WithProgram(std::size_t index, const std::function<void(Elf64_Phdr&)>& change) {
  return Changed<Elf64_Phdr>(sizeof(Elf64_Ehdr) + index * sizeof(Elf64_Phdr), change);
}

std::string ErrorOf(const std::string& bytes) {
  const auto core = OpenCore(bytes);
  return core ? "" : core.error().context;
}

TEST(HostileCore, CutAnywhere) {
  const std::string whole = Sample();
  ASSERT_TRUE(AskEverything(whole));
  const std::size_t headers = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr);
  for (std::size_t length = 0; length < whole.size(); length += length < 2048 ? 1 : 97) {
    EXPECT_EQ(AskEverything(whole.substr(0, length)), length >= headers) << length;
  }
}

TEST(HostileCore, OneThatIsCutSaysSoAndGivesTheRest) {
  const std::string whole = Sample();
  const auto core = OpenCore(whole.substr(0, whole.size() - 0x800));
  ASSERT_TRUE(core);
  ASSERT_FALSE(core->Warnings().empty());
  EXPECT_EQ(core->Warnings()[0], "core is cut off: the last 2048 bytes of it are missing");
  EXPECT_EQ(core->threads().size(), 2U);
  EXPECT_EQ(core->memory().ReadAs<char>(Address(kStack)).value_or('?'), ' ');
  const auto lost = core->memory().ReadAs<char>(Address(kStack + 0xfff));
  ASSERT_FALSE(lost);
  EXPECT_NE(lost.error().context.find("cut off"), std::string::npos);
  const auto without_notes = OpenCore(whole.substr(0, 300));
  ASSERT_TRUE(without_notes);
  EXPECT_EQ(without_notes->Warnings().size(), 3U);
}

TEST(HostileCore, SaysWhatAFileIsThatIsNoCore) {
  EXPECT_EQ(ErrorOf(""), "core: empty");
  EXPECT_EQ(ErrorOf(std::string(100, 'x')), "core: not a core file");
  EXPECT_NE(ErrorOf("\x28\xB5\x2F\xFD" + std::string(100, 'x')).find("zstd -d"), std::string::npos);
  EXPECT_NE(ErrorOf("\x1F\x8B\x08" + std::string(100, 'x')).find("gzip -d"), std::string::npos);
  EXPECT_EQ(ErrorOf(WithHeader([](auto& h) { h.e_type = ET_DYN; })),
            "core: a program or library, not a core file");
  EXPECT_EQ(ErrorOf(WithHeader([](auto& h) { h.e_machine = EM_RISCV; })),
            "core: the core file of another machine than x86-64 and aarch64");
  EXPECT_NE(ErrorOf(WithHeader([](auto& h) { h.e_ident[EI_CLASS] = ELFCLASS32; })), "");
  EXPECT_NE(ErrorOf(WithHeader([](auto& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; })), "");
}

TEST(HostileCore, HeadersThatLie) {
  constexpr auto kHuge = ~std::uint64_t{0};
  EXPECT_FALSE(AskEverything(WithHeader([](auto& h) { h.e_phoff = kHuge; })));
  EXPECT_FALSE(AskEverything(WithHeader([](auto& h) { h.e_phoff = kHuge - 100; })));
  EXPECT_FALSE(AskEverything(WithHeader([](auto& h) { h.e_phnum = 0xfff0; })));
  EXPECT_FALSE(AskEverything(WithHeader([](auto& h) { h.e_phentsize = 8; })));
  AskEverything(WithHeader([](auto& h) { h.e_phnum = 0; }));
  for (std::size_t i = 0; i < 3; ++i) {
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 31,
                                      std::uint64_t{1} << 62, kHuge / 2, kHuge - 4095, kHuge}) {
      AskEverything(WithProgram(i, [value](auto& p) { p.p_offset = value; }));
      AskEverything(WithProgram(i, [value](auto& p) { p.p_filesz = value; }));
      AskEverything(WithProgram(i, [value](auto& p) { p.p_memsz = value; }));
      AskEverything(WithProgram(i, [value](auto& p) { p.p_vaddr = value; }));
      AskEverything(WithProgram(i, [value](auto& p) { p.p_memsz = p.p_filesz = value; }));
    }
  }
}

// More segments than e_phnum can say (PN_XNUM), with the section header that says it and, as in a
// file by the kernel that is cut off, without.
TEST(HostileCore, ManySegments) {
  const std::string whole = Sample();
  std::string counted = WithHeader([&](auto& h) {
    h.e_phnum = PN_XNUM;
    h.e_shoff = whole.size();
  });
  Elf64_Shdr section{};
  section.sh_info = 3;
  Put(counted, whole.size(), section);
  EXPECT_TRUE(AskEverything(counted));
  EXPECT_EQ(OpenCore(counted)->threads().size(), 2U);
  counted.resize(whole.size());
  EXPECT_TRUE(AskEverything(counted));
  EXPECT_EQ(OpenCore(counted)->threads().size(), 2U);
  section.sh_info = 0xffffffff;
  Put(counted, whole.size(), section);
  EXPECT_EQ(ErrorOf(counted), "core: it has too many segments");
}

TEST(HostileCore, NotesThatLie) {
  const auto with_files = [](const std::string& bytes) {
    return OpenCore(CoreBytes(Note(NT_FILE, "CORE", bytes), {}));
  };
  const std::string good =
      FileBytesOf({{0x1000, 0x2000, 0, "/a"}, {0x3000, 0x4000, 1, "/b"}}, 4096);
  ASSERT_EQ(with_files(good)->ReadMap()->mappings().size(), 2U);
  const auto is_refused = [&](const std::string& bytes) {
    const auto core = with_files(bytes);
    EXPECT_TRUE(core);
    const auto& warnings = core->Warnings();
    return core->ReadMap()->mappings().empty() &&
           std::count(warnings.begin(), warnings.end(),
                      "core: some of its notes are missing or broken") == 1;
  };
  EXPECT_TRUE(is_refused(good.substr(0, good.size() - 1)));  // a path without an end
  EXPECT_TRUE(is_refused(good.substr(0, good.size() - 3)));  // a path is missing
  EXPECT_TRUE(is_refused(good.substr(0, 40)));
  EXPECT_TRUE(is_refused(good.substr(0, 7)));
  EXPECT_TRUE(is_refused(""));
  for (const std::uint64_t count : {std::uint64_t{3}, std::uint64_t{1} << 60, ~std::uint64_t{0}}) {
    std::string bytes = good;
    Put(bytes, 0, count);
    EXPECT_TRUE(is_refused(bytes)) << count;
  }
  for (const std::uint64_t page : {std::uint64_t{0}, std::uint64_t{4097}, std::uint64_t{1} << 63}) {
    std::string bytes = good;
    Put(bytes, 8, page);
    EXPECT_TRUE(is_refused(bytes)) << page;
  }
  // Entries that make no sense are left out, and so is what overlaps the one before it.
  const auto left = with_files(FileBytesOf({{0x2000, 0x1000, 0, "/backwards"},
                                            {0x1000, 0x3000, 0, "/a"},
                                            {0x2000, 0x5000, 0, "/overlaps"},
                                            {0x5000, 0x6000, ~std::uint64_t{0}, "/too far"},
                                            {0x3000, 0x4000, 1, "/b"}},
                                           4096));
  ASSERT_EQ(left->ReadMap()->mappings().size(), 2U);
  EXPECT_EQ(left->ReadMap()->mappings()[1].path, "/b");
}

TEST(HostileCore, ShortNotesAreNoThreads) {
  const auto core = OpenCore(CoreBytes(
      Note(NT_PRSTATUS, "CORE", std::string(327, 'x')) + Note(NT_PRPSINFO, "CORE", "x") +
          Note(NT_SIGINFO, "CORE", "x") + Note(NT_AUXV, "CORE", "x") + Note(99, "CORE", "x") +
          Note(NT_PRSTATUS, "OTHER", std::string(336, 'x')) + Note(NT_PRSTATUS, "", ""),
      {}));
  ASSERT_TRUE(core);
  EXPECT_TRUE(core->threads().empty());
  EXPECT_FALSE(core->signal());
  EXPECT_EQ(core->pid(), 0);
}

TEST(HostileCore, EveryByteOfTheHeadersAndNotesFlipped) {
  const std::string whole = Sample();
  for (std::size_t at = 0; at < whole.size() - 0x1000; ++at) {
    for (const char mask : {'\x01', '\x80', '\xff'}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ mask);
      AskEverything(bytes);
    }
  }
}

TEST(HostileCore, BytesFlippedAnywhere) {
  std::mt19937 random(20240607);  // fixed: a failure must come again
  const std::string whole = Sample();
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    for (int flips = 0; flips < 8; ++flips) {
      bytes[random() % (bytes.size() - 0xfff)] = static_cast<char>(random());
    }
    AskEverything(bytes);
  }
}

TEST(HostileCore, AFolderAndNothingAreNoCore) {
  const auto folder = CoreTarget::Open("/proc", {});
  ASSERT_FALSE(folder);
  const auto none = CoreTarget::Open("/no such file", {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace osprey
