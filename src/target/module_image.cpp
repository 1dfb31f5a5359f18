#include "target/module_image.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace osprey {
namespace {

// Interpreters and what they are linked into take up to some 50 MiB. A process may also have a
// deleted file of any size mapped, such as shared memory: that is not copied.
constexpr std::uint64_t kMaxImage = std::uint64_t{256} << 20;
constexpr std::size_t kMaxProgramHeaders = 1024;  // as ElfFile
constexpr std::size_t kMaxDynamicEntries = 4096;  // as ReadDynamicSymbols

Error NotCopied(const Module& module) {
  return Error{ErrorCode::kNotFound, 0, Address{},
               fmt::format("{} cannot be read out of the process's memory", module.path)};
}

template <typename T>
T* At(std::vector<std::byte>& image, std::uint64_t offset, std::uint64_t count = 1) {
  if (offset % alignof(T) != 0 || offset > image.size() ||
      count > (image.size() - offset) / sizeof(T)) {
    return nullptr;
  }
  return reinterpret_cast<T*>(image.data() + offset);
}

// glibc's dynamic linker replaces these addresses of the file by those where it was loaded
// (elf/get-dynamic-info.h, ADJUST_DYN_INFO); musl's leaves them alone.
bool IsAdjusted(std::int64_t tag) {
  return tag == DT_SYMTAB || tag == DT_STRTAB || tag == DT_HASH || tag == DT_GNU_HASH;
}

void UndoAdjustment(std::vector<std::byte>& image, const Elf64_Phdr& dynamic, std::uint64_t bias) {
  const std::uint64_t count =
      std::min<std::uint64_t>(dynamic.p_filesz / sizeof(Elf64_Dyn), kMaxDynamicEntries);
  auto* entries = At<Elf64_Dyn>(image, dynamic.p_offset, count);
  if (entries == nullptr) return;
  for (std::uint64_t i = 0; i < count && entries[i].d_tag != DT_NULL; ++i) {
    if (IsAdjusted(entries[i].d_tag) && entries[i].d_un.d_ptr >= bias) {
      entries[i].d_un.d_ptr -= bias;
    }
  }
}

// Makes the image a file that says nothing untrue: no section headers, and addresses as the linker
// wrote them. `start` is where its first byte is mapped.
void Mend(std::vector<std::byte>& image, Address start) {
  auto* header = At<Elf64_Ehdr>(image, 0);
  header->e_shoff = 0;
  header->e_shnum = 0;
  header->e_shstrndx = SHN_UNDEF;
  const std::size_t count = header->e_phnum;
  const auto* programs = At<Elf64_Phdr>(image, header->e_phoff, count);
  if (programs == nullptr || count > kMaxProgramHeaders) return;
  const auto* end = programs + count;
  const auto* first =
      std::find_if(programs, end, [](const Elf64_Phdr& p) { return p.p_type == PT_LOAD; });
  const auto* dynamic =
      std::find_if(programs, end, [](const Elf64_Phdr& p) { return p.p_type == PT_DYNAMIC; });
  if (first == end || dynamic == end) return;
  const std::uint64_t bias = start.value - (first->p_vaddr - first->p_offset);
  if (bias != 0) UndoAdjustment(image, *dynamic, bias);
}

// The end of a mapping may lie behind the end of its file, where nothing can be read, and a core
// file may hold some pages of it and others not. What cannot be read stays zero.
void ReadWhatCan(const Memory& memory, Address start, std::span<std::byte> to) {
  if (memory.Read(start, to)) return;
  constexpr std::size_t kPage = 4096;
  for (std::size_t at = 0; at < to.size(); at += kPage) {
    (void)memory.Read(start + at, to.subspan(at, std::min(kPage, to.size() - at)));
  }
}

Result<UniqueFd> ToFile(std::span<const std::byte> image, const Module& module) {
  UniqueFd fd(::memfd_create("osprey-module", MFD_CLOEXEC));
  if (!fd.valid()) return NotCopied(module);
  for (std::size_t done = 0; done < image.size();) {
    const ssize_t wrote = ::write(fd.get(), image.data() + done, image.size() - done);
    if (wrote <= 0) return NotCopied(module);
    done += static_cast<std::size_t>(wrote);
  }
  return fd;
}

}  // namespace

Result<UniqueFd> CopyModule(const Memory& memory, const Module& module) {
  const auto first = std::find_if(module.mappings.begin(), module.mappings.end(),
                                  [](const Mapping& m) { return m.file_offset == 0; });
  if (first == module.mappings.end()) return NotCopied(module);
  const auto header = memory.ReadAs<Elf64_Ehdr>(first->start);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64) {
    return NotCopied(module);
  }
  std::uint64_t size = 0;
  for (const Mapping& m : module.mappings) {
    if (m.file_offset > kMaxImage || m.end - m.start > kMaxImage) return NotCopied(module);
    size = std::max(size, m.file_offset + (m.end - m.start));
  }
  if (size > kMaxImage) return NotCopied(module);
  std::vector<std::byte> image(size);
  for (const Mapping& m : module.mappings) {
    if (m.readable)
      ReadWhatCan(memory, m.start, std::span(image).subspan(m.file_offset, m.end - m.start));
  }
  if (std::memcmp(image.data(), ELFMAG, SELFMAG) != 0) return NotCopied(module);
  Mend(image, first->start);
  return ToFile(image, module);
}

}  // namespace osprey
