// What must hold of every bundle, wherever it comes from. The bundle may be anything: no sum here overflows.
#include "core/runtime/Bundle.h"
#include "core/runtime/FileFailure.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/CheckedArithmetic.h"

#include <algorithm>
#include <set>

namespace tenon::runtime {
namespace {

llvm::Error wrong(const llvm::Twine &message) { return wrongInput(message.str()); }

std::string rangeText(uint64_t first, uint64_t bytes) {
  return std::to_string(bytes) + " bytes at " + std::to_string(first);
}

/// Whether [first, first + bytes) lies in [0, all).
bool isInside(uint64_t first, uint64_t bytes, uint64_t all) { return first <= all && bytes <= all - first; }

class Checker {
public:
  Checker(const Bundle &bundle, const BundleLimits &limits) : bundle(bundle), limits(limits) {}
  llvm::Error check() const;

private:
  llvm::Error checkSizes() const;
  llvm::Error checkLocation(const Location &location, const llvm::Twine &what) const;
  llvm::Error checkTensor(const BundleTensor &tensor, const llvm::Twine &what) const;
  llvm::Error checkTensors() const;
  llvm::Error checkConstants() const;
  llvm::Error checkDeviceStep(const DeviceStep &step, const std::string &what) const;
  llvm::Error checkHostStep(const HostStep &step, const std::string &what) const;
  llvm::Error checkSteps() const;
  llvm::Error checkLayer(unsigned layer, const std::string &what) const;

