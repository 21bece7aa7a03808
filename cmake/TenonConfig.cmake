# find_package(Tenon): its headers, and how a library with passes is built that tenon and tenon-opt load.
find_package(MLIR 19.1 REQUIRED CONFIG HINTS /usr/lib/llvm-19/lib/cmake/mlir)
add_library(Tenon::headers INTERFACE IMPORTED)
target_include_directories(Tenon::headers SYSTEM INTERFACE ${CMAKE_CURRENT_LIST_DIR}/../../../include/tenon
  ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
target_compile_features(Tenon::headers INTERFACE cxx_std_20)

# tenon_pass_plugin(NAME a.cpp ...): what it calls of Tenon is found in the program that loads it.
function(tenon_pass_plugin name)
  add_library(${name} MODULE ${ARGN})
  set_target_properties(${name} PROPERTIES PREFIX "" POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${name} PRIVATE Tenon::headers MLIR LLVM)
endfunction()
