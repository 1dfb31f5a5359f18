// Keeps the orphans of a launched command within reach.
#pragma once

namespace osprey {

// While it lives, a descendant of ours whose parent ends becomes our child, not that of init
// (PR_SET_CHILD_SUBREAPER, prctl(2)): its family is still known, and a ptrace_scope of 1 still lets
// us read it. Somebody has to reap them: ProcessTree does.
class OrphanAdoption {
 public:
  OrphanAdoption();
  OrphanAdoption(const OrphanAdoption&) = delete;
  OrphanAdoption& operator=(const OrphanAdoption&) = delete;
  // Later orphans go to init again; those that came stay our children.
  ~OrphanAdoption();
};

}  // namespace osprey
