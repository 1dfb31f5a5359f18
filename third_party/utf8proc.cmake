# utf8proc (MIT): which characters are printable, as Python's repr needs it. Debian:
# libutf8proc-dev, whose 2.8 calls itself 2.6 here.
find_package(PkgConfig REQUIRED)
pkg_check_modules(libutf8proc REQUIRED IMPORTED_TARGET libutf8proc>=2.6)
