# The library of Verilator that all its models share, and the models of a design.
find_program(VERILATOR verilator REQUIRED)
find_package(ZLIB REQUIRED) # waveforms are compressed
get_filename_component(verilator_real ${VERILATOR} REALPATH)
find_path(VERILATOR_INCLUDE verilated.h HINTS /usr/share/verilator/include REQUIRED)

# What Verilator writes is not ours to warn about.
function(tenon_verilated_settings target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} SYSTEM PUBLIC ${VERILATOR_INCLUDE} ${VERILATOR_INCLUDE}/vltstd)
  target_compile_definitions(${target} PUBLIC VL_TIME_CONTEXT)
  target_compile_options(${target} PRIVATE -fPIC -w -O3 -fno-strict-aliasing -fvisibility=hidden)
endfunction()

add_library(verilated_runtime STATIC ${VERILATOR_INCLUDE}/verilated.cpp ${VERILATOR_INCLUDE}/verilated_threads.cpp
  ${VERILATOR_INCLUDE}/verilated_fst_c.cpp)
tenon_verilated_settings(verilated_runtime)
target_compile_options(verilated_runtime PRIVATE -include ${CMAKE_CURRENT_SOURCE_DIR}/DesignOutput.h)
target_link_libraries(verilated_runtime PUBLIC ZLIB::ZLIB)

# tenon_verilate(NAME [WATCHED] [PARAMETERS NAME=VALUE ...]): the library NAME of the class V<NAME>, made of npu_top with
# the package of the description with these parameters. WATCHED: it looks at the design's assertions and can record
# waveforms.
function(tenon_verilate name)
  cmake_parse_arguments(arg "WATCHED" "" "PARAMETERS" ${ARGN})
  set(rtl ${CMAKE_SOURCE_DIR}/hw/rtl)
  file(GLOB sources CONFIGURE_DEPENDS ${rtl}/*.sv)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name})
  set(package ${folder}/npu_sim_pkg.sv)
  set(parameters "")
  foreach(parameter IN LISTS arg_PARAMETERS)
    list(APPEND parameters --parameter ${parameter})
  endforeach()
  file(MAKE_DIRECTORY ${folder})
  # A new build of the tool that gives the same package is no reason to verilate again.
  add_custom_command(OUTPUT ${package}
    COMMAND tenon target package ${TENON_NPU_DESCRIPTION} ${parameters} > ${package}.new
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${package}.new ${package}
    DEPENDS tenon ${TENON_NPU_DESCRIPTION} COMMENT "Package of ${name}")
  set(groups 4)
  set(watched "")
  if(arg_WATCHED)
    set(watched --assert --trace-fst)
  endif()
  set(generated ${folder}/fast_0.cpp ${folder}/fast_1.cpp ${folder}/fast_2.cpp ${folder}/fast_3.cpp)
  add_custom_command(OUTPUT ${generated} ${folder}/slow.cpp ${folder}/verilated/V${name}.h
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${folder}/verilated
    COMMAND ${VERILATOR} --cc -O3 --x-assign unique --x-initial unique
      --prefix V${name} --top-module npu_top --Mdir ${folder}/verilated --output-split 20000
      ${watched} -Wno-UNOPTFLAT ${CMAKE_SOURCE_DIR}/hw/lint/verilator.vlt ${package} -F ${rtl}/npu.f
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} -DPREFIX=V${name} -DGROUPS=${groups}
      -P ${CMAKE_CURRENT_SOURCE_DIR}/GroupSources.cmake
    DEPENDS ${package} ${sources} ${rtl}/npu.f ${CMAKE_SOURCE_DIR}/hw/lint/verilator.vlt
      ${CMAKE_CURRENT_SOURCE_DIR}/GroupSources.cmake
    VERBATIM COMMAND_EXPAND_LISTS COMMENT "Verilating ${name}")
  set(recorder NoRecorder)
  set(recorder_header sim/systemc/NpuModel.h)
  if(arg_WATCHED)
    set(recorder VerilatedFstC)
    set(recorder_header verilated_fst_c.h)
  endif()
  configure_file(${CMAKE_CURRENT_SOURCE_DIR}/MakeModel.cpp.in ${folder}/MakeModel.cpp @ONLY)
  add_library(${name} STATIC ${generated} ${folder}/slow.cpp ${folder}/MakeModel.cpp
    ${folder}/verilated/V${name}.h)
  tenon_verilated_settings(${name})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${folder}/verilated)
  set_source_files_properties(${folder}/slow.cpp PROPERTIES COMPILE_OPTIONS -O0)
  target_link_libraries(${name} PUBLIC verilated_runtime)
endfunction()
