# GNU libiberty (LGPL-2): names of C++ and Rust as people write them. Debian: libiberty-dev, which
# has a static library and no pkg-config file.
find_path(libiberty_include libiberty/demangle.h REQUIRED)
find_library(libiberty_library iberty REQUIRED)
add_library(osprey_libiberty INTERFACE IMPORTED)
target_include_directories(osprey_libiberty INTERFACE ${libiberty_include}/libiberty)
target_link_libraries(osprey_libiberty INTERFACE ${libiberty_library})
