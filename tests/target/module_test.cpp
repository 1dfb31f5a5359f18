// Modules, LoadBias and LiveTarget::OpenModule over what is really loaded.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <link.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "osprey/target/launched_process.h"
#include "osprey/target/live_target.h"
#include "target/elf_samples.h"
#include "target/processes.h"

namespace osprey {
namespace {

namespace fs = std::filesystem;

struct CloseLibrary {
  void operator()(void* handle) const { ::dlclose(handle); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

Library Load(const std::string& path) {
  Library library(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  EXPECT_NE(library, nullptr) << ::dlerror();
  return library;
}

std::optional<Module> FindModule(const LiveTarget& target, const std::string& path) {
  const auto map = target.ReadMap();
  if (!map) return std::nullopt;
  for (Module& module : Modules(*map)) {
    if (module.path == path) return std::move(module);
  }
  return std::nullopt;
}

TEST(Modules, ListsEachFileOnce) {
  const auto modules =
      Modules(MemoryMap::Parse("1000-2000 r--p 00000000 fe:00 7 /lib/b.so\n"
                               "2000-3000 r-xp 00001000 fe:00 7 /lib/b.so\n"
                               "3000-4000 rw-p 00000000 00:00 0 \n"
                               "5000-6000 r--p 00000000 fe:00 8 /lib/a.so\n"
                               "6000-7000 r--p 00000000 fe:01 7 /lib/b.so\n"
                               "7000-8000 rw-p 00002000 fe:00 7 /lib/b.so\n"
                               "8000-9000 rw-p 00000000 00:00 0 [heap]\n"
                               "9000-a000 rw-p 00000000 00:0e 9 anon_inode:[perf_event]\n"));
  ASSERT_EQ(modules.size(), 3u);
  EXPECT_EQ(modules[0].path, "/lib/b.so");
  EXPECT_EQ(modules[0].mappings.size(), 3u);
  EXPECT_EQ(modules[1].path, "/lib/a.so");
  EXPECT_EQ(modules[2].mappings.size(), 1u) << "another device, another file";
}

TEST(LoadBias, IsWhatTheDynamicLinkerSays) {
  const Library small = Load(SMALL_MODULE_gnu);
  std::map<std::string, std::uint64_t> said;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        std::string path = info->dlpi_name;
        if (path.empty()) path = "/proc/self/exe";
        std::error_code error;
        const fs::path real = fs::canonical(path, error);
        if (!error) (*static_cast<decltype(&said)>(out))[real] = info->dlpi_addr;
        return 0;
      },
      &said);
  ASSERT_GE(said.size(), 4u);  // this program, the C and C++ libraries, the small module
  const auto target = LiveTarget::Open(::getpid());
  ASSERT_TRUE(target) << target.error().Message();
  for (const auto& [path, expected] : said) {
    const auto module = FindModule(*target, path);
    ASSERT_TRUE(module) << path;
    const auto file = target->OpenModule(*module);
    ASSERT_TRUE(file) << file.error().Message();
    const auto bias = LoadBias(*module, *file);
    ASSERT_TRUE(bias) << bias.error().Message();
    EXPECT_EQ(*bias, expected) << path;
  }
}

TEST(LoadBias, LeadsFromASymbolToItsBytes) {
  const Library small = Load(SMALL_MODULE_gnu);
  const auto target = LiveTarget::Open(::getpid());
  ASSERT_TRUE(target);
  const auto module = FindModule(*target, fs::canonical(SMALL_MODULE_gnu));
  ASSERT_TRUE(module);
  const auto file = target->OpenModule(*module);
  ASSERT_TRUE(file);
  const Address number(*LoadBias(*module, *file) +
                       file->FindSymbol("osprey_test_number")->address.value);
  EXPECT_EQ(number.value,
            reinterpret_cast<std::uintptr_t>(::dlsym(small.get(), "osprey_test_number")));
  EXPECT_EQ(target->memory().ReadAs<int>(number).value_or(0), 42);
}

TEST(LoadBias, RefusesAFileThatIsNotTheModule) {
  const auto file = ElfFile::Open(SMALL_MODULE_gnu);
  ASSERT_TRUE(file);
  const auto far = Modules(MemoryMap::Parse("1000-2000 r--p 40000000 fe:00 7 /lib/b.so\n"));
  EXPECT_EQ(LoadBias(far[0], *file).error().code, ErrorCode::kMalformed);
  EXPECT_FALSE(LoadBias(Module{"/nothing", {}}, *file));
}

TEST(OpenModule, FindsAProgramThatWasReplaced) {
  const TempDir dir;
  const std::string program = dir.path() / "program";
  fs::copy_file("/usr/bin/sleep", program);
  auto process = LaunchedProcess::Start({program, "1000"});
  ASSERT_TRUE(process) << process.error().Message();
  const Child child(process->pid());
  const auto target = LiveTarget::Open(process->pid());
  ASSERT_TRUE(target) << target.error().Message();
  fs::copy_file(SMALL_MODULE_gnu, dir.path() / "other");
  fs::rename(dir.path() / "other", program);

  const auto module = FindModule(*target, program);
  ASSERT_TRUE(module);
  EXPECT_TRUE(module->mappings[0].deleted);
  EXPECT_EQ(target->ExecutablePath(), program);
  const auto file = target->OpenModule(*module);
  ASSERT_TRUE(file) << file.error().Message();
  EXPECT_FALSE(file->FindSymbol("osprey_test_number"));
  EXPECT_TRUE(LoadBias(*module, *file));
}

TEST(OpenModule, FindsALibraryThatWasDeleted) {
  const TempDir dir;
  const std::string path = dir.path() / "library.so";
  fs::copy_file(SMALL_MODULE_gnu, path);
  const Library library = Load(path);
  const auto target = LiveTarget::Open(::getpid());
  ASSERT_TRUE(target);
  fs::remove(path);
  fs::copy_file("/usr/bin/sleep", path);  // a stranger at its path

  const auto module = FindModule(*target, path);
  ASSERT_TRUE(module);
  const auto file = target->OpenModule(*module);
  ASSERT_TRUE(file) << file.error().Message();
  EXPECT_TRUE(file->FindSymbol("osprey_test_number"));
  EXPECT_TRUE(LoadBias(*module, *file));
}

TEST(OpenModule, ComparesBytesWhereDeviceAndInodeSayNothing) {
  const Library library = Load(SMALL_MODULE_gnu);
  const auto target = LiveTarget::Open(::getpid());
  ASSERT_TRUE(target);
  auto module = FindModule(*target, fs::canonical(SMALL_MODULE_gnu));
  ASSERT_TRUE(module);
  for (Mapping& mapping : module->mappings) mapping.device = ~mapping.device;  // as overlayfs does
  const auto file = target->OpenModule(*module);
  ASSERT_TRUE(file) << file.error().Message();
  EXPECT_TRUE(file->FindSymbol("osprey_test_number"));

  module->path = fs::canonical("/usr/bin/sleep");  // other bytes: what is mapped is taken
  const auto mapped = target->OpenModule(*module);
  ASSERT_TRUE(mapped) << mapped.error().Message();
  EXPECT_TRUE(mapped->FindSymbol("osprey_test_number"));
}

TEST(OpenModule, TouchesNoDevice) {
  const auto target = LiveTarget::Open(::getpid());
  ASSERT_TRUE(target);
  const auto modules = Modules(MemoryMap::Parse("1000-2000 r--p 00000000 00:05 4 /dev/zero\n"));
  EXPECT_EQ(target->OpenModule(modules[0]).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace osprey
