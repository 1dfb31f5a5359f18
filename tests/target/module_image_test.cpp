#include "target/module_image.h"

#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <vector>

#include "osprey/target/live_target.h"
#include "osprey/target/snapshot_memory.h"

namespace osprey {
namespace {

class ModuleImage : public testing::TestWithParam<const char*> {};

TEST_P(ModuleImage, HasTheSymbolsOfALoadedLibrary) {
  void* library = ::dlopen(GetParam(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << ::dlerror();
  const auto target = LiveTarget::Open(::getpid());
  ASSERT_TRUE(target);
  const auto path = std::filesystem::canonical(GetParam());
  const auto map = target->ReadMap();
  ASSERT_TRUE(map);
  bool found = false;
  for (const Module& module : Modules(*map)) {
    if (module.path != path) continue;
    found = true;
    auto copied = CopyModule(target->memory(), module);
    ASSERT_TRUE(copied) << copied.error().Message();
    const auto file = ElfFile::FromFd(std::move(*copied), "copy");
    ASSERT_TRUE(file) << file.error().Message();
    EXPECT_FALSE(file->FindSection(".text"));
    const auto symbol = file->FindSymbol("osprey_test_number");
    ASSERT_TRUE(symbol);
    const auto bias = LoadBias(module, *file);
    ASSERT_TRUE(bias);
    EXPECT_EQ(symbol->address.value + *bias,
              reinterpret_cast<std::uintptr_t>(::dlsym(library, "osprey_test_number")));
  }
  EXPECT_TRUE(found);
  ::dlclose(library);
}

INSTANTIATE_TEST_SUITE_P(HashTables, ModuleImage,
                         testing::Values(SMALL_MODULE_gnu, SMALL_MODULE_sysv));

Module Mapped(const char* map) { return Modules(MemoryMap::Parse(map)).at(0); }

Elf64_Ehdr Header() {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  return header;
}

void Put(SnapshotMemory& memory, const Elf64_Ehdr& header, std::span<const Elf64_Phdr> programs) {
  std::vector<std::byte> bytes(4096);
  std::memcpy(bytes.data(), &header, sizeof header);
  if (!programs.empty()) {
    std::memcpy(bytes.data() + sizeof header, programs.data(), programs.size_bytes());
  }
  memory.Put(Address(0x1000), bytes);
}

TEST(HostileModuleImage, RefusesWhatIsNoElfFile) {
  SnapshotMemory memory;
  memory.Put(Address(0x1000), std::vector<std::byte>(4096));
  EXPECT_FALSE(CopyModule(memory, Mapped("1000-2000 r--p 00000000 fe:00 7 /lib/b.so\n")));
  EXPECT_FALSE(CopyModule(memory, Mapped("1000-2000 r--p 00001000 fe:00 7 /lib/b.so\n")));
  EXPECT_FALSE(CopyModule(memory, Mapped("5000-6000 r--p 00000000 fe:00 7 /lib/b.so\n")));
  EXPECT_FALSE(CopyModule(memory, Module{"/nothing", {}}));
}

TEST(HostileModuleImage, RefusesWhatIsTooLarge) {
  SnapshotMemory memory;
  Put(memory, Header(), {});
  for (const char* rest : {"100000-80000000 rw-p 00000000 fe:00 7 /lib/b.so\n",
                           "100000-101000 rw-p 80000000 fe:00 7 /lib/b.so\n",
                           "100000-101000 rw-p fffffffffffff000 fe:00 7 /lib/b.so\n"}) {
    EXPECT_FALSE(CopyModule(
        memory, Mapped(fmt::format("1000-2000 r--p 00000000 fe:00 7 /lib/b.so\n{}", rest).c_str())))
        << rest;
  }
}

TEST(HostileModuleImage, LooksAtNothingOutsideOfIt) {
  const Module module = Mapped("1000-2000 r--p 00000000 fe:00 7 /lib/b.so\n");
  for (const std::uint64_t offset :
       {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{4088}, UINT64_MAX, UINT64_MAX - 55}) {
    for (const std::uint16_t count : {std::uint16_t{0}, std::uint16_t{2}, std::uint16_t{65535}}) {
      SnapshotMemory memory;
      Elf64_Ehdr header = Header();
      header.e_phoff = offset;
      header.e_phnum = count;
      Put(memory, header, {});
      EXPECT_TRUE(CopyModule(memory, module)) << offset << " " << count;
    }
    SnapshotMemory memory;
    Elf64_Ehdr header = Header();
    header.e_phoff = sizeof header;
    header.e_phnum = 2;
    Elf64_Phdr programs[2] = {};
    programs[0].p_type = PT_LOAD;
    programs[0].p_vaddr = offset;
    programs[1].p_type = PT_DYNAMIC;
    programs[1].p_offset = offset;
    programs[1].p_filesz = UINT64_MAX;
    Put(memory, header, programs);
    EXPECT_TRUE(CopyModule(memory, module)) << offset;
  }
}

}  // namespace
}  // namespace osprey
