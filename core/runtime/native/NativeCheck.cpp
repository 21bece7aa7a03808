// What must hold of every native bundle before it is written: what runs it trusts offsets.
#include "core/runtime/Bundle.h"
#include "core/runtime/native/NativeBundle.h"
#include "core/runtime/native/native_format.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"

#include <set>

namespace tenon::runtime {
namespace {

constexpr uint64_t alignment = TENON_NATIVE_ALIGNMENT;

/// A wrong bundle comes from our own planner alone.
llvm::Error wrong(const llvm::Twine &message) {
  return failure(ExitCode::OwnFault, ("the native bundle is wrong: " + message).str());
}

bool isIdentifier(llvm::StringRef name) {
  auto isLetter = [](char c) { return llvm::isAlpha(c) || c == '_'; };
  return !name.empty() && isLetter(name[0]) &&
         llvm::all_of(name, [&](char c) { return isLetter(c) || llvm::isDigit(c); });
}

bool isInside(uint64_t first, uint64_t bytes, uint64_t all) { return first <= all && bytes <= all - first; }

llvm::Error checkTensor(const NativeBundle &bundle, const NativeTensor &tensor, const llvm::Twine &what) {
  if (!elementBytes(tensor.type))
    return wrong(what + " has the type '" + tensor.type + "', which is none");
  for (int64_t extent : tensor.shape)
    if (extent < 0)
      return wrong(what + " has the shape " + shapeText(tensor.shape));
  uint64_t bytes = tensorBytes(tensor);
  if (tensor.offset % alignment != 0 || tensor.offset < alignment ||
      !isInside(tensor.offset, bytes, bundle.arenaBytes))
    return wrong(what + " has " + llvm::Twine(bytes) + " bytes at " + llvm::Twine(tensor.offset) +
                 ", the arena " + llvm::Twine(bundle.arenaBytes) + " bytes, of which the first " +
                 llvm::Twine(alignment) + " are the status'; tensors begin at multiples of that");
  return llvm::Error::success();
}

llvm::Error checkLaunch(const NativeBundle &bundle, const NativeLaunch &launch, const llvm::Twine &what) {
  if (launch.kernel.empty())
    return wrong(what + " has no kernel");
  if (launch.layer >= bundle.layers.size())
    return wrong(what + " is of layer " + llvm::Twine(launch.layer) + ", there are " +
                 llvm::Twine(bundle.layers.size()));
  if (launch.items < 0 || launch.threadsPerBlock < 1)
    return wrong(what + " has " + llvm::Twine(launch.items) + " items of " +
                 llvm::Twine(launch.threadsPerBlock) + " threads");
  for (const NativeArgument &argument : launch.arguments) {
    uint64_t all = argument.weights ? bundle.weights.size() : bundle.arenaBytes;
    if (argument.offset > all)
      return wrong(what + " has an argument at " + llvm::Twine(argument.offset) + " of " + llvm::Twine(all) +
                   " bytes of " + (argument.weights ? "weights" : "arena"));
  }
  return llvm::Error::success();
}

llvm::Error checkLibraries(const NativeBundle &bundle) {
  std::set<std::string> names = {TENON_NATIVE_MANIFEST, TENON_NATIVE_OBJECT,  TENON_NATIVE_LIBRARY,
                                 TENON_NATIVE_MODULE,   TENON_NATIVE_WEIGHTS, TENON_NATIVE_DESCRIPTION,
                                 TENON_NATIVE_EXAMPLE,  bundle.name + ".h"};
  for (const std::string &path : bundle.libraries)
    if (!names.insert(llvm::sys::path::filename(path).str()).second)
      return failure(ExitCode::WrongInput,
                     "the library " + path + " has the name of another file of the bundle");
  return llvm::Error::success();
}

} // namespace

uint64_t tensorBytes(const NativeTensor &tensor) {
  uint64_t bytes = elementBytes(tensor.type).value_or(0);
  for (int64_t extent : tensor.shape)
    bytes = llvm::SaturatingMultiply(bytes, uint64_t(extent));
  return bytes;
}

llvm::Error checkNativeBundle(const NativeBundle &bundle) {
  if (!isIdentifier(bundle.name))
    return wrong("'" + bundle.name + "' is no name of C");
  if (bundle.arenaBytes < alignment || bundle.arenaBytes > TENON_NATIVE_MOST_BYTES)
    return wrong("the arena has " + llvm::Twine(bundle.arenaBytes) + " bytes");
  unsigned number = 0;
  for (const NativeTensor &tensor : bundle.inputs)
    if (llvm::Error error = checkTensor(bundle, tensor, "input " + llvm::Twine(number++)))
      return error;
  number = 0;
  for (const NativeTensor &tensor : bundle.outputs)
    if (llvm::Error error = checkTensor(bundle, tensor, "output " + llvm::Twine(number++)))
      return error;
  number = 0;
  for (const auto &[tensor, launches] : bundle.tensors) {
    if (llvm::Error error = checkTensor(bundle, tensor, "tensor " + llvm::Twine(number)))
      return error;
    if (launches > bundle.launches.size())
      return wrong("tensor " + llvm::Twine(number) + " is there after launch " + llvm::Twine(launches) +
                   " of " + llvm::Twine(bundle.launches.size()));
    ++number;
  }
  number = 0;
  for (const NativeLaunch &launch : bundle.launches)
    if (llvm::Error error = checkLaunch(bundle, launch, "launch " + llvm::Twine(number++)))
      return error;
  return checkLibraries(bundle);
}

} // namespace tenon::runtime
