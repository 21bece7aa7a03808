// The kernels of the interpreter: one operation over the lanes of a row. A lane holds one value:
//
//   integers up to 32 bits   int32_t, sign-extended from their width (so true, an i1, is -1)
//   integers above           int64_t, sign-extended likewise
//   f16, bf16, f32           float, rounded to the type
//   f64                      double
//
// A row is an array of lanes, each node of a body has one.
#pragma once

#include "core/ir/nest/Nest.h"

namespace tenon::reference {

enum class LaneKind : uint8_t { Int32, Int64, Float, Double };

LaneKind laneKind(const nest::ScalarType &type);
unsigned laneBytes(LaneKind kind);

/// Moves `count` elements between a buffer and lanes; the elements are `stride` bytes apart.
using LoadRun = void (*)(void *lanes, const char *buffer, int64_t stride, int64_t count);
using StoreRun = void (*)(const void *lanes, char *buffer, int64_t stride, int64_t count);
/// The same with an offset in bytes for each lane. With `inside`, a lane whose flag is 0 is left as it is.
using Gather = void (*)(void *lanes, const char *buffer, const int64_t *offsets, const uint8_t *inside,
                        int64_t count);
using Scatter = void (*)(const void *lanes, char *buffer, const int64_t *offsets, int64_t count);

/// The memory's side of a type. A type that does not fill its storage is brought into its range after a load
/// (wrapLanes).
struct MemoryKernels {
  LoadRun load = nullptr;
  StoreRun store = nullptr;
  Gather gather = nullptr;
  Scatter scatter = nullptr;
};
MemoryKernels selectMemoryKernels(const nest::ScalarType &type);

/// Sets `count` lanes to a constant of the type.
void fillLanes(void *lanes, const nest::ScalarType &type, const nest::Constant &constant, int64_t count);
/// Sign-extends lanes of an integer type from its width; floats stay as they are.
void wrapLanes(void *lanes, const nest::ScalarType &type, int64_t count);

/// What a kernel works on.
struct KernelCall {
  void *result = nullptr;
  const void *arguments[3] = {nullptr, nullptr, nullptr};
  int64_t count = 0;        ///< lanes
  unsigned width = 0;       ///< of the result's type
  unsigned sourceWidth = 0; ///< of the first argument's type
  unsigned predicate = 0;   ///< CmpI and CmpF: a mask of the relations that hold (predicateMask)
  // TableRead:
  const void *table = nullptr;
  int64_t tableSize = 0;
  int64_t elementBytes = 0;
  int64_t laneBytes = 0;
  Gather gather = nullptr;
};

/// Gives the first lane for which the operation has no result, or -1.
using Kernel = int64_t (*)(const KernelCall &);

/// The kernel of a node with these argument types; null for leaves (they are no kernels) and for a cast that
/// changes nothing in a lane (isLaneIdentity).
Kernel selectKernel(const nest::Node &node, llvm::ArrayRef<nest::ScalarType> arguments);
/// Whether the result's lanes are the first argument's.
bool isLaneIdentity(const nest::Node &node, llvm::ArrayRef<nest::ScalarType> arguments);
/// KernelCall::predicate of a node.
unsigned predicateMask(const nest::Node &node);

// By kind of operation; null where the opcode is of another kind.
Kernel selectIntegerKernel(const nest::Node &node, const nest::ScalarType &argument);
Kernel selectFloatKernel(const nest::Node &node, const nest::ScalarType &argument);
Kernel selectCastKernel(const nest::Node &node, const nest::ScalarType &argument);

/// accumulators[j] {update} steps of lane j, in order: `steps` rows of `lanes` lanes, or with `inner` set,
/// `lanes` runs of `steps` steps each. With a second factor a step is the product of both, rounded like MulI
/// or MulF.
struct AccumulateCall {
  void *accumulators = nullptr;
  const void *values = nullptr;
  const void *factors = nullptr;
  int64_t lanes = 0;
  int64_t steps = 0;
  bool inner = false;
  unsigned width = 0;
};
using Accumulate = void (*)(const AccumulateCall &);
/// Null if `product` is set and there is no kernel of that kind.
Accumulate selectAccumulate(nest::Update update, const nest::ScalarType &type, bool product);

} // namespace tenon::reference
