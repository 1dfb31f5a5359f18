// Where names come from when the file itself was stripped.
#include "native/debug_files.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

namespace osprey {
namespace {

using Lines = std::vector<std::string>;

class NamesOfStrippedFiles : public DebugFiles {
 protected:
  const std::string full_ = Copy(SYMBOLS_MODULE, "full.so");
  const FileAddress hidden_ = AddressOf(full_, "_Z6HiddenPVi");
  const std::string stripped_ = Stripped(full_, "stripped.so");
  const Lines unknown_ = {fmt::format("{:#x} 0", hidden_.value)};
  const Lines known_ = {"Hidden(int volatile*) 21"};
};

TEST_F(NamesOfStrippedFiles, AreThoseTheyExport) {
  EXPECT_EQ(Names(stripped_, AddressOf(full_, "osprey_plain")), Lines{"osprey_plain 0"});
  EXPECT_EQ(Names(stripped_, AddressOf(full_, "_ZN6shapes4AreaEPVi")),
            Lines{"shapes::Area(int volatile*) 0"});
  EXPECT_EQ(Names(stripped_, hidden_), unknown_);
  EXPECT_EQ(Names(full_, hidden_), known_);
}

TEST_F(NamesOfStrippedFiles, AreAllOneFunctionsStart) {
  for (std::uint64_t inside : {1U, 4U, 7U}) {
    EXPECT_EQ(Names(stripped_, FileAddress{hidden_.value + inside}), unknown_);
  }
  EXPECT_EQ(Names(stripped_, FileAddress{0x7000000}), Lines{"0x7000000 0"});
}

TEST_F(NamesOfStrippedFiles, OfRustAreAsPeopleWriteThem) {
  const char* old_name = "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE";
  for (const std::string& file : {full_, stripped_}) {
    EXPECT_THAT(Names(file, AddressOf(full_, old_name)),
                testing::ElementsAre(testing::StartsWith("core::fmt::Formatter::pad ")));
    EXPECT_THAT(Names(file, AddressOf(full_, "_RNvNtC5crate3mod4func")),
                testing::ElementsAre(testing::StartsWith("crate::mod::func ")));
  }
}

TEST_F(NamesOfStrippedFiles, AreFoundByBuildId) {
  Install(full_);
  EXPECT_EQ(Names(stripped_, hidden_), known_);
}

TEST_F(NamesOfStrippedFiles, AreFoundByDebugLink) {
  for (const char* place : {"linked.debug", ".debug/linked.debug"}) {
    const std::string debug = DebugOf(full_, place);
    const std::string linked = Path("linked.so");
    Run({"objcopy", "--remove-section=.note.gnu.build-id", "--add-gnu-debuglink=" + debug,
         stripped_, linked});
    EXPECT_EQ(Names(linked, hidden_), known_) << place;
    std::filesystem::remove(debug);
    EXPECT_EQ(Names(linked, hidden_), unknown_);
  }
}

TEST_F(NamesOfStrippedFiles, AreFoundInTheirDebugData) {
  // As Fedora makes it (gdb's manual, "MiniDebugInfo").
  std::ofstream(Path("keep")) << "_Z6HiddenPVi\n";
  const std::string mini = Path("mini"), packed = Path("packed.so");
  Run({"objcopy", "--strip-all", "--keep-symbols=" + Path("keep"), DebugOf(full_, "all.debug"),
       mini});
  Run({"xz", mini});
  Run({"objcopy", "--add-section=.gnu_debugdata=" + mini + ".xz", stripped_, packed});
  EXPECT_EQ(Names(packed, hidden_), Lines{"Hidden(int volatile*) 0"});
}

TEST_F(NamesOfStrippedFiles, OfTheLinkageTableAreThoseOfTheFunctionsItLeadsTo) {
  for (const std::string& file : {full_, stripped_}) {
    const auto elf = ElfFile::Open(file);
    const auto section = elf->FindSection(".plt");
    ASSERT_TRUE(section);
    std::set<Lines> all;
    for (std::uint64_t i = 0; i < section->size; i += 4) {
      all.insert(Names(file, FileAddress{section->address.value + i}));
    }
    EXPECT_EQ(all.count(Lines{"exp10@plt 0"}), 1U) << testing::PrintToString(all);
    EXPECT_EQ(all.count(Lines{"operator new(unsigned long)@plt 0"}), 1U);
  }
}

TEST_F(NamesOfStrippedFiles, AreNoSecretOfAFileThatIsNoElfFile) {
  std::ofstream(Path("text")) << "no code";
  EXPECT_EQ(Names(Path("text"), FileAddress{16}), Lines{"0x10 0"});
}

class NamesOfOptimizedFiles : public DebugFiles {};

TEST_F(NamesOfOptimizedFiles, ShowWhatIsInlinedFromAnotherUnit) {
  const FileAddress start = AddressOf(LTO_MODULE, "osprey_lto_caller");
  std::set<Lines> all;
  for (std::uint64_t i = 0; i < 8; ++i) {
    all.insert(Names(LTO_MODULE, FileAddress{start.value + i}));
  }
  EXPECT_EQ(all.count(Lines{"osprey_lto_caller 4", "Callee(int volatile*) 2 inlined"}), 1U)
      << testing::PrintToString(all);
}

}  // namespace
}  // namespace osprey
