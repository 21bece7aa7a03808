// The files that a description is read from. Places count lines through all of them, so that a place needs no
// file; whoever shows one puts the file and its own line back.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <string>

namespace tenon::isa {

struct SourceFile {
  std::string path;
  std::string text;
  unsigned before = 0; ///< lines of the files before it: its first line is number before + 1
};

/// The file that the line is of; null where there is none. `files` are in the order of their lines.
const SourceFile *fileOf(llvm::ArrayRef<SourceFile> files, unsigned line);

} // namespace tenon::isa
