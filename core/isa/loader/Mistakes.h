// The mistakes of a description while it is read: all of them are collected and told at once.
#pragma once

#include "core/isa/Expression.h"
#include "core/isa/SourceFile.h"
#include "core/support/Error.h"

#include <string>
#include <vector>

namespace tenon::isa::loader {

class Mistakes {
public:
  std::vector<Diagnostic> list;

  bool empty() const { return list.empty(); }
  /// Whether there are so many that looking for more helps nobody.
  bool full() const { return list.size() >= most; }
  void add(Place place, std::string message, std::string repair = "");
  /// Every diagnostic of the error; those without a place or repair get these.
  void add(llvm::Error error, Place place, const std::string &repair);
  /// Moves the places of those from number `first` on by so many lines.
  void shift(size_t first, unsigned lines);
  /// In the order of the files, each once (the members of a family repeat theirs), with its file's name and
  /// line. The last one says so where there were more than are listed.
  std::vector<Diagnostic> take(llvm::ArrayRef<SourceFile> files);

private:
  static constexpr size_t most = 200;
};

/// The text in quotation marks, shortened where it is long.
std::string quoted(llvm::StringRef text);
/// "a, b, c", shortened where there are many.
std::string listed(llvm::ArrayRef<std::string> names);
/// "did you mean 'memories'?" for the closest known name, else which names there are.
std::string suggestion(llvm::StringRef wrong, llvm::ArrayRef<std::string> known);

/// [A-Za-z_][A-Za-z0-9_]*.
bool isLabel(llvm::StringRef text);
/// A label that is none of the words that expressions and ranges use.
bool isName(llvm::StringRef text);
/// Letters, digits, -, _ and dots, no dot first: part of a command line.
bool isVariantName(llvm::StringRef text);
/// Why the text is no name: "'8x' is no name".
std::string noName(llvm::StringRef text);

} // namespace tenon::isa::loader
