// How the frames of a version hang together, for those who copy them without knowing Python.
#pragma once

#include <optional>

#include "osprey/python/layout.h"
#include "osprey/target/moment_samples.h"

namespace osprey {

// From the thread state on, so that a copy has all that DataStackWalker and PlaceEntries look at.
// None where frames are objects (until 3.10), which have more to look at than their links.
std::optional<LinkedFrames> LinkedFramesOf(const Layout& layout);

}  // namespace osprey
