# elfutils' libdw with libdwfl (LGPL-3/GPL-2): functions, inlined ones and lines of code addresses,
# wherever the debug information lies. Debian: libdw-dev.
find_package(PkgConfig REQUIRED)
pkg_check_modules(libdw REQUIRED IMPORTED_TARGET libdw>=0.188)
