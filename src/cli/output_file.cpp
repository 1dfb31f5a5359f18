#include "cli/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace osprey {

// Buffers and remembers the first error: std::filebuf would swallow errno.
class OutputFile::Buffer : public std::streambuf {
 public:
  explicit Buffer(int fd) : fd_(fd) { setp(bytes_.data(), bytes_.data() + bytes_.size()); }
  int error() const { return error_; }

 protected:
  int_type overflow(int_type c) override {
    if (sync() != 0) return traits_type::eof();
    if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }
  int sync() override {
    const char* from = pbase();
    while (from < pptr() && error_ == 0) {
      const ssize_t written = ::write(fd_, from, static_cast<std::size_t>(pptr() - from));
      if (written > 0) {
        from += written;
      } else if (errno != EINTR) {
        error_ = errno;
      }
    }
    setp(bytes_.data(), bytes_.data() + bytes_.size());
    return error_ == 0 ? 0 : -1;
  }

 private:
  int fd_;
  int error_ = 0;
  std::array<char, 65536> bytes_{};
};

namespace {

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Error CannotWrite(const std::string& path, int number) {
  return Error{ErrorCode::kIo, number, Address{},
               fmt::format("cannot write {}", path == "-" ? "standard output" : path)};
}

}  // namespace

OutputFile::OutputFile(std::string path, UniqueFd fd, std::string temporary)
    : path_(std::move(path)),
      fd_(std::move(fd)),
      temporary_(std::move(temporary)),
      buffer_(std::make_unique<Buffer>(fd_.get())),
      stream_(std::make_unique<std::ostream>(buffer_.get())) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::move(other.fd_)),
      temporary_(std::exchange(other.temporary_, {})),
      buffer_(std::move(other.buffer_)),
      stream_(std::move(other.stream_)) {}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

std::ostream& OutputFile::stream() { return *stream_; }

Result<OutputFile> OutputFile::Create(const std::string& path) {
  if (path == "-") {
    UniqueFd out(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!out.valid()) return CannotWrite("standard output", errno);
    return OutputFile(path, std::move(out), "");
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return CannotWrite(path, EISDIR);
    if (!S_ISREG(status.st_mode)) {  // a device or a pipe is written in place
      UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
      if (!fd.valid()) return CannotWrite(path, errno);
      return OutputFile(path, std::move(fd), "");
    }
    if (::access(path.c_str(), W_OK) != 0) return CannotWrite(path, errno);
  }
  const std::string folder = FolderOf(path);
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
  if (fd.valid()) return OutputFile(path, std::move(fd), "");
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) return CannotWrite(path, errno);
  std::string temporary = path + ".XXXXXX";
  fd.Reset(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return CannotWrite(path, errno);
  return OutputFile(path, std::move(fd), std::move(temporary));
}

Result<void> OutputFile::Commit() {
  stream_->flush();
  if (buffer_->error() != 0) return CannotWrite(path_, buffer_->error());
  if (!stream_->good()) return CannotWrite(path_, EIO);
  struct stat status {};
  if (is_stdout() || (::fstat(fd_.get(), &status) == 0 && !S_ISREG(status.st_mode))) return {};
  return GiveName();
}

Result<void> OutputFile::GiveName() {
  if (temporary_.empty()) {
    // A nameless file gets a name of its own first: linkat(2) does not replace an older file.
    const std::string self = fmt::format("/proc/self/fd/{}", fd_.get());
    std::string name;
    for (int attempt = 0; attempt < 100; ++attempt) {
      name = fmt::format("{}.{}.{}", path_, ::getpid(), attempt);
      if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) break;
      if (errno != EEXIST) return CannotWrite(path_, errno);
      name.clear();
    }
    if (name.empty()) return CannotWrite(path_, EEXIST);
    temporary_ = name;
  } else {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(fd_.get(), 0666 & ~mask);
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return CannotWrite(path_, errno);
  temporary_.clear();
  return {};
}

}  // namespace osprey