  const Bundle &bundle;
  const BundleLimits &limits;
};

llvm::Error Checker::checkSizes() const {
  auto most = [](const char *what, uint64_t size, uint64_t limit) -> llvm::Error {
    if (size <= limit)
      return llvm::Error::success();
    return wrong(llvm::Twine(what) + " has " + llvm::Twine(size) + " bytes, the most is " +
                 llvm::Twine(limit));
  };
  if (llvm::Error error = most("the description", bundle.description.size(), limits.descriptionBytes))
    return error;
  if (llvm::Error error = most("the host's source", bundle.hostSource.size(), limits.hostSourceBytes))
    return error;
  if (llvm::Error error = most("the command stream", bundle.commands.size(), limits.commandBytes))
    return error;
  uint64_t weights = 0, hosted = 0;
  for (const Segment &segment : bundle.constants)
    weights += segment.content.size(); // they are in memory: no overflow
  if (llvm::Error error = most("what the constants need", weights, limits.weightBytes))
    return error;
  for (uint64_t bytes : bundle.hostBuffers)
    if (!isInside(hosted, bytes, limits.hostBufferBytes))
      return wrong("the host buffers need more than " + llvm::Twine(limits.hostBufferBytes) +
                   " bytes, the most");
    else
      hosted += bytes;
  return llvm::Error::success();
}

llvm::Error Checker::checkLocation(const Location &location, const llvm::Twine &what) const {
  if (!location.hostBuffer) {
    if (isInside(location.address, location.bytes, bundle.memoryBytes))
      return llvm::Error::success();
    return wrong(what + " has " + rangeText(location.address, location.bytes) + ", the memory " +
                 bundle.memory + " has " + llvm::Twine(bundle.memoryBytes) + " bytes");
  }
  unsigned buffer = *location.hostBuffer;
  if (buffer >= bundle.hostBuffers.size())
    return wrong(what + " names host buffer " + llvm::Twine(buffer) + ", there are " +
                 llvm::Twine(bundle.hostBuffers.size()));
  if (location.address != 0)
    return wrong(what + " has address " + llvm::Twine(location.address) + " in a host buffer, it must be 0");
  if (location.bytes != bundle.hostBuffers[buffer])
    return wrong(what + " has " + llvm::Twine(location.bytes) + " bytes, host buffer " + llvm::Twine(buffer) +
                 " has " + llvm::Twine(bundle.hostBuffers[buffer]));
  return llvm::Error::success();
}

llvm::Error Checker::checkTensor(const BundleTensor &tensor, const llvm::Twine &what) const {
  std::string name = (what + " " + tensor.name).str();
  std::optional<unsigned> size = elementBytes(tensor.type);
  if (!size)
    return wrong(name + " has type '" + tensor.type +
                 "', which is not one of i1 to i64, f16, bf16, f32, f64");
  std::optional<uint64_t> bytes = *size;
  for (int64_t extent : tensor.shape) {
    if (extent < 1)
      return wrong(name + " has shape " + shapeText(tensor.shape) + ", an extent is at least 1");
    bytes = bytes ? llvm::checkedMulUnsigned<uint64_t>(*bytes, uint64_t(extent)) : std::nullopt;
  }
  if (bytes != tensor.location.bytes)
    return wrong(name + " has " + llvm::Twine(tensor.location.bytes) + " bytes, its type " + tensor.type +
                 " and shape " + shapeText(tensor.shape) + " need " +
                 (bytes ? std::to_string(*bytes) : "more than 2^64"));
  return checkLocation(tensor.location, name);
}

llvm::Error Checker::checkTensors() const {
  for (const BundleTensor &tensor : bundle.inputs)
    if (llvm::Error error = checkTensor(tensor, "input"))
      return error;
  for (const BundleTensor &tensor : bundle.outputs)
    if (llvm::Error error = checkTensor(tensor, "output"))
      return error;
  for (const WatchedTensor &watched : bundle.tensors) {
    if (llvm::Error error = checkTensor(watched.tensor, "tensor"))
      return error;
    if (watched.steps > bundle.steps.size())
      return wrong("tensor " + watched.tensor.name + " is complete after " + llvm::Twine(watched.steps) +
                   " steps, there are " + llvm::Twine(bundle.steps.size()));
  }
  return llvm::Error::success();
}

llvm::Error Checker::checkConstants() const {
  llvm::SmallVector<std::pair<uint64_t, unsigned>> starts; // in the device's memory
  std::set<unsigned> buffers;
  for (auto [i, segment] : llvm::enumerate(bundle.constants)) {
    std::string what = "constant " + std::to_string(i);
    if (llvm::Error error = checkLocation(segment.location, what))
      return error;
    if (segment.content.empty() || segment.content.size() != segment.location.bytes)
      return wrong(what + " has " + llvm::Twine(segment.content.size()) +
                   " bytes of content, its place has " + llvm::Twine(segment.location.bytes) +
                   ", and neither may be 0");
    if (!segment.location.hostBuffer)
      starts.push_back({segment.location.address, unsigned(i)});
    else if (!buffers.insert(*segment.location.hostBuffer).second)
      return wrong(what + " is in host buffer " + llvm::Twine(*segment.location.hostBuffer) +
                   ", where another constant is");
  }
  llvm::sort(starts);
  for (size_t i = 1; i < starts.size(); ++i) {
    const Location &one = bundle.constants[starts[i - 1].second].location;
    const Location &next = bundle.constants[starts[i].second].location;
    if (next.address - one.address < one.bytes)
      return wrong("constants " + llvm::Twine(starts[i - 1].second) + " (" +
                   rangeText(one.address, one.bytes) + ") and " + llvm::Twine(starts[i].second) + " (" +
                   rangeText(next.address, next.bytes) + ") overlap");
  }
  return llvm::Error::success();
}

llvm::Error Checker::checkLayer(unsigned layer, const std::string &what) const {
  if (layer < bundle.layers.size())
    return llvm::Error::success();
  return wrong(what + " names layer " + llvm::Twine(layer) + ", there are " +
               llvm::Twine(bundle.layers.size()));
}

llvm::Error Checker::checkDeviceStep(const DeviceStep &step, const std::string &what) const {
  if (step.bytes == 0 || !isInside(step.offset, step.bytes, bundle.commands.size()))
    return wrong(what + " has " + rangeText(step.offset, step.bytes) + " of the commands, which have " +
                 llvm::Twine(bundle.commands.size()) + " bytes");
  uint64_t end = 0;
  for (const CommandRange &range : step.ranges) {
    if (llvm::Error error = checkLayer(range.layer, what))
      return error;
    if (range.offset < end || !isInside(range.offset, range.bytes, step.bytes))
      return wrong(what + " has a range of " + rangeText(range.offset, range.bytes) +
                   ", it must lie between " + llvm::Twine(end) + ", where the one before it ends, and " +
                   llvm::Twine(step.bytes) + ", the step's bytes");
    end = range.offset + range.bytes;
  }
  return llvm::Error::success();
}

bool overlap(const Location &a, const Location &b) {
  if (a.hostBuffer || b.hostBuffer)
    return a.hostBuffer == b.hostBuffer;
  return a.address < b.address + b.bytes && b.address < a.address + a.bytes;
}

llvm::Error Checker::checkHostStep(const HostStep &step, const std::string &what) const {
  if (llvm::Error error = checkLayer(step.layer, what))
    return error;
  if (step.function.empty() || bundle.hostSource.empty())
    return wrong(what + " calls the host function '" + step.function + "', the host's source has " +
                 llvm::Twine(bundle.hostSource.size()) + " bytes");
  for (auto [i, operand] : llvm::enumerate(step.operands)) {
    std::string name = what + ", operand " + std::to_string(i);
    if (llvm::Error error = checkLocation(operand.location, name))
      return error;
    if (!operand.reads && !operand.writes)
      return wrong(name + " is neither read nor written");
    for (auto [k, other] : llvm::enumerate(llvm::ArrayRef(step.operands).take_front(i)))
      if ((operand.writes || other.writes) && overlap(operand.location, other.location))
        return wrong(name + " (" + rangeText(operand.location.address, operand.location.bytes) +
                     ") overlaps operand " + llvm::Twine(k) + " (" +
                     rangeText(other.location.address, other.location.bytes) +
                     "), and one of them is written");
  }
  return llvm::Error::success();
}

llvm::Error Checker::checkSteps() const {
  for (auto [i, step] : llvm::enumerate(bundle.steps)) {
    std::string what = "step " + std::to_string(i);
    if (step.device.has_value() == step.host.has_value())
      return wrong(
          what + " is " +
          (step.device ? "both the device's and the host's" : "neither the device's nor the host's"));
    if (llvm::Error error =
            step.device ? checkDeviceStep(*step.device, what) : checkHostStep(*step.host, what))
      return error;
  }
  return llvm::Error::success();
}

llvm::Error Checker::check() const {
  if (llvm::Error error = checkSizes())
    return error;
  std::string hash = sha256(llvm::StringRef(bundle.description));
  if (hash != bundle.descriptionHash)
    return wrong("the description has SHA-256 " + hash + ", the bundle says " + bundle.descriptionHash);
  if (llvm::Error error = checkTensors())
    return error;
  if (llvm::Error error = checkConstants())
    return error;
  return checkSteps();
}

} // namespace

llvm::Error checkBundle(const Bundle &bundle, const BundleLimits &limits) {
  return Checker(bundle, limits).check();
}

llvm::Error checkDescription(const Bundle &bundle, llvm::StringRef descriptionHash) {
  if (bundle.descriptionHash == descriptionHash)
    return llvm::Error::success();
  return failureAt(ExitCode::WrongInput, "",
                   "the bundle was compiled for the description of " + bundle.target + " with SHA-256 " +
                       bundle.descriptionHash + ", the one given has " + descriptionHash.str(),
                   "compile the model again");
}

} // namespace tenon::runtime
