# elfutils' libelf (LGPL-3/GPL-2): sections, segments and symbols of ELF files. Debian: libelf-dev.
find_package(PkgConfig REQUIRED)
pkg_check_modules(libelf REQUIRED IMPORTED_TARGET libelf>=0.187)
