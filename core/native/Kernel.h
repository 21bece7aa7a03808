// A piece of native code: one function as LLVM IR text, what its arguments are, and how it is launched.
//
// Every kernel is `void NAME(ptr arg0, ..., ptr argN-1, ptr status, i64 begin, i64 end)` on a processor and
// does the items begin..end-1 of its parallel loop; items touch different elements, so threads may share
// them out in any way. On a parallel machine there is no begin and end: a block of the grid is an item of the
// launch, and threads that have nothing to do return. `status` is an i32 that stays 0 unless a node had no
// result (host::HostStatus numbers). Arguments do not overlap one another where one of them is written.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tenon::match {
struct ConstantTensor;
} // namespace tenon::match

namespace tenon::native {

/// What a pointer parameter points to.
struct KernelArgument {
  enum class Kind : uint8_t {
    Value,    ///< a value of the program
    Constant, ///< bytes as they lie in the weights (already packed)
    Scratch,  ///< a temporary of the layer: gathers, packed operands, locals, maps of what has started
  };
  Kind kind = Kind::Value;
  unsigned value = 0;                                    ///< Value: its number in the program
  std::shared_ptr<const match::ConstantTensor> constant; ///< Constant
  unsigned scratch = 0;                                  ///< Scratch: its number in the layer
  bool writes = false;
};

struct Kernel {
  std::string name;                      ///< symbol
  std::string text;                      ///< LLVM IR: what belongs to this kernel alone, and its define
  std::vector<std::string> declarations; ///< "declare ..." lines; the same line may come from many kernels
  std::vector<KernelArgument> arguments; ///< pointer parameters before status
  int64_t items = 1;                     ///< processors: of the parallel loop; parallel machines: blocks
  int64_t threadsPerBlock = 1;           ///< parallel machines: groups * lanes
  uint64_t sharedBytes = 0;              ///< of a block, for reports: the memory itself is in the text
  std::string what;                      ///< for people
};

/// What one layer becomes: kernels that run in order, each when the one before is done.
struct LayerCode {
  std::vector<Kernel> kernels;
  std::vector<uint64_t> scratchBytes; ///< by the number in KernelArgument::scratch
  std::vector<std::string> intrinsics;
};

} // namespace tenon::native
