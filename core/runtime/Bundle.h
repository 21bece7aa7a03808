// A compiled model: what `tenon compile` writes and a runtime executes. In memory a Bundle; on disk a folder
// with
//   manifest.json   everything but the contents below, with the size and SHA-256 of every other file
//   commands.bin    the command streams of the device's steps, one after the other
//   weights.bin     the constants, segment after segment
//   host.c          what the device does not take, as portable C
//   target.yaml     the description that it was compiled for
// Reading trusts nothing: a folder that was cut, altered or made for another description is refused.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tenon::runtime {

/// Bytes of one element of a type as a description writes a scalar ("i8", "f32", "i4": 1 byte): the smallest
/// of 1, 2, 4, 8 that holds it. Nothing for a text that is no type.
std::optional<unsigned> elementBytes(llvm::StringRef type);

/// Where a tensor's bytes are: in the device's global memory, or in one of the bundle's host buffers.
struct Location {
  std::optional<unsigned> hostBuffer; ///< number of the host buffer; without it, the device's memory
  uint64_t address = 0;               ///< in the device's memory; 0 for a host buffer, which has one tensor
  uint64_t bytes = 0;
  bool operator==(const Location &) const = default;
};

/// An input, an output or a named tensor: dense, C order.
struct BundleTensor {
  std::string name;
  std::string type; ///< "i8", "f32"
  std::vector<int64_t> shape;
  Location location;
  bool operator==(const BundleTensor &) const = default;
};

/// A constant's bytes: there before the first step, and the same before every run.
struct Segment {
  Location location;
  std::vector<uint8_t> content; ///< location.bytes of them
  bool operator==(const Segment &) const = default;
};

/// The model's layer that commands or a host function were made for.
struct Layer {
  std::string name; ///< "conv_2d #3 (model/conv2d/Relu)"
  bool operator==(const Layer &) const = default;
};

/// Commands of one layer: bytes of a step's stream. Of one step they are ascending and do not overlap.
struct CommandRange {
  uint64_t offset = 0; ///< from the start of the step's stream
  uint64_t bytes = 0;
  unsigned layer = 0;
  bool operator==(const CommandRange &) const = default;
};

/// One stream of commands, submitted and waited for.
struct DeviceStep {
  uint64_t offset = 0; ///< in commands.bin
  uint64_t bytes = 0;
  std::vector<CommandRange> ranges;
  bool operator==(const DeviceStep &) const = default;
};

/// One buffer of a host function, in the order of its parameters.
struct HostOperand {
  Location location;
  bool reads = false;  ///< what is there before the call matters
  bool writes = false; ///< the call writes it; without `reads` all of it
  bool operator==(const HostOperand &) const = default;
};

/// A call of a function of host.c: int32_t function(void *const *buffers).
struct HostStep {
  std::string function;
  unsigned layer = 0;
  std::vector<HostOperand> operands;
  bool operator==(const HostStep &) const = default;
};

/// One of the two.
struct Step {
  std::optional<DeviceStep> device;
  std::optional<HostStep> host;
  bool operator==(const Step &) const = default;
};

/// A tensor of the model that can be looked at: it is complete once so many steps are done, and only then for
/// sure. 0: before the first one; a view of an input needs none.
struct WatchedTensor {
  BundleTensor tensor;
  unsigned steps = 0;
  bool operator==(const WatchedTensor &) const = default;
};

struct Bundle {
  std::string productVersion;                ///< of what wrote it
  std::string target;                        ///< the description's name
  std::string description;                   ///< its text
  std::string descriptionHash;               ///< 64 hexadecimal digits: SHA-256 of the text
  std::map<std::string, int64_t> parameters; ///< values that replaced those of the description
  std::string memory;                        ///< name of the global memory
  uint64_t memoryBytes = 0;                  ///< what the bundle uses of it: addresses 0 to this
  std::vector<uint64_t> hostBuffers;         ///< bytes of each
  std::vector<BundleTensor> inputs, outputs;
  std::vector<WatchedTensor> tensors;
  std::vector<Layer> layers;
  std::vector<Step> steps;
  std::vector<Segment> constants;
  std::vector<uint8_t> commands;
  std::string hostSource; ///< empty if no step is the host's
  bool operator==(const Bundle &) const = default;
};

/// The most that is read and written; more is refused.
struct BundleLimits {
  uint64_t manifestBytes = uint64_t(64) << 20;
  uint64_t descriptionBytes = uint64_t(1) << 20;
  uint64_t hostSourceBytes = uint64_t(256) << 20;
  uint64_t commandBytes = uint64_t(2) << 30;
  uint64_t weightBytes = uint64_t(8) << 30;
  uint64_t hostBufferBytes = uint64_t(8) << 30; ///< of all host buffers together
};

/// SHA-256 in 64 hexadecimal digits.
std::string sha256(llvm::ArrayRef<uint8_t> bytes);
std::string sha256(llvm::StringRef text);

/// Refuses a bundle that is wrong in itself: locations past the memory or the host buffers, constants that
/// overlap, sizes that do not fit types and shapes, steps past the commands, numbers of layers that do not
/// exist, a hash that is not the description's. `place` names the bundle in messages; ExitCode::WrongInput.
llvm::Error checkBundle(const Bundle &bundle, const BundleLimits &limits = {});

/// Refuses a bundle that was compiled for another description (ExitCode::WrongInput, with both hashes).
llvm::Error checkDescription(const Bundle &bundle, llvm::StringRef descriptionHash);

/// Writes the folder in place of what is there: all files aside, then renamed, so that no half of one is ever
/// seen. A folder that holds anything that is not a bundle's is not replaced (ExitCode::WrongUse). Errors:
/// ExitCode::SystemFailed, and a bundle that is wrong in itself.
llvm::Error writeBundle(const Bundle &bundle, llvm::StringRef folder, const BundleLimits &limits = {});

/// Reads and checks everything. Errors name the file: ExitCode::WrongInput, ExitCode::WrongUse where there is
/// no such folder.
llvm::Expected<Bundle> readBundle(llvm::StringRef folder, const BundleLimits &limits = {});

} // namespace tenon::runtime
