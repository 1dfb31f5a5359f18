# osprey_module(NAME SOURCES file... [PUBLIC lib...] [PRIVATE lib...])
#
# One library of the house. PUBLIC and PRIVATE name the modules and packages that it may use;
# the test `structure` holds the includes against what is said here.
function(osprey_module NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(osprey_${NAME} STATIC ${ARG_SOURCES})
  target_include_directories(osprey_${NAME}
    PUBLIC "${PROJECT_SOURCE_DIR}/include"
    PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(osprey_${NAME}
    PUBLIC ${ARG_PUBLIC}
    PRIVATE osprey_settings ${ARG_PRIVATE})
endfunction()

# osprey_test(NAME SOURCES file... USES lib...)
#
# The test program of one module, its cases known to ctest one by one.
function(osprey_test NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  add_executable(${NAME}_test ${ARG_SOURCES})
  target_include_directories(${NAME}_test PRIVATE
    "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${NAME}_test PRIVATE
    OSPREY_SOURCE_DIR="${PROJECT_SOURCE_DIR}" OSPREY_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(${NAME}_test PRIVATE
    ${ARG_USES} GTest::gmock GTest::gtest_main osprey_settings)
  target_precompile_headers(${NAME}_test PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  gtest_discover_tests(${NAME}_test TEST_PREFIX "${NAME}." PROPERTIES TIMEOUT 120
    DISCOVERY_TIMEOUT 60)
endfunction()
