# GoogleTest (BSD-3-Clause): the unit tests. Debian: libgtest-dev, libgmock-dev.
find_package(GTest 1.12 REQUIRED)
include(GoogleTest)
