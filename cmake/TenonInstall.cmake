# What passes outside this tree are built against: the headers, with what is generated for them, and a package for
# find_package(Tenon).   cmake --install build --prefix DIR --component headers
# The code itself is in the programs that load such a pass, so there is no library to install.
set(headers include/tenon)
install(DIRECTORY core DESTINATION ${headers} COMPONENT headers FILES_MATCHING PATTERN "*.h" PATTERN "*.def" PATTERN "*.td")
install(DIRECTORY ${CMAKE_BINARY_DIR}/core/ir ${CMAKE_BINARY_DIR}/core/graph DESTINATION ${headers}/core
  COMPONENT headers FILES_MATCHING PATTERN "*.h.inc" PATTERN "CMakeFiles" EXCLUDE)
include(CMakePackageConfigHelpers)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/TenonConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/TenonConfig.cmake ${CMAKE_BINARY_DIR}/TenonConfigVersion.cmake DESTINATION lib/cmake/Tenon
  COMPONENT headers)
