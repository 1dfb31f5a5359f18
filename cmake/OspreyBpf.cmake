# osprey_bpf_program(SOURCE FUNCTION HEADER)
#
# Compiles bpf/SOURCE for the kernel's own machine, and writes FUNCTION.cpp, which has the result: what
# FUNCTION returns, as HEADER declares it.
find_program(OSPREY_BPF_CLANG NAMES clang clang-14 clang-15 clang-16 clang-17 clang-18 clang-19 REQUIRED)

function(osprey_bpf_program SOURCE FUNCTION HEADER)
  set(input "${CMAKE_CURRENT_SOURCE_DIR}/bpf/${SOURCE}")
  set(object "${CMAKE_CURRENT_BINARY_DIR}/${FUNCTION}.o")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${FUNCTION}.cpp")
  add_custom_command(OUTPUT "${object}"
    COMMAND "${OSPREY_BPF_CLANG}" -target bpf -O2 -g -Wall -Werror
      -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -MD -MF "${object}.d" -c "${input}" -o "${object}"
    DEPENDS "${input}" DEPFILE "${object}.d" VERBATIM)
  add_custom_command(OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -D "INPUT=${object}" -D "OUTPUT=${output}" -D "FUNCTION=${FUNCTION}"
      -D "HEADER=${HEADER}" -P "${PROJECT_SOURCE_DIR}/cmake/EmbedBytes.cmake"
    DEPENDS "${object}" "${PROJECT_SOURCE_DIR}/cmake/EmbedBytes.cmake" VERBATIM)
endfunction()
