// An ELF file that holds anything: whole headers of a real one with the input laid over them.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "osprey/target/elf_file.h"

namespace {

// The file this very program is: a real ELF file to start from.
std::vector<std::uint8_t> Original() {
  std::vector<std::uint8_t> bytes(1U << 16U);
  const int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const ssize_t got = fd < 0 ? 0 : ::read(fd, bytes.data(), bytes.size());
  if (fd >= 0) ::close(fd);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::uint8_t> original = Original();
  std::vector<std::uint8_t> bytes = original;
  // Every four bytes: where (two bytes), and what is added to two bytes there.
  for (std::size_t i = 0; i + 4 <= size; i += 4) {
    const std::size_t at = (data[i] | std::size_t{data[i + 1]} << 8U) % (i % 8 == 0 ? 1024 : 65535);
    if (at + 1 >= bytes.size()) continue;
    bytes[at] = static_cast<std::uint8_t>(bytes[at] + data[i + 2]);
    bytes[at + 1] = static_cast<std::uint8_t>(bytes[at + 1] + data[i + 3]);
  }
  const int fd = ::memfd_create("elf", MFD_CLOEXEC);
  if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) < 0) return 0;
  const auto file = osprey::ElfFile::FromFd(osprey::UniqueFd(fd), "elf");
  if (!file) return 0;
  (void)file->FindSection(".PyRuntime");
  (void)file->FindSymbol("_PyRuntime");
  for (const auto& segment : file->segments()) (void)file->ReadLoaded(segment.address, 64);
  return 0;
}
