// What all that stop threads by ptrace(2) share.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/target/registers.h"

namespace osprey {

// A page fault that waits for a disk is over by then. Who sleeps uninterruptibly for longer may do
// so for hours (a server that does not answer).
inline constexpr Duration kUninterruptibleBound = std::chrono::milliseconds(20);

// False where it failed; its error is in errno.
bool Ptrace(int request, pid_t tid, std::uintptr_t data);

// Why PTRACE_SEIZE has failed with EPERM: kNotPermitted with who traces it or whose it is,
// kInvalidArgument for a thread of our own, kTimeout where it is a thread of ours that traces it,
// and no error when the thread has ended.
Result<void> StopRefusal(pid_t pid, pid_t tid);

// Of a thread that this one traces and that stands. kNoSuchProcess when it has been killed
// meanwhile, kUnsupported for a 32-bit program.
Result<void> ReadStoppedRegisters(pid_t pid, pid_t tid, Registers& registers);

// "process 4242 is osprey itself, which cannot stop itself".
Error IsOspreyItself(pid_t pid);

}  // namespace osprey
