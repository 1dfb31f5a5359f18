#include "target/core_notes.h"

#include <elf.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "target/core_registers.h"
#include "target/elf_notes.h"

namespace osprey {
namespace {

// Each thread has some ten notes; Linux has at most 2^22 threads, and nobody dumps more than some
// ten thousand.
constexpr std::size_t kMaxNotes = std::size_t{1} << 20;
constexpr std::size_t kMaxName = 16;  // "CORE", "LINUX", "GNU"
// The kernel leaves NT_FILE out where it would take more than 4 MiB (core_file_note_size_limit),
// unless the administrator allows up to 16 MiB.
constexpr std::uint64_t kMaxFileNote = std::uint64_t{16} << 20;
// Some 20 pairs of words on Linux 6.
constexpr std::uint64_t kMaxAuxv = 65536;
constexpr std::uint64_t kMaxSignal = 128;  // sizeof(siginfo_t)
constexpr std::uint64_t kMaxPsinfo = 256;

constexpr std::string_view kDeletedMark = " (deleted)";

using Bytes = std::vector<std::byte>;

template <typename T>
T Get(const Bytes& bytes, std::size_t at) {
  T value{};
  if (at + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::string Text(const Bytes& bytes, std::size_t at, std::size_t size) {
  if (at + size > bytes.size()) return {};
  const auto* chars = reinterpret_cast<const char*>(bytes.data()) + at;
  return {chars, ::strnlen(chars, size)};
}

// struct elf_prpsinfo (sys/procfs.h), the same on both machines but for padding.
void ReadPsinfo(const Bytes& bytes, CoreNotes& notes) {
  constexpr std::size_t kPid = 24;
  constexpr std::size_t kName = 40;
  constexpr std::size_t kNameSize = 16;
  constexpr std::size_t kArguments = 56;
  constexpr std::size_t kArgumentsSize = 80;
  notes.pid = Get<std::int32_t>(bytes, kPid);
  notes.name = Text(bytes, kName, kNameSize);
  notes.arguments = Text(bytes, kArguments, kArgumentsSize);
  // The kernel turns the NUL behind the last argument into a blank as well.
  while (notes.arguments.ends_with(' ')) notes.arguments.pop_back();
}

// siginfo_t (sigaction(2)); the union behind the three numbers is aligned to eight bytes.
void ReadSignal(const Bytes& bytes, CoreNotes& notes) {
  CoreSignal signal;
  signal.number = Get<std::int32_t>(bytes, 0);
  signal.code = Get<std::int32_t>(bytes, 8);
  // gcore writes the SIGSTOP that it stopped the process with.
  if (signal.number <= 0 || signal.number == SIGSTOP) return;
  const bool by_processor = signal.number == SIGSEGV || signal.number == SIGBUS ||
                            signal.number == SIGILL || signal.number == SIGFPE ||
                            signal.number == SIGTRAP;
  if (signal.code <= 0) {  // SI_USER, SI_QUEUE, SI_TKILL ...
    signal.sender = Get<std::int32_t>(bytes, 16);
  } else if (by_processor) {
    signal.fault_address = Get<Address>(bytes, 16);
  }
  notes.signal = signal;
}

bool IsPageSize(std::uint64_t size) {
  return size >= 4096 && size <= 65536 && (size & (size - 1)) == 0;
}

void ReadAuxv(const Bytes& bytes, CoreNotes& notes) {
  notes.auxv.clear();
  for (std::size_t at = 0; at + 16 <= bytes.size(); at += 16) {
    const auto type = Get<std::uint64_t>(bytes, at);
    if (type == AT_NULL) break;
    const auto value = Get<std::uint64_t>(bytes, at + 8);
    if (type == AT_PAGESZ && IsPageSize(value)) notes.page_size = value;
    notes.auxv.emplace_back(type, value);
  }
}

// A count, the page size, (start, end, offset in pages) for each, and then their names.
bool ReadFiles(const Bytes& bytes, CoreNotes& notes) {
  constexpr std::size_t kHead = 16;
  constexpr std::size_t kEntry = 24;
  const auto count = Get<std::uint64_t>(bytes, 0);
  const auto page_size = Get<std::uint64_t>(bytes, 8);
  if (bytes.size() < kHead || count > (bytes.size() - kHead) / kEntry) return false;
  // gcore writes a page size of 1 and offsets in bytes.
  if (page_size != 1 && !IsPageSize(page_size)) return false;
  if (IsPageSize(page_size)) notes.page_size = page_size;

  std::vector<CoreMappedFile> files;
  std::size_t name_at = kHead + count * kEntry;
  for (std::uint64_t i = 0; i < count; ++i) {
    CoreMappedFile file;
    file.start = Get<Address>(bytes, kHead + i * kEntry);
    file.end = Get<Address>(bytes, kHead + i * kEntry + 8);
    const auto pages = Get<std::uint64_t>(bytes, kHead + i * kEntry + 16);
    const auto* name = reinterpret_cast<const char*>(bytes.data()) + name_at;
    const std::size_t length = ::strnlen(name, bytes.size() - name_at);
    if (length == bytes.size() - name_at) return false;  // it has no end
    name_at += length + 1;
    file.path.assign(name, length);
    if (file.path.ends_with(kDeletedMark)) {
      file.deleted = true;
      file.path.resize(file.path.size() - kDeletedMark.size());
    }
    // Files end below 2^63 bytes (off_t).
    if (file.start >= file.end || pages > (std::uint64_t{1} << 62U) / page_size) continue;
    file.file_offset = pages * page_size;
    files.push_back(std::move(file));
  }
  std::stable_sort(files.begin(), files.end(),
                   [](const auto& a, const auto& b) { return a.start < b.start; });
  notes.files.clear();
  for (CoreMappedFile& file : files) {
    if (notes.files.empty() || notes.files.back().end <= file.start) {
      notes.files.push_back(std::move(file));
    }
  }
  return true;
}

class NoteReader {
 public:
  NoteReader(const FileBytes& file, Machine machine, CoreNotes& notes)
      : file_(file), machine_(machine), notes_(notes) {}

  // False when its description cannot be read.
  bool Take(std::uint32_t type, std::string_view name, std::uint64_t offset, std::uint64_t size) {
    if (name == "LINUX" && type == NT_ARM_TLS && machine_ == Machine::kAarch64) {
      const auto bytes = Read(offset, size, sizeof(std::uint64_t));
      // It follows the NT_PRSTATUS of its thread.
      if (bytes && !notes_.threads.empty()) {
        notes_.threads.back().registers.thread_pointer = Get<Address>(*bytes, 0);
      }
      return bytes.has_value();
    }
    if (name != "CORE") return true;
    switch (type) {
      case NT_PRSTATUS: {
        const auto bytes = Read(offset, size, kPrstatusLimit);
        auto thread = bytes ? ParsePrstatus(*bytes, machine_) : std::nullopt;
        if (thread) notes_.threads.push_back(std::move(*thread));
        return bytes.has_value();
      }
      case NT_PRPSINFO:
        return With(offset, size, kMaxPsinfo, ReadPsinfo);
      case NT_SIGINFO:
        return With(offset, size, kMaxSignal, ReadSignal);
      case NT_AUXV:
        return With(offset, size, kMaxAuxv, ReadAuxv);
      case NT_FILE: {
        const auto bytes = Read(offset, size, kMaxFileNote);
        return bytes && ReadFiles(*bytes, notes_);
      }
      default:
        return true;
    }
  }

 private:
  // At most `limit` bytes of a description.
  std::optional<Bytes> Read(std::uint64_t offset, std::uint64_t size, std::uint64_t limit) const {
    return file_.ReadArray<std::byte>(offset, std::min(size, limit));
  }
  bool With(std::uint64_t offset, std::uint64_t size, std::uint64_t limit,
            void (*parse)(const Bytes&, CoreNotes&)) {
    const auto bytes = Read(offset, size, limit);
    if (bytes) parse(*bytes, notes_);
    return bytes.has_value();
  }

  const FileBytes& file_;
  Machine machine_;
  CoreNotes& notes_;
};

}  // namespace

std::uint64_t CoreNotes::Auxiliary(std::uint64_t type) const {
  const auto found =
      std::find_if(auxv.begin(), auxv.end(), [type](const auto& e) { return e.first == type; });
  return found == auxv.end() ? 0 : found->second;
}

void ReadCoreNotes(const FileBytes& file, std::uint64_t offset, std::uint64_t size, Machine machine,
                   CoreNotes& notes) {
  NoteReader reader(file, machine, notes);
  const std::uint64_t end = offset + size;
  if (end < offset) {
    notes.is_cut = true;
    return;
  }
  for (std::size_t i = 0; i < kMaxNotes && offset < end; ++i) {
    Elf64_Nhdr header;
    std::array<char, kMaxName> name_bytes{};
    const std::span header_bytes = std::as_writable_bytes(std::span(&header, 1));
    if (end - offset < sizeof header || !file.Read(offset, header_bytes)) {
      notes.is_cut = true;
      return;
    }
    const std::uint64_t name_at = offset + sizeof header;
    const std::uint64_t description_at = name_at + PaddedNoteSize(header.n_namesz);
    const std::uint64_t next = description_at + PaddedNoteSize(header.n_descsz);
    std::string_view name(name_bytes.data(), std::min<std::size_t>(kMaxName, header.n_namesz));
    const std::span to = std::as_writable_bytes(std::span(name_bytes)).first(name.size());
    if (next > end || !file.Read(name_at, to)) {
      notes.is_cut = true;
      return;
    }
    if (name.ends_with('\0')) name.remove_suffix(1);
    if (!reader.Take(header.n_type, name, description_at, header.n_descsz)) notes.is_cut = true;
    offset = next;
  }
}

}  // namespace osprey
