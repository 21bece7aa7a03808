// The comments that say from which row of a description a line of IR comes.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tenon::codegen {

struct RowPlace {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
  auto operator<=>(const RowPlace &) const = default;
};

/// "... ; row FILE:LINE:COLUMN": the place, if the line ends with such a comment.
std::optional<RowPlace> rowPlace(llvm::StringRef line);

/// A module's lines that come from rows.
struct RowLines {
  std::map<unsigned, RowPlace> places; ///< by the module's line, from 1
  /// Of lines that say the same of the same place, but for the names of values, only the first.
  std::vector<unsigned> distinct;
};
RowLines rowLines(llvm::StringRef module);

} // namespace tenon::codegen
