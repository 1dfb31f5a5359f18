# Capstone (BSD-3): takes machine instructions apart. Debian: libcapstone-dev.
find_package(PkgConfig REQUIRED)
pkg_check_modules(capstone REQUIRED IMPORTED_TARGET capstone>=4.0)
