# cmake --install: programs, library, units, sample configurations, manual.
include(GNUInstallDirs)

set(unit_dir lib/systemd/system CACHE STRING "Where systemd units go")
set(examples_dir ${CMAKE_INSTALL_DOCDIR}/examples)
set(made ${CMAKE_BINARY_DIR}/install)

install(TARGETS accord accord-enclave RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS accordd accord-hsm accord-agent
        RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS libaccord libaccord_static
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES enclave/accord.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/accord.pc.in ${made}/accord.pc @ONLY)
install(FILES ${made}/accord.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

foreach(unit accord-hsm.service accordd.service accord-agent.service
             accord-outbox.service accord-outbox.path)
    configure_file(systemd/${unit}.in ${made}/${unit} @ONLY)
    install(FILES ${made}/${unit} DESTINATION ${unit_dir})
endforeach()
install(PROGRAMS systemd/accord-outbox DESTINATION ${CMAKE_INSTALL_LIBEXECDIR})
install(FILES systemd/accord.sysusers DESTINATION lib/sysusers.d
        RENAME accord.conf)
install(FILES systemd/accord.tmpfiles DESTINATION lib/tmpfiles.d
        RENAME accord.conf)

# The programs write their own samples, from the tables they parse with.
function(sample file program)
    add_custom_command(OUTPUT ${made}/${file}
        COMMAND ${program} ${ARGN} > ${made}/${file}
        DEPENDS ${program} VERBATIM)
    install(FILES ${made}/${file} DESTINATION ${examples_dir})
endfunction()
sample(accordd.conf accordd --sample-config)
sample(hsm.conf accord-hsm sample-config)
sample(agent.conf accord-agent sample-config)
add_custom_target(samples ALL DEPENDS ${made}/accordd.conf ${made}/hsm.conf
                                      ${made}/agent.conf)

# What `accord` says about itself. Made while installing, by the program that
# is installed, so that it is never another version's.
install(CODE "
    set(prefix \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX})
    set(man \${prefix}/${CMAKE_INSTALL_MANDIR}/man1)
    set(completions \${prefix}/${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    file(MAKE_DIRECTORY \${man} \${completions})
    message(STATUS \"Installing: \${man}, \${completions}/accord\")
    execute_process(COMMAND $<TARGET_FILE:accord> man \${man}
                    RESULT_VARIABLE code)
    if(NOT code EQUAL 0)
        message(FATAL_ERROR \"accord man failed: \${code}\")
    endif()
    execute_process(COMMAND $<TARGET_FILE:accord> completion bash
                    OUTPUT_FILE \${completions}/accord RESULT_VARIABLE code)
    if(NOT code EQUAL 0)
        message(FATAL_ERROR \"accord completion failed: \${code}\")
    endif()
")

if(BUILD_TESTING)
    add_test(NAME install.staged
             COMMAND ${CMAKE_SOURCE_DIR}/tests/install/staged.sh
                     ${CMAKE_COMMAND} ${CMAKE_BINARY_DIR} ${CMAKE_C_COMPILER}
                     ${CMAKE_INSTALL_PREFIX} "${SANITIZE}")
endif()
