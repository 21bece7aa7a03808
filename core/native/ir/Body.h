// A nest's statement as LLVM IR text, for one point or for a vector of points: the same values, to the bit,
// as the interpreter's, whatever the machine.
//
// A value of nest type T is LLVM's iN, float or double, and for f16 and bf16 their bits, i16; `<lanes x T>`
// for lanes > 1. What has no result (division by zero, a shift not below the width, ...) sets the status and
// goes on with some value; nothing is undefined. Where the ranges of the values show that it cannot happen,
// nothing is tested.
#pragma once

#include "core/ir/nest/AccessAnalysis.h"
#include "core/native/ir/IrFunction.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <optional>

namespace tenon::isa {
struct Description;
} // namespace tenon::isa

namespace tenon::native {

/// Values of a nest's loops inside a kernel: an i64 name or number for each loop; one loop may be the lane
/// loop: lane l has values[laneLoop] + l.
struct LoopValues {
  std::vector<std::string> values;
  int laneLoop = -1;
  unsigned lanes = 1;
  int64_t multiple = 1;   ///< values[laneLoop] is a multiple of it; 0: it is 0
  bool allInside = false; ///< no access leaves its operand at any of these points
};

/// What is known of operands when compiling, by operand number; may be shorter than the operands.
struct OperandFacts {
  struct Fact {
    std::optional<nest::Interval> range; ///< of the elements (integers)
    uint64_t align = 1;                  ///< bytes that the operand's address is a multiple of
  };
  std::vector<Fact> facts;
  /// Whether exp, log, tanh, erf, pow, fmod of C's library may be called.
  bool hasLibrary = true;
  int64_t vectorBytes = 0; ///< of the machine's vectors; 0: unknown
};

/// Of the machine alone.
OperandFacts machineFacts(const isa::Description &description);

/// Asked first for each Read node (by its number in the body): gives the value's name, of type <lanes x T>,
/// or an empty string: then it is loaded.
using ReadHook = llvm::function_ref<std::string(unsigned node)>;

/// LLVM's name of a value's type: "i8", "float"; "<8 x i8>" for lanes > 1.
std::string typeText(const nest::ScalarType &type, unsigned lanes = 1);
/// The type in memory: i8, i16, i32, i64 for integers of any width.
std::string storageText(const nest::ScalarType &type, unsigned lanes = 1);
/// A constant of the type, splat for lanes > 1.
std::string constantText(const nest::ScalarType &type, const nest::Constant &constant, unsigned lanes = 1);
/// <lanes x T> with all elements the scalar (the scalar itself for one lane).
std::string emitSplat(IrFunction &function, llvm::StringRef type, llvm::StringRef scalar, unsigned lanes);

/// Writes the body of one statement and gives the name of its value, of type <lanes x T>. `pointers[operand]`
/// is what follows "ptr ": "%arg0" or "addrspace(1) %arg0"; it may be empty where the hook gives every read.
/// `mask`: empty, or a name of type <lanes x i1> (i1 for one lane): lanes that are not there touch no memory
/// and report nothing; lane 0 is always there.
std::string emitBody(IrFunction &function, const nest::Nest &nest, const nest::Statement &statement,
                     const LoopValues &values, llvm::ArrayRef<std::string> pointers, ReadHook read,
                     const std::string &mask, const OperandFacts &facts = {});

/// The destination's element as it is, <lanes x T>.
std::string emitLoadDestination(IrFunction &function, const nest::Nest &nest,
                                const nest::Statement &statement, const LoopValues &values,
                                llvm::ArrayRef<std::string> pointers, const std::string &mask,
                                const OperandFacts &facts = {});
/// Stores the value at the statement's destination.
void emitStore(IrFunction &function, const nest::Nest &nest, const nest::Statement &statement,
               const LoopValues &values, llvm::ArrayRef<std::string> pointers, const std::string &value,
               const std::string &mask, const OperandFacts &facts = {});
/// One step of an update: the new value of `old` (both <lanes x T>).
std::string emitUpdate(IrFunction &function, nest::Update update, const nest::ScalarType &type,
                       const std::string &old, const std::string &step, unsigned lanes);

/// Flat index (i64) -> values of the joined loops, outermost first.
llvm::SmallVector<std::string> delinearise(IrFunction &function, const std::string &flat,
                                           llvm::ArrayRef<int64_t> extents);

/// Refuses by name what emitBody cannot write on a machine without C's library.
llvm::Error checkBodies(const nest::Nest &nest, const OperandFacts &facts);

} // namespace tenon::native
