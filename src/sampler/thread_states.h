// What a thread is doing, from what the kernel and its interpreter say.
#pragma once

#include "osprey/python/layout.h"
#include "osprey/target/thread_activity.h"
#include "osprey/trace/sample.h"
#include "sampler/interpreter_words.h"

namespace osprey {

// Of the thread whose PyThreadState is at `thread`. `interpreter` is null where nothing is known of
// its interpreter; `is_attached` counts only in builds that may have no GIL.
ThreadState StateOf(const Layout& layout, Address thread, const ThreadActivity& activity,
                    const InterpreterState* interpreter, bool is_attached);

// Whether `state`, the bytes of a PyThreadState, says that the thread runs Python code, in a build
// that may run without a GIL; false in all others.
bool IsAttached(const Layout& layout, const std::byte* state);

}  // namespace osprey
