# osprey_embed_text(TARGET NAME file...)
#
# Gives TARGET the texts of the files, one after the other, as `const char NAME[]` in namespace
# osprey. Needs nothing but CMake when building.
if(CMAKE_SCRIPT_MODE_FILE)
  set(all "")
  foreach(input IN LISTS INPUTS)
    file(READ "${input}" text)
    string(APPEND all "${text}")
  endforeach()
  # The texts end up in CDATA sections, which this would end.
  string(FIND "${all}" "]]>" bad)
  if(NOT bad EQUAL -1)
    message(FATAL_ERROR "a text to embed holds ]]>: ${INPUTS}")
  endif()
  file(WRITE "${OUTPUT}"
    "namespace osprey {\nextern const char ${NAME}[];\n"
    "const char ${NAME}[] = R\"osprey(${all})osprey\";\n}  // namespace osprey\n")
  return()
endif()

set(OSPREY_EMBED_TEXT_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")
function(osprey_embed_text TARGET NAME)
  set(inputs "")
  foreach(file IN LISTS ARGN)
    list(APPEND inputs "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  endforeach()
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${NAME}.cpp")
  add_custom_command(OUTPUT "${output}"
    COMMAND ${CMAKE_COMMAND} "-DINPUTS=${inputs}" "-DOUTPUT=${output}" "-DNAME=${NAME}"
            -P "${OSPREY_EMBED_TEXT_SCRIPT}"
    DEPENDS ${inputs} "${OSPREY_EMBED_TEXT_SCRIPT}"
    VERBATIM)
  target_sources(${TARGET} PRIVATE "${output}")
endfunction()
