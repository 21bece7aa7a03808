// Names that tenon-codegen and its caller share: files of the folder, keys, functions.
#pragma once

#include <optional>
#include <string>

namespace tenon::codegen {

inline constexpr const char *requestFile = "request.json";
inline constexpr const char *moduleFile = "module.ll";
inline constexpr const char *answerFile = "answer.json";
inline constexpr const char *resultFile = "result";
inline constexpr const char *logFile = "log";

inline constexpr const char *rowFunctionPrefix = "tenon_row_alone_";

/// The function that holds the instruction of one line alone.
inline std::string rowFunction(unsigned line) { return rowFunctionPrefix + std::to_string(line); }

/// The line that a function of rowFunction's name stands for.
inline std::optional<unsigned> rowOfFunction(const std::string &name) {
  const std::string prefix = rowFunctionPrefix;
  if (name.compare(0, prefix.size(), prefix) != 0 || name.size() == prefix.size())
    return std::nullopt;
  unsigned line = 0;
  for (char digit : name.substr(prefix.size())) {
    if (digit < '0' || digit > '9' || line > 400000000)
      return std::nullopt;
    line = line * 10 + unsigned(digit - '0');
  }
  return line;
}

} // namespace tenon::codegen
