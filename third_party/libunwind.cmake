# libunwind (MIT): walks native stacks by their unwind tables, out of any memory, for any machine by a
# library of its own. Debian: libunwind-dev.
find_package(PkgConfig REQUIRED)
pkg_check_modules(libunwind REQUIRED IMPORTED_TARGET libunwind-generic>=1.6)
