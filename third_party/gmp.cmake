# GMP (LGPL-3/GPL-2): the decimal digits of large Python ints. Debian: libgmp-dev.
find_package(PkgConfig REQUIRED)
pkg_check_modules(gmp REQUIRED IMPORTED_TARGET gmp>=6.2)
