// moment.bpf.c as it was compiled for the kernel.
#pragma once

#include <cstddef>
#include <span>

namespace osprey {

// An ELF file for bpf_object__open_mem.
std::span<const std::byte> MomentProgram();

}  // namespace osprey
