// What went wrong, on what, in words that a person can act on.
#pragma once

#include <string>

#include "osprey/base/address.h"

namespace osprey {

enum class ErrorCode {
  kInvalidArgument,  // the caller asked for something that makes no sense
  kNoSuchProcess,    // the process does not exist, or exists no more
  kNotPermitted,     // the kernel refuses
  kNotFound,         // a file, section, symbol or runtime is not there
  kUnreadable,       // the target's memory at `address` cannot be read
  kMalformed,        // bytes that are not what they should be
  kUnsupported,      // known, but not handled (a Python version, a machine)
  kIo,               // a file of ours cannot be opened, written or read
  kCannotRun,        // a command exists and cannot be executed
  kNoSuchCommand,    // a command does not exist
  kTimeout,          // it did not come in time
};

struct Error {
  ErrorCode code = ErrorCode::kInvalidArgument;
  int sys_errno = 0;    // errno of the failed call, 0 if none failed
  Address address;      // where in the target, null if nowhere
  std::string context;  // one sentence without a full stop, for people

  // The context, with the address and errno's text where there are any.
  std::string Message() const;
};

// An Error of `code` whose errno is the current one.
Error ErrnoError(ErrorCode code, std::string context);

}  // namespace osprey
