// What happens to the launched command once the profile is written.
#pragma once

#include "osprey/target/launched_process.h"

namespace osprey {

// Waits for the command and gives its exit status. One that goes on for longer than a moment is
// said on standard error. The first signal to Osprey lets it wait on, and SIGTERM is passed on to
// the command; the next one ends Osprey at once, as does the first when sampling `was_stopped` by
// one already.
int AwaitCommand(LaunchedProcess& command, bool was_stopped);

}  // namespace osprey
