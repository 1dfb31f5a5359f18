#include "target/core_arguments.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace osprey {
namespace {

// Linux allows 2 MiB of arguments and more; a title needs no more than this.
constexpr std::size_t kCommandLineLimit = 65536;
// Arguments and environment together are at most 6 MiB (execve(2)), each string has a byte at least
// and most have some ten. Real ones have less than a thousand.
constexpr std::size_t kMaxPointers = std::size_t{1} << 16;

// The stack that execve makes (create_elf_tables, fs/binfmt_elf.c of Linux), downwards: the strings
// of the environment, those of the arguments, the 16 bytes of AT_RANDOM, some padding, the
// auxiliary vector, the environment's pointers and a null, those of the arguments and a null, and
// their count.

// Where the auxiliary vector starts: right below AT_RANDOM, and known word for word.
std::optional<Address> FindVector(
    const Memory& memory, const std::vector<std::pair<std::uint64_t, std::uint64_t>>& auxv) {
  const auto random = std::find_if(auxv.begin(), auxv.end(),
                                   [](const auto& entry) { return entry.first == AT_RANDOM; });
  if (random == auxv.end()) return std::nullopt;
  // The platform's name and padding of up to 16 bytes lie between; twice that is enough.
  const std::uint64_t size = auxv.size() * 16;
  const std::uint64_t below = std::min<std::uint64_t>(size + 1024, random->second);
  const Address start = Address((random->second - below) & ~15ULL);
  std::vector<std::uint64_t> words(static_cast<std::size_t>((random->second - start.value) / 8));
  if (!memory.Read(start, std::as_writable_bytes(std::span(words)))) return std::nullopt;
  std::vector<std::uint64_t> wanted;
  for (const auto& [type, value] : auxv) wanted.insert(wanted.end(), {type, value});
  const auto found = std::search(words.begin(), words.end(), wanted.begin(), wanted.end());
  if (found == words.end()) return std::nullopt;
  return start + static_cast<std::uint64_t>(found - words.begin()) * 8;
}

// The words below an address, read a piece at a time.
class WordsBelow {
 public:
  WordsBelow(const Memory& memory, Address end) : memory_(memory), start_(end) {}

  std::optional<std::uint64_t> Take() {
    if (left_ == 0 && !Refill()) return std::nullopt;
    return words_[--left_];
  }

 private:
  bool Refill() {
    // Up to the next lower multiple of the piece's size, which no page border lies inside of.
    const std::uint64_t into = start_.value % sizeof words_;
    const std::uint64_t size = into != 0 ? into : sizeof words_;
    if (start_.value < size || size % 8 != 0) return false;
    start_ = start_ - size;
    left_ = static_cast<std::size_t>(size / 8);
    return memory_.Read(start_, std::as_writable_bytes(std::span(words_).first(left_))).has_value();
  }

  const Memory& memory_;
  Address start_;
  std::array<std::uint64_t, 512> words_{};
  std::size_t left_ = 0;
};

struct Strings {
  std::uint64_t first = 0;  // the lowest of the addresses; 0: there are none
  std::uint64_t count = 0;
};

// Takes pointers up to the null below them; with `counted`, up to the word that counts them.
std::optional<Strings> TakePointers(WordsBelow& words, bool counted) {
  Strings strings;
  for (; strings.count < kMaxPointers; ++strings.count) {
    const auto word = words.Take();
    if (!word) return std::nullopt;
    if (*word == (counted ? strings.count : 0)) return strings;
    strings.first = strings.first == 0 ? *word : std::min(strings.first, *word);
  }
  return std::nullopt;
}

std::string ReadText(const Memory& memory, Address from, std::uint64_t size) {
  std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(size, kCommandLineLimit)),
                   '\0');
  if (!memory.Read(from, std::as_writable_bytes(std::span(text)))) return {};
  return text;
}

}  // namespace

std::string ReadArguments(const Memory& memory,
                          const std::vector<std::pair<std::uint64_t, std::uint64_t>>& auxv) {
  const auto vector = FindVector(memory, auxv);
  if (!vector) return {};
  WordsBelow words(memory, *vector);
  const auto null = words.Take();  // ends the environment
  if (!null || *null != 0) return {};
  const auto environment = TakePointers(words, false);
  if (!environment) return {};
  const auto arguments = TakePointers(words, true);
  if (!arguments || arguments->count == 0) return {};

  std::string text;
  if (environment->count != 0 && environment->first > arguments->first) {
    text = ReadText(memory, Address(arguments->first), environment->first - arguments->first);
    // setproctitle(3bsd) may run on into the environment; then no NUL stands where the last
    // argument ended (as get_mm_cmdline, fs/proc/base.c of Linux).
    if (!text.empty() && text.back() != '\0' && text.size() < kCommandLineLimit) {
      if (auto whole = ReadCString(memory, Address(arguments->first), kCommandLineLimit)) {
        text = std::move(*whole);
      }
    }
  } else {
    Address at(arguments->first);
    for (std::uint64_t i = 0; i < arguments->count && text.size() < kCommandLineLimit; ++i) {
      const auto each = ReadCString(memory, at, kCommandLineLimit - text.size());
      if (!each) break;
      text += *each + '\0';
      at = at + each->size() + 1;
    }
  }
  while (text.ends_with('\0')) text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

}  // namespace osprey
