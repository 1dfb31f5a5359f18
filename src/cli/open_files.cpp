#include "cli/open_files.h"

#include <sys/resource.h>

namespace osprey {

void AllowManyOpenFiles() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  // Refused, the old limit stays; what cannot be opened then counts as not known.
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace osprey
