#include "osprey/target/orphan_adoption.h"

#include <sys/prctl.h>

namespace osprey {

// It cannot fail on any kernel since 3.4; if it did, orphans would be lost as without it.
OrphanAdoption::OrphanAdoption() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

OrphanAdoption::~OrphanAdoption() { ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0); }

}  // namespace osprey
