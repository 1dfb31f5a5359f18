# ncurses (MIT-X11) with wide characters: the screen of `osprey top`. Debian: libncurses-dev.
find_package(PkgConfig REQUIRED)
pkg_check_modules(ncursesw REQUIRED IMPORTED_TARGET ncursesw>=6.2)
