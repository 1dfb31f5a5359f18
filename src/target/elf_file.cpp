#include "osprey/target/elf_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "target/elf_dynamic.h"
#include "target/elf_notes.h"
#include "target/file_bytes.h"

namespace osprey {
namespace {

// Linkers make fewer than 20 program headers; a file with more than this is not one to load.
constexpr std::size_t kMaxProgramHeaders = 1024;
// What a symbol or string table may take: those of browsers take about 200 MB.
constexpr std::uint64_t kMaxTableBytes = std::uint64_t{1} << 30;
// Sections are 16-bit in common files; compilers' -ffunction-sections objects exceed that.
constexpr std::size_t kMaxSections = std::size_t{1} << 20;
// The build ID stands in a segment of notes with little else: some hundred bytes.
constexpr std::uint64_t kMaxNotes = 65536;

Error Malformed(const std::string& name, std::string_view what) {
  return Error{ErrorCode::kMalformed, 0, Address{}, fmt::format("{}: {}", name, what)};
}

Error OpenError(const std::string& path) {
  const bool refused = errno == EACCES || errno == EPERM;
  return ErrnoError(refused ? ErrorCode::kNotPermitted : ErrorCode::kNotFound,
                    fmt::format("cannot open {}", path));
}

}  // namespace

struct ElfFile::Impl {
  Impl(UniqueFd file, std::string file_name, std::uint64_t size)
      : fd(std::move(file)), bytes(fd.get(), size), name(std::move(file_name)) {}
  ~Impl() { ::elf_end(elf); }  // takes null
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> ReadHeaders();
  // The first section for which `wanted(header)` holds; null when there is none.
  template <typename Wanted>
  Elf_Scn* FindHeader(GElf_Shdr& header, Wanted wanted) const;
  // The first table of `type` (SHT_DYNSYM, SHT_SYMTAB) with its strings; empty when there is none.
  SymbolTable ReadSymbols(std::uint32_t type) const;
  const SymbolTable& dynamic_symbols();
  const SymbolTable& static_symbols();

  UniqueFd fd;
  FileBytes bytes;
  std::string name;
  Elf* elf = nullptr;
  std::vector<ElfSegment> segments;
  std::uint64_t dynamic_offset = 0;  // of PT_DYNAMIC
  std::uint64_t dynamic_size = 0;    // 0: it has none
  std::string build_id;
  std::unique_ptr<ElfFile> debug;
  // Tables are read once: finding a runtime asks for several names.
  std::optional<SymbolTable> dynamic_table;
  std::optional<SymbolTable> static_table;
};

Result<void> ElfFile::Impl::ReadHeaders() {
  if (::elf_version(EV_CURRENT) == EV_NONE) return Malformed(name, "libelf is too old");
  // Not mapped: a file that is cut while it is mapped kills its reader with SIGBUS.
  elf = ::elf_begin(fd.get(), ELF_C_READ, nullptr);
  GElf_Ehdr header;
  if (elf == nullptr || ::elf_kind(elf) != ELF_K_ELF || ::gelf_getehdr(elf, &header) == nullptr) {
    return Malformed(name, "not an ELF file");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return Malformed(name, "not a 64-bit little-endian ELF file");
  }
  std::size_t count = 0;
  if (::elf_getphdrnum(elf, &count) != 0) return Malformed(name, "its program headers are broken");
  if (count > kMaxProgramHeaders) return Malformed(name, "it has too many program headers");
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr program;
    if (::gelf_getphdr(elf, static_cast<int>(i), &program) == nullptr) {
      return Malformed(name, "its program headers are broken");
    }
    if (program.p_type == PT_DYNAMIC) {
      dynamic_offset = program.p_offset;
      dynamic_size = program.p_filesz;
    }
    if (program.p_type == PT_NOTE && build_id.empty()) {
      const auto notes =
          bytes.ReadArray<std::byte>(program.p_offset, std::min(program.p_filesz, kMaxNotes));
      if (notes) build_id = FindBuildId(*notes);
    }
    if (program.p_type != PT_LOAD) continue;
    segments.push_back(ElfSegment{FileAddress{program.p_vaddr}, program.p_memsz, program.p_offset,
                                  program.p_filesz, (program.p_flags & PF_W) != 0});
  }
  return {};
}

template <typename Wanted>
Elf_Scn* ElfFile::Impl::FindHeader(GElf_Shdr& header, Wanted wanted) const {
  Elf_Scn* section = nullptr;
  for (std::size_t i = 0; i < kMaxSections; ++i) {
    section = ::elf_nextscn(elf, section);
    if (section == nullptr) return nullptr;
    if (::gelf_getshdr(section, &header) != nullptr && wanted(header)) return section;
  }
  return nullptr;
}

