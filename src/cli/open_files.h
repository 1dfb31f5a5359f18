// How many files Osprey may have open: each thread that is watched needs one.
#pragma once

namespace osprey {

// Raises the limit for this process as far as any user may (RLIMIT_NOFILE, getrlimit(2)). To be
// called after the command was launched, which would inherit it.
void AllowManyOpenFiles();

}  // namespace osprey
