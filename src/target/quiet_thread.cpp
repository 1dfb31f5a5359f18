#include "target/quiet_thread.h"

#include <signal.h>

#include <system_error>
#include <utility>

namespace osprey {

Result<std::thread> StartQuietThread(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  // A thread inherits the mask.
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread thread(std::move(body));
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  } catch (const std::system_error& error) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return Error{ErrorCode::kIo, error.code().value(), Address{}, "cannot start a thread"};
  }
}

}  // namespace osprey
