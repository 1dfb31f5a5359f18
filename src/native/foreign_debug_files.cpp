#include "native/foreign_debug_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "osprey/target/elf_file.h"

namespace osprey {
namespace {

constexpr std::string_view kUsualFolders = ":.debug:/usr/lib/debug";
// Larger than the debug files of browsers; the checksum of so much takes seconds.
constexpr off_t kLargestSummed = off_t{2} << 30;

constexpr std::array<std::uint32_t, 256> MakeCrcTable() {
  constexpr std::uint32_t kPolynomial = 0xEDB88320;  // IEEE 802.3, bits reversed
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1U) != 0 ? (value >> 1U) ^ kPolynomial : value >> 1U;
    }
    table[i] = value;
  }
  return table;
}

// The checksum that debug links have (gdb's manual, "Debugging Information in Separate Files");
// none for what is too large or cannot be read.
std::optional<std::uint32_t> Checksum(int fd) {
  static constexpr std::array<std::uint32_t, 256> kTable = MakeCrcTable();
  struct stat status {};
  if (::fstat(fd, &status) != 0 || status.st_size > kLargestSummed) return std::nullopt;
  std::vector<unsigned char> bytes(std::size_t{1} << 18);
  std::uint32_t sum = ~std::uint32_t{0};
  // No further than that: a file may grow while it is read.
  for (off_t at = 0; at < status.st_size;) {
    const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), at);
    if (got <= 0) return std::nullopt;
    for (ssize_t i = 0; i < got; ++i) {
      sum = kTable[(sum ^ bytes[static_cast<std::size_t>(i)]) & 0xFFU] ^ (sum >> 8U);
    }
    at += got;
  }
  return ~sum;
}

bool IsWanted(int fd, const std::string& path, const WantedDebugFile& wanted) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) return false;
  const auto elf = ElfFile::FromFd(std::move(copy), path);
  // The module itself may lie under a name of its debug file.
  if (!elf || (!elf->FindSection(".debug_info") && !elf->FindSection(".symtab"))) return false;
  if (!wanted.build_id.empty()) return elf->BuildId() == wanted.build_id;
  return Checksum(fd) == wanted.crc;
}

}  // namespace

ForeignDebugFiles::ForeignDebugFiles(const TargetRoot& root, const std::string& module_path,
                                     const std::string& debug_path)
    : root_(root) {
  const std::string path = root.Inside(module_path);
  module_folder_ = path.substr(0, path.rfind('/') + 1);
  std::string_view rest = debug_path.empty() ? kUsualFolders : std::string_view(debug_path);
  while (true) {
    const std::size_t end = rest.find(':');
    std::string_view folder = rest.substr(0, end);
    // Whether checksums are to be looked at (libdwfl.h): here they always are.
    if (folder.starts_with('+') || folder.starts_with('-')) folder.remove_prefix(1);
    folders_.emplace_back(folder);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
}

std::vector<std::string> ForeignDebugFiles::Places(const WantedDebugFile& wanted) const {
  std::vector<std::string> places;
  if (wanted.build_id.size() > 2) {
    for (const std::string& folder : folders_) {
      if (!folder.starts_with('/')) continue;
      places.push_back(folder + "/.build-id/" + wanted.build_id.substr(0, 2) + "/" +
                       wanted.build_id.substr(2) + ".debug");
    }
  }
  if (wanted.link.empty()) return places;
  if (wanted.link.starts_with('/')) {
    places.push_back(wanted.link);
    return places;
  }
  if (!module_folder_.starts_with('/')) return places;  // [vdso]
  for (const std::string& folder : folders_) {
    const bool is_absolute = folder.starts_with('/');
    const std::string beside = folder.empty() ? "" : folder + "/";
    places.push_back(is_absolute ? folder + module_folder_ + wanted.link
                                 : module_folder_ + beside + wanted.link);
  }
  return places;
}

ForeignDebugFiles::Found ForeignDebugFiles::Find(const WantedDebugFile& wanted) const {
  for (std::string& place : Places(wanted)) {
    auto file = root_.Open(place);
    if (file && IsWanted(file->get(), place, wanted)) return {std::move(*file), std::move(place)};
  }
  return {};
}

}  // namespace osprey
