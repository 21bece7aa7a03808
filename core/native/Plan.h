// A model as native code: its layers, the kernels that they become and in which order they are launched,
// where every tensor lies in one arena, the weights, and the module's text. What turns a layer into kernels
// follows from the description's levels and from nothing else.
#pragma once

#include "core/native/Arena.h"
#include "core/native/Cover.h"
#include "core/native/Kernel.h"

namespace tenon::native {

struct NativeArgument {
  enum class Place : uint8_t { Arena, Weights };
  Place place = Place::Arena;
  uint64_t offset = 0;
  uint64_t bytes = 0;  ///< from there on, that the kernel may touch
  bool writes = false; ///< the kernel writes there
  unsigned block = 0;  ///< Arena: number in NativePlan::blocks
};

struct Launch {
  std::string kernel; ///< symbol
  int layer = -1;     ///< -1: of no layer
  std::vector<NativeArgument> arguments;
  int64_t items = 1; ///< processors: of the parallel loop; parallel machines: blocks of the grid
  int64_t threadsPerBlock = 1;
  uint64_t sharedBytes = 0;
  std::string what; ///< for people
};

struct NativeTensor {
  std::string name, type;
  std::vector<int64_t> shape;
  uint64_t offset = 0; ///< in the arena
  uint64_t bytes = 0;
};

/// A tensor of the model in the arena: it lies there right after that launch, with keepTensors to the end of
/// a run.
struct WatchedTensor {
  NativeTensor tensor;
  unsigned launches = 0; ///< that must have run
  int64_t index = 0;     ///< of the tensor in the model
};

/// A block of the arena, needed from launch `first` to launch `last` as an ArenaBlock is.
struct PlacedBlock {
  enum class Kind : uint8_t { Input, Output, Tensor, Temporary };
  Kind kind = Kind::Tensor;
  uint64_t offset = 0, bytes = 0;
  int first = 0, last = 0;
};

/// What became of a layer.
struct LayerResult {
  std::vector<std::string> intrinsics; ///< that do it; empty: portable code
  std::string reason;                  ///< why portable code does it
};

struct NativePlan {
  std::vector<NativeLayer> layers;
  std::vector<LayerResult> results; ///< one for each layer
  std::vector<Launch> launches;
  std::string module; ///< LLVM IR text: kernels alone
  std::vector<uint8_t> weights;
  uint64_t arenaBytes = 0;
  uint64_t arenaLeast = 0;                   ///< that no arena can do without, for reports
  std::vector<PlacedBlock> blocks;           ///< of the arena; one that nothing needs has no bytes
  std::vector<NativeTensor> inputs, outputs; ///< in the program's order, without names
  std::vector<WatchedTensor> tensors;        ///< as NativeOptions ask for them
};

struct NativeOptions {
  std::string name = "model"; ///< every symbol begins with it
  bool keepTensors = false;   ///< every named tensor of the model reaches the arena and stays there
  bool listTensors = false;   ///< those named tensors are told that reach the arena anyway
};

/// The first bytes of an arena: an i32 with the run's status.
inline constexpr uint64_t reservedBytes = 64;

/// Errors: what the cover says; ExitCode::TargetCannot, with the layer, where the machine cannot do one.
llvm::Expected<NativePlan> planNative(const isa::Description &description, const reference::Program &program,
                                      const NativeOptions &options);
/// With layers that cover() gave for the same program and options.
llvm::Expected<NativePlan> planNative(const isa::Description &description, const reference::Program &program,
                                      const NativeOptions &options, std::vector<NativeLayer> layers);

} // namespace tenon::native
