// An instruction in use: an intrinsic with everything bound that its meaning mentions. What the planner
// makes, the encoder turns into words, the decoder gets back, and the simulator executes.
//
// Addresses and strides count a memory's units (bytes, or rows). In a memory of rows the last axis of an
// operand runs along the row from its first byte, element after element, over as many rows as it needs; the
// other axes have strides in rows. In a memory of bytes every axis has a stride in bytes.
// Dense strides: in bytes, C order over the actual sizes; in rows, the last axis but one is
// ceil(bytes of the last axis at its largest size / bytes of a row), and each axis further out is the one
// inside it times that one's actual extent. An operand with `holds` has no strides: it starts at its address
// and places are computed from the layout.
//
// Names known in the expressions of an intrinsic's encoding and timing:
//   m, zx, DIM, update            sizes, values, parameters, family keys (their code)
//   a.addr                        address plus the memory's base
//   a.stride.m                    stride of axis m
//   a.bytes, a.bank, a.memory     bytes that the operand has (sizes times element), address / (units /
//   banks),
//                                 number of the chosen memory in the operand's list
//   sem.wait, sem.wait.id, sem.wait.count, sem.signal, sem.signal.id    1 where the command waits or signals
//   l2c.wait, l2c.signal          the same for tokens
//   cell names, and the slot's    in the command of a `sets`
#pragma once

#include "core/isa/Description.h"

namespace tenon::isa {

struct OperandUse {
  unsigned memory = 0;                   ///< number of the memory in the description
  int64_t address = 0;                   ///< without the memory's base
  llvm::SmallVector<int64_t, 4> strides; ///< one for each axis; the last one of a memory of rows is 1
  bool operator==(const OperandUse &) const = default;
};

/// A wait or a signal that a command carries, or a sync command of its own.
struct SyncUse {
  unsigned sync = 0;
  bool isWait = false;
  int64_t id = 0;    ///< Semaphore: which counter
  int64_t count = 1; ///< waits: how many
  bool operator==(const SyncUse &) const = default;
};

struct Instruction {
  enum class Kind : uint8_t { Intrinsic, Sync };
  Kind kind = Kind::Intrinsic;
  unsigned intrinsic = 0;   ///< number in the description
  unsigned syncCommand = 0; ///< Kind::Sync: number in description.syncCommands; `syncs` then has one entry
  unsigned queue = 0;       ///< the queue it goes down
  llvm::SmallVector<int64_t, 8> sizes;
  llvm::SmallVector<int64_t, 8> values;
  llvm::SmallVector<OperandUse, 4> operands;
  llvm::SmallVector<int64_t, 4> cells; ///< of the register that it sets, in order
  int64_t setsSlot = 0;
  std::map<std::string, int64_t> slots; ///< slots chosen for the names in `needs`
  llvm::SmallVector<SyncUse, 2> syncs;
  unsigned origin = 0; ///< what it was made for (the plan's layer number); not encoded
  bool operator==(const Instruction &) const = default;
};

/// The dense strides of an operand for the sizes; empty where extents() gives an error.
llvm::SmallVector<int64_t, 4> denseStrides(const Description &description, const Intrinsic &intrinsic,
                                           unsigned operand, unsigned memory, llvm::ArrayRef<int64_t> sizes,
                                           llvm::ArrayRef<int64_t> values);

/// The extent of each axis of an operand.
llvm::Expected<llvm::SmallVector<int64_t, 4>> extents(const Description &description,
                                                      const Intrinsic &intrinsic, unsigned operand,
                                                      llvm::ArrayRef<int64_t> sizes,
                                                      llvm::ArrayRef<int64_t> values);

/// Looks up every name that an encoding or a timing may use, for this instruction.
std::optional<int64_t> attribute(const Description &description, const Instruction &instruction,
                                 llvm::StringRef name);

/// Whether everything is in range: sizes, values, `where` clauses, addresses (capacity, alignment), strides
/// (kind and multiple). The message says which, with both sides; ExitCode::TargetCannot.
llvm::Error check(const Description &description, const Instruction &instruction);

/// What each register cell must hold for the command: need number -> value.
llvm::Expected<llvm::SmallVector<int64_t, 8>> neededCells(const Description &description,
                                                          const Instruction &instruction);

/// Cycles that each unit is busy, and the latency (0 where nothing is declared).
struct Cost {
  double latency = 0;
  std::vector<std::pair<std::string, double>> busy;
  double extra = 0;

  double bound() const; ///< the largest of busy, plus extra
};
llvm::Expected<Cost> cost(const Description &description, const Instruction &instruction);

} // namespace tenon::isa
