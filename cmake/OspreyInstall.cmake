# What `cmake --install` puts in place: the program, its manual and its completions.
if(TARGET osprey)
  install(TARGETS osprey RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES man/osprey.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES completions/osprey.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME osprey)
install(FILES completions/_osprey DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES completions/osprey.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
