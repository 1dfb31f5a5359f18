// A stack for signal handlers, so that they run when the thread's own stack is used up.
#pragma once

#include <cstddef>
#include <memory>

namespace osprey {

// For the thread that makes it, while it lives (sigaltstack(2)). What cannot be had is done
// without.
class SignalStack {
 public:
  SignalStack();
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;
  ~SignalStack();

 private:
  static constexpr std::size_t kBytes = std::size_t{64} << 10;  // a handler needs some hundreds
  std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace osprey
