// The names of system calls.
#pragma once

#include <cstdint>
#include <string>

#include "osprey/target/registers.h"

namespace osprey {

// "futex", "epoll_wait"; empty for a number that is none, or that libseccomp does not know.
std::string SystemCallName(Machine machine, std::int64_t number);

}  // namespace osprey
