// A core file whose headers and notes hold anything.
#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "osprey/target/core_target.h"

namespace {

constexpr std::size_t kSegments = 4;

// The input as notes and as the bytes of the segments, under headers that say so: what follows them
// is reached. The first bytes of the input bend those headers.
std::string CoreOf(const std::uint8_t* data, std::size_t size) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_CORE;
  header.e_machine = data[0] % 2 == 0 ? EM_X86_64 : EM_AARCH64;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = kSegments + 1;
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  const std::uint64_t body = sizeof header + (kSegments + 1) * sizeof(Elf64_Phdr);
  for (std::size_t i = 0; i <= kSegments; ++i) {
    Elf64_Phdr program{};
    program.p_type = i == 0 ? PT_NOTE : PT_LOAD;
    program.p_flags = data[i + 1] % 8;
    program.p_offset = body + (i == 0 ? 0 : data[i + 1]);
    program.p_filesz = size;
    program.p_vaddr = 0x1000 * i;
    program.p_memsz = i == 0 ? 0 : 0x1000;
    bytes.append(reinterpret_cast<const char*>(&program), sizeof program);
  }
  bytes.append(reinterpret_cast<const char*>(data), size);
  // Four bytes each: where in the headers, and what is added there.
  for (std::size_t i = 8; i + 4 <= 16; i += 4) {
    const std::size_t at = data[i] % body;
    bytes[at] = static_cast<char>(bytes[at] + static_cast<char>(data[i + 1]));
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osprey;
  if (size < 16) return 0;
  const std::string bytes = CoreOf(data, size);
  UniqueFd fd(::memfd_create("core", MFD_CLOEXEC));
  if (!fd.valid() || ::write(fd.get(), bytes.data(), bytes.size()) < 0) return 0;
  // No file of this machine takes part: paths lead into an empty root first, and are no ELF files
  // of that build ID then.
  const auto core = CoreTarget::FromFd(std::move(fd), "core", {"", "/proc/self/fdinfo"});
  if (!core) return 0;
  (void)core->ExecutablePath();
  const auto map = core->ReadMap();
  for (const Module& module : Modules(*map)) {
    const auto file = core->OpenModule(module);
    if (!file) continue;
    (void)LoadBias(module, *file);
    (void)file->FindSymbol("_PyRuntime");
  }
  for (const Mapping& m : map->mappings()) {
    (void)core->memory().ReadAs<std::uint64_t>(m.start);
    (void)core->memory().ReadAs<std::uint64_t>(m.end - 4);
  }
  return 0;
}
