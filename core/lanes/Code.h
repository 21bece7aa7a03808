// Kernels as the interpreter runs them: a module's functions with registers numbered, constants spelled out,
// and each instruction's kind decided once.
#pragma once

#include "core/lanes/DeviceMemory.h"
#include "core/lanes/LaneMachine.h"
#include "core/lanes/Scalar.h"

#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

#include <memory>

namespace tenon::lanes {

// Pointers are 64 bits everywhere. One without an address space may point anywhere: what lies in the
// scratchpad or in a lane's own memory has a window of addresses there, and device memory lies below both.
inline constexpr uint64_t localWindow = uint64_t(1) << 56;
inline constexpr uint64_t sharedWindow = uint64_t(2) << 56;
inline constexpr uint64_t windowBytes = uint64_t(1) << 32;

struct Operand {
  int slot = -1;                ///< the register; -1: a constant
  std::vector<Scalar> constant; ///< its components
};

struct Function;

struct Step {
  enum class Kind : uint8_t {
    Elementwise, ///< the result's components come from the operands' components of the same number
    Load,
    Store,
    Exchange, ///< cmpxchg
    Address,  ///< getelementptr
    Alloca,
    Copy,    ///< extract, insert, shuffle: `sources` says from where each component comes
    Dynamic, ///< extractelement and insertelement with an index that is no constant
    Reduce,  ///< llvm.vector.reduce.*
    Bitcast,
    Branch,
    Switch,
    Return,
    Call,
    Row,     ///< executed from the description
    Barrier, ///< waits for the groups of the block
    LevelIndex,
    MemoryFill, ///< llvm.memset
    MemoryCopy, ///< llvm.memcpy
    Nothing,    ///< llvm.assume, lifetimes
    Unreachable,
  };
  Kind kind = Kind::Nothing;
  const llvm::Instruction *source = nullptr;
  int result = -1;               ///< first register slot
  std::vector<ScalarType> types; ///< of the result's components; of a store: the stored value's
  std::vector<Operand> operands;
  std::vector<ScalarType> operandTypes; ///< type of the first component of each operand
  llvm::Intrinsic::ID intrinsic = 0;
  unsigned number = 0;                                ///< Row: of the description; LevelIndex: Index;
                                                      ///< an address space cast: the scratchpad's space
  const Function *callee = nullptr;                   ///< Call
  std::vector<std::pair<unsigned, unsigned>> sources; ///< Copy: operand (~0u: poison) and component
  std::vector<std::pair<unsigned, int64_t>> scales;   ///< Address: operand, bytes of a step
  int64_t offset = 0;     ///< Address: constant bytes; Alloca: offset in the lane's memory
  unsigned space = 0;     ///< Load, Store
  uint64_t align = 1;     ///< Load, Store
  bool masked = false;    ///< Load, Store: the last operand but the passthrough is a mask
  bool scattered = false; ///< Load, Store: a pointer for each component
  std::vector<std::pair<Bits, unsigned>> cases; ///< Switch: value, block
  llvm::SmallVector<unsigned, 2> targets;       ///< Branch, Switch (default last)
  bool nsw = false, nuw = false, exact = false, disjoint = false,
       nneg = false; ///< flags whose breach is poison
};

/// A phi node's value where control comes from a block.
struct Edge {
  int result = -1;
  unsigned components = 1;
  Operand value;
};

struct Block {
  std::vector<Step> steps;
  std::map<unsigned, std::vector<Edge>> edges; ///< by the block that is left
};

/// A variable in the scratchpad; every block has its own.
struct SharedVariable {
  std::string name;
  uint64_t address = 0; ///< in the scratchpad's address space
  uint64_t bytes = 0;
};

struct Function {
  std::string name;
  std::vector<Block> blocks;
  unsigned slots = 0;                              ///< register components
  std::vector<std::pair<int, unsigned>> arguments; ///< slot, components
  uint64_t localBytes = 0;
  std::vector<unsigned> shared; ///< variables that it mentions, by number
};

/// The functions of a module, and its variables given addresses.
class Code {
public:
  /// The text is parsed and verified; every instruction is decoded, and one that is not known is an error
  /// that names it. Variables of the module get their place in `memory`, or in the scratchpad.
  static llvm::Expected<std::unique_ptr<Code>> create(const LaneMachine &machine, llvm::StringRef text,
                                                      DeviceMemory &memory);

  const Function *find(llvm::StringRef name) const;
  /// The variables of the scratchpad that a function and all that it calls mention.
  std::vector<SharedVariable> sharedOf(const Function &function) const;

private:
  friend class Decoder;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module;
  llvm::StringMap<std::unique_ptr<Function>> functions;
  std::vector<SharedVariable> shared;
};

/// The instruction as a person reads it, without its comment.
std::string textOf(const llvm::Instruction &instruction);

} // namespace tenon::lanes
