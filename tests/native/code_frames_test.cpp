#include "osprey/native/code_frames.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "native/loaded_copy.h"
#include "osprey/native/symbolizer.h"
#include "osprey/target/live_target.h"

namespace osprey {
namespace {

class FramesOfCode : public testing::Test {
 protected:
  FramesOfCode() : target_(LiveTarget::Open(getpid())), modules_(stacks_) { Look(); }

  void Look() {
    auto map = target_->ReadMap();
    ASSERT_TRUE(map);
    map_ = std::move(*map);
  }
  std::string FileOf(FrameId id) const { return stacks_.strings().Get(stacks_.frame(id).file); }
  std::string FunctionOf(FrameId id) const {
    return stacks_.strings().Get(stacks_.frame(id).function);
  }
  std::string NameOf(FrameId id) const {
    return Symbolize(modules_, {}).Find(id)->frames.front().function;
  }

  Result<LiveTarget> target_;
  StackTable stacks_;
  NativeModules modules_;
  MemoryMap map_;
};

TEST_F(FramesOfCode, AreAddressesOfFiles) {
  const LoadedCopy library(SYMBOLS_MODULE);
  Look();
  CodeFrames code(*target_, modules_);
  const Address plain = library.Symbol("osprey_plain");
  const FrameId frame = code.Find(plain, map_);
  const auto file = ElfFile::Open(SYMBOLS_MODULE);
  ASSERT_TRUE(file);
  const FileAddress expected = file->FindSymbol("osprey_plain")->address;
  EXPECT_EQ(FunctionOf(frame), fmt::format("{:#x}", expected.value));
  EXPECT_EQ(FileOf(frame), library.path());
  EXPECT_EQ(stacks_.frame(frame).kind, FrameKind::kNative);
  EXPECT_EQ(code.Find(plain, map_), frame);
  EXPECT_NE(code.Find(plain + 1, map_), frame);
  ASSERT_EQ(modules_.places().size(), 2U);
  EXPECT_EQ(modules_.places()[0].frame, frame);
  EXPECT_EQ(modules_.places()[0].address.value, expected.value);
  EXPECT_EQ(modules_.module(modules_.places()[0].module).build_id, file->BuildId());
}

TEST_F(FramesOfCode, AreFoundInTheHashTableAfterTheFirstTime) {
  CodeFrames code(*target_, modules_);
  const Address here(reinterpret_cast<std::uint64_t>(&getpid));
  const FrameId frame = code.Find(here, map_);
  const MemoryMap empty;
  EXPECT_EQ(code.Find(here, empty), frame);
  code.Forget();
  EXPECT_EQ(FileOf(code.Find(here, empty)), "[unknown]");
  EXPECT_EQ(code.Find(here, map_), frame);  // what is unknown is looked up again
}

TEST_F(FramesOfCode, AreThoseOfTheFileThatIsThereNow) {
  CodeFrames code(*target_, modules_);
  Address plain;
  {
    const LoadedCopy library(SYMBOLS_MODULE);
    Look();
    plain = library.Symbol("osprey_plain");
    EXPECT_EQ(FileOf(code.Find(plain, map_)), library.path());
  }
  void* other = mmap(reinterpret_cast<void*>(plain.value & ~std::uint64_t{4095}), 4096,
                     PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  ASSERT_NE(other, MAP_FAILED);
  Look();
  code.Forget();
  const FrameId frame = code.Find(plain, map_);
  EXPECT_EQ(FileOf(frame), "[anonymous]");
  EXPECT_EQ(FunctionOf(frame), fmt::format("{:#x}", plain.value));
  munmap(other, 4096);
}

TEST_F(FramesOfCode, CanBeNamedWhenTheirFileIsGone) {
  CodeFrames code(*target_, modules_);
  FrameId frame;
  {
    const LoadedCopy library(SYMBOLS_MODULE);
    Look();
    frame = code.Find(library.Symbol("osprey_plain"), map_);
  }
  EXPECT_EQ(NameOf(frame), "osprey_plain");
}

TEST_F(FramesOfCode, OfAFileThatWasDeletedBeforeItWasSeenHaveNames) {
  const LoadedCopy library(SYMBOLS_MODULE);
  library.Delete();
  Look();
  CodeFrames code(*target_, modules_);
  const FrameId frame = code.Find(library.Symbol("osprey_plain"), map_);
  EXPECT_EQ(FileOf(frame), library.path());
  EXPECT_EQ(NameOf(frame), "osprey_plain");
}

TEST_F(FramesOfCode, OfTheVdsoHaveNames) {
  CodeFrames code(*target_, modules_);
  const std::uint64_t vdso = getauxval(AT_SYSINFO_EHDR);
  ASSERT_NE(vdso, 0U);
  // Its symbols are weak and have a size, as in all machines' vdso (vdso(7)).
  const auto image = target_->OpenFile(Module{"[vdso]", {*map_.Find(Address(vdso))}});
  ASSERT_TRUE(image) << image.error().Message();
  UniqueFd copy(dup(image->get()));
  const auto elf = ElfFile::FromFd(std::move(copy), "[vdso]");
  ASSERT_TRUE(elf);
  const auto symbol = elf->FindSymbol("__vdso_clock_gettime");
  ASSERT_TRUE(symbol);
  const FrameId frame = code.Find(Address(vdso + symbol->address.value + 1), map_);
  EXPECT_EQ(FileOf(frame), "[vdso]");
  EXPECT_THAT(NameOf(frame), testing::HasSubstr("clock_gettime"));
}

TEST(NativeModulesOfARun, AreEachThereOnce) {
  StackTable stacks;
  NativeModules modules(stacks);
  const ModuleId first = modules.Add({"/a.so", "11", 1, 2, {}});
  EXPECT_EQ(modules.Add({"/a.so", "11", 8, 9, {}}), first);  // in another process's mount
  const ModuleId replaced = modules.Add({"/a.so", "22", 1, 2, {}});
  EXPECT_NE(replaced, first);
  EXPECT_NE(modules.Add({"/b.so", "", 1, 2, {}}), modules.Add({"/b.so", "", 1, 3, {}}));
  const FrameId frame = modules.Frame(first, FileAddress{0x1a2b});
  EXPECT_EQ(modules.Frame(first, FileAddress{0x1a2b}), frame);
  const FrameId other = modules.Frame(replaced, FileAddress{0x1a2b});
  EXPECT_NE(other, frame);
  EXPECT_EQ(stacks.strings().Get(stacks.frame(frame).function), "0x1a2b");
  EXPECT_EQ(stacks.strings().Get(stacks.frame(frame).file), "/a.so");
  EXPECT_EQ(stacks.strings().Get(stacks.frame(other).file), "/a.so (2)");
}

TEST(NativeModulesOfARun, KeepABoundedNumberOfFilesOpen) {
  StackTable stacks;
  NativeModules modules(stacks);
  const std::string path = std::filesystem::canonical(SYMBOLS_MODULE);
  const auto file = ElfFile::Open(path);
  ASSERT_TRUE(file);
  ModuleId last;
  for (std::size_t i = 0; i <= NativeModules::kMaxOpen; ++i) {
    last = modules.Add({fmt::format("/{}", i), "", 1, i + 1, UniqueFd(dup(STDIN_FILENO))});
    EXPECT_EQ(modules.module(last).file.valid(), i < NativeModules::kMaxOpen);
  }
  EXPECT_FALSE(modules.Open(last));
  // What was not kept is looked for where it was, and must be the same.
  const ModuleId same = modules.Add({path, file->BuildId(), 1, 1, {}});
  EXPECT_TRUE(modules.Open(same));
  EXPECT_FALSE(modules.Open(modules.Add({path, "0123", 1, 1, {}})));
  EXPECT_FALSE(modules.Open(modules.Add({path, "", 1, 1, {}})));
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_TRUE(modules.Open(modules.Add({path, "", status.st_dev, status.st_ino, {}})));
}

}  // namespace
}  // namespace osprey
