# The few functions with which a folder declares what it builds.

# One precompiled header for all that touches MLIR; libraries without MLIR do not pay for it.
add_library(tenon_mlir_header OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp)
target_link_libraries(tenon_mlir_header PRIVATE tenon_options)
target_precompile_headers(tenon_mlir_header PRIVATE ${CMAKE_CURRENT_LIST_DIR}/precompiled.h)

# tenon_library(NAME [MLIR] SOURCES a.cpp ... [LINK lib ...] [DEPENDS target ...])
# MLIR: the library includes MLIR; it uses the precompiled header and links libMLIR and libLLVM.
function(tenon_library name)
  cmake_parse_arguments(arg "MLIR" "" "SOURCES;LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC tenon_options ${arg_LINK})
  if(arg_MLIR)
    target_precompile_headers(${name} REUSE_FROM tenon_mlir_header)
    target_link_libraries(${name} PUBLIC MLIR LLVM)
  endif()
  if(arg_DEPENDS)
    add_dependencies(${name} ${arg_DEPENDS})
  endif()
endfunction()

# tenon_program(NAME [MLIR] SOURCES a.cpp ... [LINK lib ...])
function(tenon_program name)
  cmake_parse_arguments(arg "MLIR" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE tenon_options ${arg_LINK})
  if(arg_MLIR)
    target_precompile_headers(${name} REUSE_FROM tenon_mlir_header)
    target_link_libraries(${name} PRIVATE MLIR LLVM)
  endif()
endfunction()

# tenon_unit_test(NAME [MLIR] SOURCES a.cpp ... [LINK lib ...]): a GoogleTest program in build/tests/unit.
function(tenon_unit_test name)
  find_package(GTest 1.12 REQUIRED CONFIG)
  tenon_program(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE GTest::gtest GTest::gtest_main GTest::gmock)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/unit)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

function(tenon_add_target_folders folder)
  file(GLOB found CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${folder}/*/CMakeLists.txt)
  foreach(file IN LISTS found)
    get_filename_component(directory ${file} DIRECTORY)
    add_subdirectory(${directory})
  endforeach()
endfunction()
