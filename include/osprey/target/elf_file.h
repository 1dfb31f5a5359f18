// The sections, segments and symbols of one ELF file on disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"

namespace osprey {

// An address as the file's own headers count it, before it is loaded somewhere.
struct FileAddress {
  std::uint64_t value = 0;
};

struct ElfSymbol {
  FileAddress address;
  std::uint64_t size = 0;
};

struct ElfSection {
  FileAddress address;
  std::uint64_t size = 0;
  std::uint64_t file_offset = 0;
  bool has_bytes = true;  // false: .bss, nothing in the file
};

struct ElfSegment {  // a PT_LOAD
  FileAddress address;
  std::uint64_t memory_size = 0;
  std::uint64_t file_offset = 0;
  std::uint64_t file_size = 0;
  bool writable = false;
};

// Not to be used by two threads at once: sections are read when they are first asked for.
class ElfFile {
 public:
  // Opens `path` and checks that it is a 64-bit little-endian ELF file.
  // kNotFound or kNotPermitted when it cannot be opened, kMalformed when it is not one.
  static Result<ElfFile> Open(const std::string& path);
  // The same for a regular file that is open for reading; `name` is for messages.
  static Result<ElfFile> FromFd(UniqueFd fd, const std::string& name);
  ElfFile(ElfFile&&) noexcept;
  ElfFile& operator=(ElfFile&&) noexcept;
  ~ElfFile();

  // The first section of that name; none where the file has no section headers.
  std::optional<ElfSection> FindSection(std::string_view name) const;
  // A defined symbol of that name, from .dynsym first, then .symtab. A file without section
  // headers is searched through PT_DYNAMIC.
  std::optional<ElfSymbol> FindSymbol(std::string_view name) const;
  // All functions (STT_FUNC) that .dynsym and .symtab name so that `wanted` holds, each once, by
  // their addresses.
  std::vector<ElfSymbol> FindFunctions(const std::function<bool(std::string_view)>& wanted) const;
  const std::vector<ElfSegment>& segments() const;
  // The build ID in hexadecimal (ld(1), --build-id); empty where the file has none.
  const std::string& BuildId() const;

  // From now on sections and symbols that this file lacks are looked for in `debug`: the file that
  // holds what was stripped (objcopy(1), --only-keep-debug). It counts addresses as this one does.
  void UseDebugFile(ElfFile debug);

  // `size` bytes of the file that are loaded at `address`; kNotFound where the file has none there.
  Result<std::vector<std::byte>> ReadLoaded(FileAddress address, std::size_t size) const;

 private:
  struct Impl;
  explicit ElfFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace osprey
