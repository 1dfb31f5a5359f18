#include "osprey/native/module_symbols.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>

namespace osprey {
namespace {

class Symbols : public testing::Test {
 protected:
  static UniqueFd OpenFile(const char* path) { return UniqueFd(open(path, O_RDONLY | O_CLOEXEC)); }

  // The frames of all addresses of a function, as "function line[ inlined]".
  static std::set<std::vector<std::string>> All(const char* path, const char* symbol) {
    std::set<std::vector<std::string>> all;
    const auto file = ElfFile::Open(path);
    auto symbols = ModuleSymbols::Open(OpenFile(path), "module");
    if (!file || !symbols) return all;
    const auto found = file->FindSymbol(symbol);
    if (!found) return all;
    for (std::uint64_t i = 0; i < found->size; ++i) {
      std::vector<std::string> lines;
      for (const SourceFrame& f : symbols->Name(FileAddress{found->address.value + i})) {
        std::string line = f.function + " " + std::to_string(f.line);
        if (f.is_inlined) line += " inlined";
        lines.push_back(line);
      }
      all.insert(lines);
    }
    return all;
  }
};

using Frames = std::vector<std::string>;

TEST_F(Symbols, HaveNamesAndLines) {
  const auto all = All(SYMBOLS_MODULE, "osprey_plain");
  EXPECT_EQ(all.count(Frames{"osprey_plain 11"}), 1U);
}

TEST_F(Symbols, ShowWhatIsInlinedInItsCaller) {
  const auto all = All(SYMBOLS_MODULE, "_ZN6shapes4AreaEPVi");
  EXPECT_EQ(all.count(Frames{"shapes::Area(int volatile*) 15",
                             "int shapes::Square<int>(int volatile*) 6 inlined"}),
            1U)
      << testing::PrintToString(all);
}

TEST_F(Symbols, WithoutDebugInformationAreThoseOfTheTable) {
  const auto all = All(STRIPPED_MODULE, "osprey_plain");
  EXPECT_EQ(all, (std::set<Frames>{{"osprey_plain 0"}}));
}

TEST_F(Symbols, WhereNothingIsKnownThereIsAFrameWithoutAName) {
  auto symbols = ModuleSymbols::Open(OpenFile(SYMBOLS_MODULE), "module");
  ASSERT_TRUE(symbols);
  const auto frames = symbols->Name(FileAddress{0x7000000000});
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].function, "");
}

TEST_F(Symbols, AreOfElfFilesAlone) {
  const auto symbols = ModuleSymbols::Open(OpenFile("/etc/passwd"), "passwd");
  ASSERT_FALSE(symbols);
  EXPECT_EQ(symbols.error().code, ErrorCode::kMalformed);
}

TEST(Demangling, WritesNamesAsPeopleDo) {
  EXPECT_EQ(Demangle("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE"),
            "core::fmt::Formatter::pad");
  EXPECT_EQ(Demangle("_RNvNtC5crate3mod4func"), "crate::mod::func");
  EXPECT_EQ(Demangle("_ZNSt6vectorIiSaIiEE9push_backERKi"),
            "std::vector<int, std::allocator<int> >::push_back(int const&)");
  EXPECT_EQ(Demangle("PyEval_EvalCode"), "PyEval_EvalCode");
  EXPECT_EQ(Demangle("_Z"), "_Z");
  EXPECT_EQ(Demangle(""), "");
}

}  // namespace
}  // namespace osprey
