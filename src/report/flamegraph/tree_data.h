// The call tree as compact JSON for the flame graph's script.
#pragma once

#include <ostream>

#include "scene.h"

namespace osprey {

// {"names":[...],"origins":"013...","name":[...],"up":[...],"self":[...], ...}: the nodes in
// preorder without the root; `up` is how many levels lie between a node's parent and the node
// before it. The script adds up the totals.
void WriteTreeData(const Scene& scene, std::ostream& out);

}  // namespace osprey
