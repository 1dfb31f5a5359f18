#include "osprey/native/name_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <vector>

#include "osprey/base/unique_fd.h"

namespace osprey {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporary = ".new-";
// No write takes that long.
constexpr auto kAbandoned = std::chrono::hours(1);

bool IsBuildId(std::string_view text) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() >= 8 && text.size() <= 128 && std::all_of(text.begin(), text.end(), is_hex);
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

}  // namespace

std::string NameCache::DefaultDirectory() {
  // Relative paths are to be ignored, says the specification.
  const auto absolute = [](const char* name) -> std::string {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return value != nullptr && value[0] == '/' ? value : "";
  };
  if (const std::string cache = absolute("XDG_CACHE_HOME"); !cache.empty()) {
    return cache + "/osprey/symbols";
  }
  const std::string home = absolute("HOME");
  return home.empty() ? "" : home + "/.cache/osprey/symbols";
}

std::optional<std::string> NameCache::Load(std::string_view build_id) const {
  if (!IsBuildId(build_id)) return std::nullopt;
  const std::string path = fmt::format("{}/{}", directory_, build_id);
  // O_NONBLOCK: a named pipe would keep us waiting for its writer.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) > kMaxFile) {
    return std::nullopt;
  }
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  static_cast<void>(::futimens(fd.get(), nullptr));  // now: for Trim
  return bytes;
}

Result<void> NameCache::Store(std::string_view build_id, std::string_view bytes) const {
  if (!IsBuildId(build_id) || bytes.size() > kMaxFile) {
    return Error{ErrorCode::kInvalidArgument, 0, Address{}, "names that cannot be kept"};
  }
  std::error_code error;
  fs::create_directories(directory_, error);
  static std::atomic<unsigned> number{0};
  const std::string temporary =
      fmt::format("{}/{}{}-{}", directory_, kTemporary, ::getpid(), number++);
  const UniqueFd fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) {
    return ErrnoError(ErrorCode::kIo, fmt::format("cannot write to {}", directory_));
  }
  // Not synchronized with the disk: what a crash leaves of it is told by its checksum.
  const std::string path = fmt::format("{}/{}", directory_, build_id);
  if (!WriteAll(fd.get(), bytes) || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const Error failed = ErrnoError(ErrorCode::kIo, fmt::format("cannot write {}", path));
    ::unlink(temporary.c_str());
    return failed;
  }
  return {};
}

void NameCache::Trim() const {
  struct Kept {
    fs::file_time_type used;
    std::uint64_t size;
    fs::path path;
  };
  std::vector<Kept> files;
  std::uint64_t total = 0;
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator entry(directory_, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    const std::string name = entry->path().filename();
    const bool is_temporary = name.starts_with(kTemporary);
    if (!is_temporary && !IsBuildId(name)) continue;  // not ours
    const auto used = entry->last_write_time(gone);
    if (gone) continue;
    if (is_temporary) {
      if (now - used > kAbandoned) fs::remove(entry->path(), gone);
      continue;
    }
    const std::uint64_t size = entry->file_size(gone);
    if (gone) continue;
    files.push_back({used, size, entry->path()});
    total += size;
  }
  std::sort(files.begin(), files.end(),
            [](const Kept& a, const Kept& b) { return a.used < b.used; });
  for (const Kept& file : files) {
    if (total <= max_bytes_) break;
    if (fs::remove(file.path, error)) total -= file.size;
  }
}

}  // namespace osprey
