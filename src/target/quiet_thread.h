// Starts threads that get none of Osprey's signals.
#pragma once

#include <functional>
#include <thread>

#include "osprey/base/result.h"

namespace osprey {

// `body` runs with all signals blocked: they are for the other threads. kIo when no thread can be
// started.
Result<std::thread> StartQuietThread(std::function<void()> body);

}  // namespace osprey
