// One run of the program tenon-codegen: a folder with what it reads and writes, its limits, and what became
// of it.
#pragma once

#include "core/codegen/Codegen.h"

#include <optional>

namespace tenon::codegen {

/// A mistake that the child found.
struct Mistake {
  std::string message;
  std::optional<unsigned> line; ///< of the module's text, from 1
  std::string function;         ///< in which it was found; may be empty
};

/// What the child did.
struct ChildAnswer {
  enum class End : uint8_t {
    Done,
    NotParsed,      ///< the text is no IR, and nothing else is known of it
    Refused,        ///< it found mistakes
    UnknownMachine, ///< it knows no such triple, processor or feature
    Crashed,        ///< it ended by itself and gave no answer
    TooLong,
  } end = End::Crashed;
  std::vector<Mistake> mistakes;     ///< NotParsed, Refused, UnknownMachine
  std::vector<std::string> warnings; ///< Done
  std::vector<char> bytes;           ///< Done
  std::string story;                 ///< Crashed, TooLong: how it ended and what it printed
};

/// Runs the child on the whole module, or on rows alone: the instructions of the given lines, each in a
/// function of its own that is named rowFunction(line). Errors: ExitCode::SystemFailed.
llvm::Expected<ChildAnswer> runChild(const CodegenRequest &request, llvm::ArrayRef<unsigned> rows,
                                     const CodegenOptions &options);

} // namespace tenon::codegen
