// What lets the sampler wake up when it wants to, on a machine that has no CPU to spare.
#pragma once

namespace osprey {

// Asks the kernel to give this thread short slices of time, 0.1 ms, for which it comes sooner to
// its turn: sched_attr's sched_runtime, sched_setattr(2) and
// Documentation/scheduler/sched-eevdf.rst of the kernel, from Linux 6.12 on. Needs no rights.
// Children that are forked later get the usual slices again. False where the kernel refuses; older
// kernels agree and change nothing.
bool AskForShortSlices();

}  // namespace osprey
