// The registers of a core file's threads, and what they tell of system calls.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "osprey/target/core_target.h"
#include "osprey/target/memory.h"
#include "osprey/target/registers.h"

namespace osprey {

// As much of an NT_PRSTATUS as is looked at: struct elf_prstatus (sys/procfs.h) has 336 bytes on
// x86-64 and 392 on aarch64.
inline constexpr std::size_t kPrstatusLimit = 392;

// The thread of an NT_PRSTATUS; none when it is too short for its machine.
std::optional<CoreThread> ParsePrstatus(std::span<const std::byte> bytes, Machine machine);

// What a thread with these registers was doing, by the instruction where it stands.
ThreadActivity ActivityOf(const Registers& registers, const Memory& memory);

}  // namespace osprey
