// Names that tenon-read-bytecode and its caller share.
#pragma once

namespace tenon::import {

inline constexpr const char *bytecodeFile = "module.mlirbc";
inline constexpr const char *textFile = "module.mlir";
inline constexpr const char *answerFile =
    "answer.json"; ///< a list of diagnostics, where the text is not there
inline constexpr const char *logFile = "log";
inline constexpr int refusedCode = 3; ///< the program's exit code where it gives such a list

} // namespace tenon::import
