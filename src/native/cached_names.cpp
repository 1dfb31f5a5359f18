#include "native/cached_names.h"

#include <elfutils/libdwfl.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <span>
#include <unordered_map>

namespace osprey {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is written as it is");

constexpr std::array<char, 8> kMagic = {'O', 's', 'p', 'r', 'e', 'y', 'N', '\n'};
// To be raised whenever names come out another way.
constexpr std::uint32_t kFormat = 3;

// Many frames may share a string: of the largest files that are kept, the names of C++ take some
// 300 MiB when each stands for itself.
constexpr std::uint64_t kMaxText = std::uint64_t{512} << 20;

struct Header {
  std::array<char, 8> magic = kMagic;
  std::uint32_t format = kFormat;
  std::uint32_t has_debug_information = 0;
  std::uint64_t symbols = 0;
  std::array<char, 16> libdw{};  // its version: another one may read files another way
  std::uint32_t strings = 0, frames = 0, addresses = 0, text = 0;
  std::uint64_t checksum = 0;  // of the whole file with 0 in this place
};
static_assert(sizeof(Header) == 64);

// FNV-1a, over words for its speed. It finds damage, not forgery.
std::uint64_t Checksum(std::uint64_t sum, std::span<const char> bytes) {
  constexpr std::uint64_t kPrime = 0x100000001B3;
  const auto mix = [&sum](std::uint64_t word) { sum = std::rotl((sum ^ word) * kPrime, 23); };
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, 8);
    mix(word);
  }
  for (; i < bytes.size(); ++i) mix(static_cast<unsigned char>(bytes[i]));
  return sum;
}

std::uint64_t ChecksumOf(Header header, std::span<const char> rest) {
  header.checksum = 0;
  constexpr std::uint64_t kBasis = 0xCBF29CE484222325;
  std::array<char, sizeof(Header)> bytes;
  std::memcpy(bytes.data(), &header, sizeof header);
  return Checksum(Checksum(kBasis, bytes), rest);
}

std::array<char, 16> LibdwVersion() {
  std::array<char, 16> version{};
  const std::string_view text = dwfl_version(nullptr);
  std::copy_n(text.begin(), std::min(text.size(), version.size()), version.begin());
  return version;
}

template <typename Row>
void Take(std::string_view& bytes, std::size_t count, std::vector<Row>& rows) {
  rows.resize(count);
  if (count != 0) std::memcpy(rows.data(), bytes.data(), count * sizeof(Row));
  bytes.remove_prefix(count * sizeof(Row));
}

template <typename Row>
void Give(const std::vector<Row>& rows, std::string& bytes) {
  if (!rows.empty()) {
    bytes.append(reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(Row));
  }
}

}  // namespace

struct CachedNamesWriter {
  CachedNames names;
  std::unordered_map<std::string, std::uint32_t> strings;

  std::uint32_t Intern(const std::string& text) {
    const auto [entry, is_new] =
        strings.try_emplace(text, static_cast<std::uint32_t>(strings.size()));
    if (is_new) {
      names.text_ += text;
      names.string_ends_.push_back(static_cast<std::uint32_t>(names.text_.size()));
    }
    return entry->second;
  }

  void Add(const CachedNames::Named& named) {
    const auto first = static_cast<std::uint32_t>(names.frames_.size());
    const auto count = std::min(named.second.size(), CachedNames::kMaxFrames);
    for (std::size_t i = 0; i < count; ++i) {
      const SourceFrame& frame = named.second[i];
      const std::uint32_t function = Intern(frame.function), file = Intern(frame.file);
      names.frames_.push_back({function, file, frame.line, frame.is_inlined ? 1U : 0U});
    }
    names.addresses_.push_back({named.first, first, static_cast<std::uint32_t>(count)});
  }