SymbolTable ElfFile::Impl::ReadSymbols(std::uint32_t type) const {
  GElf_Shdr header;
  if (FindHeader(header, [type](const GElf_Shdr& h) { return h.sh_type == type; }) == nullptr) {
    return {};
  }
  GElf_Shdr strings_header;
  Elf_Scn* strings_section = ::elf_getscn(elf, header.sh_link);
  if (strings_section == nullptr || ::gelf_getshdr(strings_section, &strings_header) == nullptr ||
      strings_header.sh_type != SHT_STRTAB || header.sh_size > kMaxTableBytes ||
      strings_header.sh_size > kMaxTableBytes) {
    return {};
  }
  auto symbols = bytes.ReadArray<Elf64_Sym>(header.sh_offset, header.sh_size / sizeof(Elf64_Sym));
  auto strings = bytes.ReadArray<char>(strings_header.sh_offset, strings_header.sh_size);
  if (!symbols || !strings) return {};
  return SymbolTable{std::move(*symbols), std::move(*strings)};
}

const SymbolTable& ElfFile::Impl::dynamic_symbols() {
  if (!dynamic_table) {
    dynamic_table = ReadSymbols(SHT_DYNSYM);
    if (dynamic_table->symbols.empty() && dynamic_size != 0) {
      dynamic_table = ReadDynamicSymbols(bytes, segments, dynamic_offset, dynamic_size);
    }
  }
  return *dynamic_table;
}

const SymbolTable& ElfFile::Impl::static_symbols() {
  if (!static_table) static_table = ReadSymbols(SHT_SYMTAB);
  return *static_table;
}

ElfFile::ElfFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ElfFile::ElfFile(ElfFile&&) noexcept = default;
ElfFile& ElfFile::operator=(ElfFile&&) noexcept = default;
ElfFile::~ElfFile() = default;

Result<ElfFile> ElfFile::Open(const std::string& path) {
  // O_NONBLOCK: a named pipe would keep us waiting for its writer.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) return OpenError(path);
  return FromFd(std::move(fd), path);
}

Result<ElfFile> ElfFile::FromFd(UniqueFd fd, const std::string& name) {
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return OpenError(name);
  if (!S_ISREG(status.st_mode)) return Malformed(name, "not a regular file");
  auto impl =
      std::make_unique<Impl>(std::move(fd), name, static_cast<std::uint64_t>(status.st_size));
  if (auto read = impl->ReadHeaders(); !read) return read.error();
  return ElfFile(std::move(impl));
}

const std::vector<ElfSegment>& ElfFile::segments() const { return impl_->segments; }

const std::string& ElfFile::BuildId() const { return impl_->build_id; }

void ElfFile::UseDebugFile(ElfFile debug) {
  impl_->debug = std::make_unique<ElfFile>(std::move(debug));
}

std::optional<ElfSection> ElfFile::FindSection(std::string_view name) const {
  std::size_t names = 0;
  const auto elsewhere = [&] {
    return impl_->debug ? impl_->debug->FindSection(name) : std::nullopt;
  };
  if (::elf_getshdrstrndx(impl_->elf, &names) != 0) return elsewhere();
  GElf_Shdr header;
  const auto has_name = [&](const GElf_Shdr& h) {
    const char* found = ::elf_strptr(impl_->elf, names, h.sh_name);
    return found != nullptr && found == name;
  };
  if (impl_->FindHeader(header, has_name) == nullptr) return elsewhere();
  return ElfSection{FileAddress{header.sh_addr}, header.sh_size, header.sh_offset,
                    header.sh_type != SHT_NOBITS};
}

std::optional<ElfSymbol> ElfFile::FindSymbol(std::string_view name) const {
  if (auto found = impl_->dynamic_symbols().Find(name)) return found;
  if (auto found = impl_->static_symbols().Find(name)) return found;
  return impl_->debug ? impl_->debug->FindSymbol(name) : std::nullopt;
}

std::vector<ElfSymbol> ElfFile::FindFunctions(
    const std::function<bool(std::string_view)>& wanted) const {
  std::vector<ElfSymbol> found;
  impl_->dynamic_symbols().FindFunctions(wanted, found);
  impl_->static_symbols().FindFunctions(wanted, found);
  if (impl_->debug) {
    for (const ElfSymbol& symbol : impl_->debug->FindFunctions(wanted)) found.push_back(symbol);
  }
  const auto key = [](const ElfSymbol& s) { return std::pair(s.address.value, s.size); };
  std::sort(found.begin(), found.end(),
            [&](const ElfSymbol& a, const ElfSymbol& b) { return key(a) < key(b); });
  const auto same = [&](const ElfSymbol& a, const ElfSymbol& b) { return key(a) == key(b); };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
  return found;
}

Result<std::vector<std::byte>> ElfFile::ReadLoaded(FileAddress address, std::size_t size) const {
  for (const ElfSegment& segment : impl_->segments) {
    const std::uint64_t inside = address.value - segment.address.value;  // wraps below it
    if (inside >= segment.file_size || size > segment.file_size - inside) continue;
    const std::uint64_t offset = segment.file_offset + inside;
    if (auto bytes = impl_->bytes.ReadArray<std::byte>(offset, size)) return std::move(*bytes);
  }
  return Error{ErrorCode::kNotFound, 0, Address(address.value),
               fmt::format("{} has no bytes", impl_->name)};
}

}  // namespace osprey
