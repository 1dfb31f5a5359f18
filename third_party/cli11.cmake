# CLI11 (BSD-3-Clause): the command line. Debian: libcli11-dev.
find_package(CLI11 2.1 REQUIRED)