  std::string Finish(const SymbolSource& source) const {
    std::string bytes;
    if (names.text_.size() > std::numeric_limits<std::uint32_t>::max() ||
        names.frames_.size() > std::numeric_limits<std::uint32_t>::max()) {
      return bytes;
    }
    Give(names.string_ends_, bytes);
    Give(names.frames_, bytes);
    Give(names.addresses_, bytes);
    bytes += names.text_;
    Header header;
    header.has_debug_information = source.has_debug_information ? 1 : 0;
    header.symbols = source.symbols;
    header.libdw = LibdwVersion();
    header.strings = static_cast<std::uint32_t>(names.string_ends_.size());
    header.frames = static_cast<std::uint32_t>(names.frames_.size());
    header.addresses = static_cast<std::uint32_t>(names.addresses_.size());
    header.text = static_cast<std::uint32_t>(names.text_.size());
    header.checksum = ChecksumOf(header, bytes);
    return std::string(reinterpret_cast<const char*>(&header), sizeof header) + bytes;
  }
};

std::string CachedNames::Write(const SymbolSource& source, const std::vector<Named>& names) {
  CachedNamesWriter writer;
  for (const Named& named : names) writer.Add(named);
  return writer.Finish(source);
}

void CachedNames::Seal(std::string& bytes) {
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.checksum = ChecksumOf(header, std::span(bytes).subspan(sizeof header));
  std::memcpy(bytes.data(), &header, sizeof header);
}

std::optional<CachedNames> CachedNames::Parse(std::string_view bytes) {
  Header header;
  if (bytes.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  bytes.remove_prefix(sizeof header);
  // No overflow: each factor has 32 bits.
  const std::uint64_t expected = std::uint64_t{header.strings} * sizeof(std::uint32_t) +
                                 std::uint64_t{header.frames} * sizeof(FrameRow) +
                                 std::uint64_t{header.addresses} * sizeof(AddressRow) + header.text;
  if (header.magic != kMagic || header.format != kFormat || header.libdw != LibdwVersion() ||
      header.has_debug_information > 1 || bytes.size() != expected ||
      header.checksum != ChecksumOf(header, bytes)) {
    return std::nullopt;
  }
  CachedNames names;
  names.source_ = {header.has_debug_information == 1, header.symbols};
  Take(bytes, header.strings, names.string_ends_);
  Take(bytes, header.frames, names.frames_);
  Take(bytes, header.addresses, names.addresses_);
  names.text_ = bytes;
  if (!names.IsSound(names.text_.size())) return std::nullopt;
  return names;
}

bool CachedNames::IsSound(std::size_t text_size) const {
  std::uint32_t end = 0;
  for (const std::uint32_t next : string_ends_) {
    if (next < end || next > text_size) return false;
    end = next;
  }
  const auto length = [this](std::uint32_t i) {
    return string_ends_[i] - (i == 0 ? 0 : string_ends_[i - 1]);
  };
  std::uint64_t text = 0;
  for (const FrameRow& frame : frames_) {
    if (frame.function >= string_ends_.size() || frame.file >= string_ends_.size()) return false;
    text += length(frame.function) + length(frame.file);
  }
  std::uint64_t first = 0;  // frames are in the order of their addresses, none is shared
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    const AddressRow& row = addresses_[i];
    if (i != 0 && row.address <= addresses_[i - 1].address) return false;
    if (row.count > kMaxFrames || row.first != first) return false;
    first += row.count;
  }
  return first == frames_.size() && text <= kMaxText;
}

std::vector<SourceFrame> CachedNames::FramesOf(const AddressRow& row) const {
  const auto text = [this](std::uint32_t i) {
    const std::uint32_t start = i == 0 ? 0 : string_ends_[i - 1];
    return text_.substr(start, string_ends_[i] - start);
  };
  std::vector<SourceFrame> frames;
  for (std::uint32_t i = row.first; i < row.first + row.count; ++i) {
    const FrameRow& frame = frames_[i];
    frames.push_back({text(frame.function), text(frame.file), frame.line, frame.is_inlined != 0});
  }
  return frames;
}

std::vector<SourceFrame> CachedNames::Find(FileAddress address) const {
  const auto row =
      std::lower_bound(addresses_.begin(), addresses_.end(), address.value,
                       [](const AddressRow& r, std::uint64_t value) { return r.address < value; });
  if (row == addresses_.end() || row->address != address.value) return {};
  return FramesOf(*row);
}

std::vector<CachedNames::Named> CachedNames::All() const {
  std::vector<Named> all;
  for (const AddressRow& row : addresses_) all.emplace_back(row.address, FramesOf(row));
  return all;
}

}  // namespace osprey
