# What every target of the project is compiled with.
option(OSPREY_BUILD_TESTS "Build the tests" ON)
option(OSPREY_BUILD_BENCH "Build the programs under bench/" OFF)
option(OSPREY_BUILD_FUZZERS "Build the programs under fuzz/ (Clang only)" OFF)
option(OSPREY_WERROR "Treat warnings as errors" ON)
set(OSPREY_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library(osprey_settings INTERFACE)
target_compile_options(osprey_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-align
  -Wformat=2 -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wundef
  $<$<BOOL:${OSPREY_WERROR}>:-Werror>)
if(OSPREY_SANITIZE)
  target_compile_options(osprey_settings INTERFACE
    -fsanitize=${OSPREY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(osprey_settings INTERFACE -fsanitize=${OSPREY_SANITIZE})
  # GCC warns of what its own instrumentation makes it misread (its manual, -fsanitize=address).
  target_compile_options(osprey_settings INTERFACE
    "$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-restrict>")
endif()
