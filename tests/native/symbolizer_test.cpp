#include "osprey/native/symbolizer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace osprey {
namespace {

class Symbolizing : public testing::Test {
 protected:
  Symbolizing() : modules_(stacks_) {}

  ModuleId Add(const std::string& path) {
    const auto file = ElfFile::Open(path);
    EXPECT_TRUE(file);
    return modules_.Add(
        {path, file->BuildId(), 0, 0, UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC))});
  }
  static FileAddress Address(const std::string& path, const char* symbol) {
    return ElfFile::Open(path)->FindSymbol(symbol)->address;
  }

  StackTable stacks_;
  NativeModules modules_;
};

TEST_F(Symbolizing, NamesFramesByTheirModules) {
  const ModuleId full = Add(SYMBOLS_MODULE), stripped = Add(STRIPPED_MODULE);
  const FrameId plain = modules_.Frame(full, Address(SYMBOLS_MODULE, "osprey_plain"));
  const FrameId bare = modules_.Frame(stripped, Address(STRIPPED_MODULE, "osprey_plain"));
  const NativeNames names = Symbolize(modules_, {});
  EXPECT_EQ(names.count(), 2U);
  EXPECT_EQ(names.unresolved(), 0U);
  ASSERT_NE(names.Find(plain), nullptr);
  EXPECT_EQ(names.Find(plain)->frames.size(), 1U);
  EXPECT_EQ(names.Find(plain)->frames[0].function, "osprey_plain");
  EXPECT_THAT(names.Find(plain)->frames[0].file, testing::EndsWith("symbols_module.cpp"));
  EXPECT_EQ(names.Find(plain)->frames[0].line, 11U);
  ASSERT_NE(names.Find(bare), nullptr);
  EXPECT_EQ(names.Find(bare)->frames[0].file, STRIPPED_MODULE);  // the library
  EXPECT_EQ(names.Find(bare)->frames[0].line, 0U);
  EXPECT_EQ(names.Find(FrameId{12345}), nullptr);
}

TEST_F(Symbolizing, CountsWhatHasNoName) {
  const FrameId nowhere = modules_.Frame(Add(SYMBOLS_MODULE), FileAddress{0x7000000});
  const ModuleId gone = modules_.Add({"/no/such/file.so", "", 1, 2, {}});
  const FrameId lost = modules_.Frame(gone, FileAddress{0x1a2b});
  const NativeNames names = Symbolize(modules_, {});
  EXPECT_EQ(names.unresolved(), 2U);
  EXPECT_FALSE(names.Find(nowhere)->is_resolved);
  EXPECT_EQ(names.Find(nowhere)->frames[0].function, "0x7000000");
  EXPECT_EQ(names.Find(nowhere)->frames[0].file, SYMBOLS_MODULE);
  EXPECT_EQ(names.Find(lost)->frames[0].function, "0x1a2b");
  EXPECT_EQ(names.Find(lost)->frames[0].file, "/no/such/file.so");
}

TEST_F(Symbolizing, DoesNotDependOnTheNumberOfThreads) {
  for (const char* path : {SYMBOLS_MODULE, STRIPPED_MODULE, "/proc/self/exe"}) {
    const ModuleId module = Add(std::filesystem::canonical(path));
    const auto file = ElfFile::Open(path);
    const auto text = file->FindSection(".text");
    for (std::uint64_t i = 0; i < 200; ++i) {
      modules_.Frame(module, FileAddress{text->address.value + text->size * i / 200});
    }
  }
  const NativeNames one = Symbolize(modules_, {.threads = 1});
  const NativeNames many = Symbolize(modules_, {.threads = 8});
  EXPECT_EQ(one.count(), modules_.places().size());
  EXPECT_EQ(one.unresolved(), many.unresolved());
  for (const PlaceOfCode& place : modules_.places()) {
    ASSERT_EQ(one.Find(place.frame)->frames.size(), many.Find(place.frame)->frames.size());
    EXPECT_EQ(one.Find(place.frame)->frames[0].function,
              many.Find(place.frame)->frames[0].function);
  }
}

TEST_F(Symbolizing, GoesOnWithWhatCameSince) {
  const ModuleId full = Add(SYMBOLS_MODULE);
  const FrameId plain = modules_.Frame(full, Address(SYMBOLS_MODULE, "osprey_plain"));
  Symbolizer symbolizer(modules_, {});
  NativeNames names;
  symbolizer.NameNew(names);
  EXPECT_EQ(names.count(), 1U);
  const FrameId bare =
      modules_.Frame(Add(STRIPPED_MODULE), Address(STRIPPED_MODULE, "osprey_plain"));
  const FrameId inside =
      modules_.Frame(full, FileAddress{Address(SYMBOLS_MODULE, "osprey_plain").value + 1});
  symbolizer.NameNew(names);
  symbolizer.NameNew(names);
  EXPECT_EQ(names.count(), 3U);
  for (const FrameId frame : {plain, bare, inside}) {
    EXPECT_EQ(names.Find(frame)->frames[0].function, "osprey_plain");
  }
}

TEST_F(Symbolizing, KnowsWhichFilesHoldARuntime) {
  const ModuleId full = Add(SYMBOLS_MODULE), stripped = Add(STRIPPED_MODULE);
  modules_.AddRuntime(STRIPPED_MODULE);
  const FrameId plain = modules_.Frame(full, Address(SYMBOLS_MODULE, "osprey_plain"));
  const FrameId bare = modules_.Frame(stripped, Address(STRIPPED_MODULE, "osprey_plain"));
  const NativeNames names = Symbolize(modules_, {});
  EXPECT_FALSE(names.Find(plain)->is_interpreter);
  EXPECT_TRUE(names.Find(bare)->is_interpreter);
}

TEST_F(Symbolizing, EndsWhenItIsTold) {
  const FrameId plain =
      modules_.Frame(Add(SYMBOLS_MODULE), Address(SYMBOLS_MODULE, "osprey_plain"));
  const std::atomic<bool> stop{true};
  const NativeNames names = Symbolize(modules_, {.stop = &stop});
  EXPECT_EQ(names.unresolved(), 1U);
  EXPECT_FALSE(names.Find(plain)->is_resolved);
}

}  // namespace
}  // namespace osprey
