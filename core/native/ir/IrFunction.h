// One function's body as LLVM IR text: names for values, blocks, counted loops, and the report of a status.
// Only strings: whatever writes code needs no LLVM headers.
#pragma once

#include "core/host/HostStatus.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

#include <set>
#include <string>
#include <vector>

namespace tenon::native {

/// A value that goes around a loop.
struct Carried {
  std::string type;
  std::string initial;
};

/// A counted loop that is open. Only its names are for others.
struct IrLoop {
  std::string variable;                   ///< i64
  llvm::SmallVector<std::string> carried; ///< as they are at the start of an iteration

private:
  friend class IrFunction;
  std::string head, end, step, empty;
  llvm::SmallVector<Carried> initial;
  size_t phiLine = 0;
  std::string before; ///< block from which the loop is entered
};

class IrFunction {
public:
  IrFunction();

  /// Appends "%vN = text" and gives "%vN".
  std::string value(const llvm::Twine &text);
  void line(const llvm::Twine &text);
  /// A local name that nothing else has: "%hint.N".
  std::string fresh(llvm::StringRef hint);

  /// Blocks: a label is a name without %. The first block is "entry".
  std::string label(llvm::StringRef hint);
  void startBlock(llvm::StringRef label);
  const std::string &block() const { return current; } ///< for phis
  void branch(llvm::StringRef label);
  void branch(llvm::StringRef condition, llvm::StringRef yes, llvm::StringRef no);

  /// for (i64 v = begin; v < end; v += step), with values that go around. Without `mayBeEmpty` there is a
  /// first iteration for sure. begin, end and step are i64 names or numbers.
  IrLoop openLoop(llvm::StringRef begin, llvm::StringRef end, llvm::StringRef step,
                  llvm::ArrayRef<Carried> carried = {}, bool mayBeEmpty = false);
  /// Ends the loop that was opened last; `next` are the carried values for the next iteration. Gives their
  /// values after the loop.
  llvm::SmallVector<std::string> closeLoop(const IrLoop &loop, llvm::ArrayRef<std::string> next = {});

  /// Where the condition (an i1) holds, the status is set unless it is already; the function goes on.
  void fail(llvm::StringRef condition, host::HostStatus status);
  /// What follows "ptr " for the status: "%status", or "addrspace(1) %status".
  std::string status = "%status";

  /// "declare ..." of what is called.
  void declare(std::string declaration) { declared.insert(std::move(declaration)); }
  std::vector<std::string> declarations() const { return {declared.begin(), declared.end()}; }

  /// All lines, from "entry:" on; the caller writes the last "ret void".
  std::string text() const;

private:
  std::vector<std::string> lines;
  std::set<std::string> declared;
  std::string current = "entry";
  unsigned number = 0;
};

} // namespace tenon::native
