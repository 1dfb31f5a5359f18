#include "osprey/tui/signal_stack.h"

#include <signal.h>

namespace osprey {

SignalStack::SignalStack() : bytes_(std::make_unique<std::byte[]>(kBytes)) {
  stack_t stack{};
  stack.ss_sp = bytes_.get();
  stack.ss_size = kBytes;
  (void)::sigaltstack(&stack, nullptr);
}

SignalStack::~SignalStack() {
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  (void)::sigaltstack(&none, nullptr);
}

}  // namespace osprey
