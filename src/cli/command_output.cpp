#include "cli/command_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace osprey {
namespace {

constexpr long long kShown = 1LL << 20;      // more than anybody scrolls back through
constexpr long long kTrimAbove = 1LL << 26;  // a file system frees blocks in big pieces

Error CannotWrite(const std::string& path) {
  return ErrnoError(ErrorCode::kIo, fmt::format("cannot write {}", path));
}

long long SizeOf(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? static_cast<long long>(status.st_size) : 0;
}

}  // namespace

Result<CommandOutput> CommandOutput::Open(const std::string& log) {
  // Appended to, for standard output and error are one: neither writes over the other.
  if (!log.empty()) {
    UniqueFd fd(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666));
    if (!fd.valid()) return CannotWrite(log);
    return CommandOutput(std::move(fd), true);
  }
  const char* asked = std::getenv("TMPDIR");
  const std::string folder = asked != nullptr && *asked != '\0' ? asked : "/tmp";
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600));
  if (!fd.valid() && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    std::string path = folder + "/osprey.XXXXXX";
    fd.Reset(::mkostemp(path.data(), O_APPEND | O_CLOEXEC));
    if (fd.valid()) ::unlink(path.c_str());
  }
  if (!fd.valid()) return CannotWrite(folder);
  return CommandOutput(std::move(fd), false);
}

void CommandOutput::Trim() {
  if (is_log_) return;
  const long long size = SizeOf(fd_.get());
  if (size - trimmed_ < kTrimAbove) return;
  const long long length = size - kShown;
  // Where the file system cannot do that, the file grows on.
  if (::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, length) == 0) {
    trimmed_ = length;
  }
}

bool CommandOutput::ShowRest() {
  if (is_log_) return false;
  const long long size = SizeOf(fd_.get());
  long long at = size > kShown ? size - kShown : 0;
  (void)std::fflush(stdout);
  if (at > 0) {
    fmt::print(
        stderr,
        "osprey: of {} bytes that the command wrote, the last ones follow; --output-log FILE "
        "keeps all\n",
        size);
  }
  std::array<char, 65536> bytes{};
  bool is_in_line = at > 0;  // a line whose beginning is not shown
  for (;;) {
    const ssize_t got = ::pread(fd_.get(), bytes.data(), bytes.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    at += got;
    std::string_view text(bytes.data(), static_cast<std::size_t>(got));
    if (is_in_line) {
      const std::size_t end = text.find('\n');
      if (end == std::string_view::npos) continue;
      text.remove_prefix(end + 1);
      is_in_line = false;
    }
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) break;
  }
  (void)std::fflush(stdout);
  return size > 0;
}

}  // namespace osprey
