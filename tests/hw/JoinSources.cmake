# One source that includes all that Verilator wrote into a folder: their names are known only then, and together they
# compile faster. cmake -D FOLDER=... -D RESULT=... -P JoinSources.cmake
file(GLOB sources ${FOLDER}/*.cpp)
list(REMOVE_ITEM sources ${RESULT})
list(SORT sources)
set(text "")
foreach(source IN LISTS sources)
  string(APPEND text "#include \"${source}\"\n")
endforeach()
file(WRITE ${RESULT} "${text}")
