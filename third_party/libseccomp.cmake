# libseccomp (LGPL-2.1): the names of system calls. Debian: libseccomp-dev.
find_package(PkgConfig REQUIRED)
pkg_check_modules(libseccomp REQUIRED IMPORTED_TARGET libseccomp>=2.5)
