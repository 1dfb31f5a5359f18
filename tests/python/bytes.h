// Hand-made memory: structs written member by member.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "osprey/python/layout.h"
#include "osprey/python/version.h"
#include "osprey/target/snapshot_memory.h"

namespace osprey {

class Bytes {
 public:
  explicit Bytes(std::size_t size) : bytes_(size) {}
  template <typename T>
  Bytes& Set(Offset offset, const T& value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
    return *this;
  }
  const std::vector<std::byte>& get() const { return bytes_; }
  std::byte* data() { return bytes_.data(); }

 private:
  std::vector<std::byte> bytes_;
};

// The versions of the layout table for which `is_meant` holds.
template <typename Predicate>
std::vector<Version> Versions(Predicate is_meant) {
  std::vector<Version> versions;
  for (int major = 2; major <= 3; ++major) {
    for (int minor = 0; minor < 100; ++minor) {
      for (const bool free_threaded : {false, true}) {
        const Version version{major, minor, 0, free_threaded};
        const Layout* layout = FindLayout(version);
        if (layout != nullptr && is_meant(*layout)) versions.push_back(version);
      }
    }
  }
  return versions;
}

inline std::vector<Version> AllVersions() {
  return Versions([](const Layout&) { return true; });
}

inline std::string VersionName(const testing::TestParamInfo<Version>& info) {
  return "Python" + std::to_string(info.param.major) + "_" + std::to_string(info.param.minor) +
         (info.param.free_threaded ? "t" : "");
}

// A type object called `name`, a compact ASCII str, a bytes object: at `address`.
inline void PutType(SnapshotMemory& memory, const Layout& layout, Address address,
                    const char* name) {
  const Address text = address + 512;
  memory.Put(address, Bytes(512).Set(layout.type_object.tp_name, text).get());
  Bytes string(256);  // names are read in one piece of up to 200 bytes
  for (Offset i = 0; name[i] != '\0'; ++i) string.Set(i, name[i]);
  memory.Put(text, string.get());
}

inline void PutString(SnapshotMemory& memory, const Layout& layout, Address address,
                      std::string_view text) {
  const bool is_bytes = layout.unicode.ob_sval != kAbsent;  // 2.7
  const Offset start = is_bytes ? layout.unicode.ob_sval : layout.unicode.asciiobject_size;
  Bytes bytes(start + text.size() + 1);
  bytes.Set(layout.unicode.length, std::uint64_t{text.size()});
  constexpr std::uint32_t kOneByteCompactAscii = 1U | 8U | 16U;
  if (!is_bytes) bytes.Set(layout.unicode.state, kOneByteCompactAscii << layout.unicode.kind_bit);
  bytes.Set(layout.unicode.length + 8, std::uint64_t{text.size() * 31});  // the cached hash
  for (Offset i = 0; i < text.size(); ++i) {
    bytes.Set(start + i, text[i]);
  }
  memory.Put(address, bytes.get());
}

inline void PutBytes(SnapshotMemory& memory, const Layout& layout, Address address,
                     std::size_t size) {
  memory.Put(
      address,
      Bytes(layout.bytes.ob_sval + size + 1).Set(layout.bytes.ob_size, std::uint64_t{size}).get());
}

}  // namespace osprey
