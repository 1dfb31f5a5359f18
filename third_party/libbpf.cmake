# libbpf (LGPL-2.1 or BSD-2): loads programs into the kernel. Debian: libbpf-dev.
find_package(PkgConfig REQUIRED)
pkg_check_modules(libbpf REQUIRED IMPORTED_TARGET libbpf>=1.0)
