#include "osprey/target/run_count.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <string>

#include "target/text_scan.h"

namespace osprey {

RunCount::RunCount(pid_t pid, pid_t tid)
    : fd_(::open(fmt::format("/proc/{}/task/{}/schedstat", pid, tid).c_str(),
                 O_RDONLY | O_CLOEXEC)) {}

std::optional<std::uint64_t> RunCount::Read() const {
  std::array<char, 96> text;  // three numbers of up to 20 digits
  const ssize_t got = ::pread(fd_.get(), text.data(), text.size(), 0);
  if (got <= 0) return std::nullopt;
  return ParseRunCount({text.data(), static_cast<std::size_t>(got)});
}

std::optional<std::uint64_t> ParseRunCount(std::string_view text) {
  TakeWord(text);
  TakeWord(text);
  return WholeNumber<std::uint64_t>(TakeWord(text));
}

}  // namespace osprey
