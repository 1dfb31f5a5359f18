// Core files made by hand, as bytes, of the form that Linux writes.
#pragma once

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "osprey/target/core_target.h"

namespace osprey {

template <typename T>
void Put(std::string& bytes, std::size_t at, const T& value) {
  if (bytes.size() < at + sizeof value) bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

inline std::string Padded(std::string bytes) {
  while (bytes.size() % 4 != 0) bytes.push_back('\0');
  return bytes;
}

inline std::string Note(std::uint32_t type, std::string name, const std::string& description) {
  name.push_back('\0');
  std::string note;
  Put(note, 0, static_cast<std::uint32_t>(name.size()));
  Put(note, 4, static_cast<std::uint32_t>(description.size()));
  Put(note, 8, type);
  return note + Padded(name) + Padded(description);
}

// struct elf_prstatus with these general registers.
inline std::string Prstatus(int tid, const std::vector<std::uint64_t>& registers) {
  std::string bytes(112, '\0');
  Put(bytes, 32, static_cast<std::int32_t>(tid));
  for (const std::uint64_t value : registers) Put(bytes, bytes.size(), value);
  return Note(NT_PRSTATUS, "CORE", bytes + std::string(8, '\0'));
}

inline std::string Prpsinfo(int pid, const std::string& name, const std::string& arguments) {
  std::string bytes(136, '\0');
  Put(bytes, 24, static_cast<std::int32_t>(pid));
  std::memcpy(bytes.data() + 40, name.data(), std::min<std::size_t>(name.size(), 16));
  std::memcpy(bytes.data() + 56, arguments.data(), std::min<std::size_t>(arguments.size(), 80));
  return Note(NT_PRPSINFO, "CORE", bytes);
}

inline std::string Auxv(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& entries) {
  std::string bytes;
  for (const auto& [type, value] : entries) {
    Put(bytes, bytes.size(), type);
    Put(bytes, bytes.size(), value);
  }
  Put(bytes, bytes.size() + 8, std::uint64_t{0});
  return Note(NT_AUXV, "CORE", bytes);
}

struct FileEntry {
  std::uint64_t start, end, page;
  std::string path;
};

inline std::string FileBytesOf(const std::vector<FileEntry>& files, std::uint64_t page_size) {
  std::string bytes;
  Put(bytes, 0, std::uint64_t{files.size()});
  Put(bytes, 8, page_size);
  for (const FileEntry& file : files) {
    Put(bytes, bytes.size(), file.start);
    Put(bytes, bytes.size(), file.end);
    Put(bytes, bytes.size(), file.page);
  }
  for (const FileEntry& file : files) bytes.append(file.path).push_back('\0');
  return bytes;
}

inline std::string FileNote(const std::vector<FileEntry>& files, std::uint64_t page_size = 4096) {
  return Note(NT_FILE, "CORE", FileBytesOf(files, page_size));
}

struct Segment {
  std::uint64_t address = 0;
  std::uint64_t memory_size = 0;
  std::string bytes;  // what was dumped of it
  std::uint32_t flags = PF_R | PF_W;
};

// The notes come first, then the segments, as the kernel has them.
inline std::string CoreBytes(const std::string& notes, const std::vector<Segment>& segments,
                             std::uint16_t machine = EM_X86_64) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_CORE;
  header.e_machine = machine;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<std::uint16_t>(segments.size() + 1);
  std::string bytes;
  Put(bytes, 0, header);
  std::uint64_t offset = sizeof header + (segments.size() + 1) * sizeof(Elf64_Phdr);
  Elf64_Phdr program{};
  program.p_type = PT_NOTE;
  program.p_offset = offset;
  program.p_filesz = notes.size();
  Put(bytes, bytes.size(), program);
  offset += notes.size();
  for (const Segment& segment : segments) {
    program = Elf64_Phdr{};
    program.p_type = PT_LOAD;
    program.p_flags = segment.flags;
    program.p_vaddr = segment.address;
    program.p_memsz = segment.memory_size;
    program.p_offset = offset;
    program.p_filesz = segment.bytes.size();
    Put(bytes, bytes.size(), program);
    offset += segment.bytes.size();
  }
  bytes += notes;
  for (const Segment& segment : segments) bytes += segment.bytes;
  return bytes;
}

inline UniqueFd CoreFd(const std::string& bytes) {
  UniqueFd fd(::memfd_create("core", MFD_CLOEXEC));
  EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return fd;
}

inline Result<CoreTarget> OpenCore(const std::string& bytes,
                                   const CoreTarget::Options& options = {}) {
  return CoreTarget::FromFd(CoreFd(bytes), "core", options);
}

}  // namespace osprey
