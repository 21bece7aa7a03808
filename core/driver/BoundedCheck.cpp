// Comparing within bounds.
#include "core/driver/BoundedCheck.h"

#include "core/driver/Verification.h"
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <fmt/format.h>

namespace tenon::driver {

using reference::Tensor;

reference::BoundOptions boundOptionsOf(const isa::Description &description) {
  constexpr double errorOfOwnFunctions = 0x1p-44; ///< of the least exact
  reference::BoundOptions options;
  if (description.level(isa::Level::Kind::Grid))
    options.functionError = errorOfOwnFunctions;
  return options;
}

std::optional<std::string> beyondBounds(const Tensor &got, const Tensor &want, llvm::ArrayRef<double> bounds,
                                        VerifiedOutputs &found) {
  if (bounds.empty() || got.bytes.size() != want.bytes.size()) {
    auto text = difference(got, want);
    found.bitExact = found.bitExact && !text;
    return text;
  }
  size_t beyond = 0, first = 0;
  double largest = 0;
  for (size_t i = 0; i < bounds.size(); ++i) {
    double here = realElement(got, i), there = realElement(want, i), bound = bounds[i];
    found.bound = std::max(found.bound.value_or(0), bound);
    if (here == there && std::signbit(here) == std::signbit(there))
      continue;
    found.bitExact = found.bitExact && std::isnan(here) && std::isnan(there);
    double error = std::abs(here - there);
    if (reference::withinBound(here, there, bound)) {
      if (error > 0) {
        found.maxAbsError = std::max(found.maxAbsError, error);
        found.mostOfBound = std::max(found.mostOfBound, error / bound);
      }
      continue;
    }
    first = beyond++ == 0 ? i : first;
    largest = std::max(largest, error);
  }
  if (beyond == 0)
    return std::nullopt;
  std::string bound =
      std::isfinite(bounds[first]) ? numberText(bounds[first]) : "not known, so it must be equal";
  return fmt::format(
      "lies beyond its bound in {} of {} elements, by {} at most; first at {}: {} here, {} in the "
      "reference, the bound is {}",
      beyond, bounds.size(), numberText(largest), placeText(want.shape, first),
      numberText(realElement(got, first)), numberText(realElement(want, first)), bound);
}

BoundedCheck::BoundedCheck(const reference::Program &program, llvm::ArrayRef<ModelTensor> outputs,
                           reference::RunOptions options, const reference::BoundOptions &boundOptions)
    : program(program), outputs(outputs), options(std::move(options)), boundOptions(boundOptions) {}

/// Its comparison is that of the output; the reference's own result is wanted there.
bool BoundedCheck::isOutput(int64_t tensor) const {
  return llvm::any_of(program.steps, [&](const reference::Step &step) {
    return step.tensor && step.tensor.getIndex() == tensor &&
           llvm::any_of(program.outputs, [&](unsigned output) {
             return program.values[output].buffer == program.values[step.results.front()].buffer;
           });
  });
}

llvm::Expected<const Tensor *> BoundedCheck::compare(ir::TensorAttr tensor, const reference::BufferView &view,
                                                     const reference::Bounds &bounds,
                                                     const std::map<int64_t, Tensor> &tensors) {
  auto known = tensors.find(tensor.getIndex());
  if (known == tensors.end() || isOutput(tensor.getIndex()))
    return nullptr;
  const Tensor &got = known->second;
  const char *bytes = static_cast<const char *>(view.data);
  Tensor want{view.type, view.shape, std::vector<char>(bytes, bytes + view.bytes)};
  if (got.type != want.type || got.shape != want.shape)
    return failure(ExitCode::OwnFault, fmt::format("tensor {} ({}) has another type or shape in native code",
                                                   tensor.getIndex(), tensor.getName().str()));
  VerifiedOutputs here;
  auto text = beyondBounds(got, want, bounds, here);
  ++found.tensors;
  found.mostOfBound = std::max(found.mostOfBound, here.mostOfBound);
  if (text) {
    if (!wrongInside)
      wrong.push_back({fmt::format("tensor {} ({}) {}; the first that differs", tensor.getIndex(),
                                   tensor.getName().str(), *text),
                       "",
                       {},
                       {},
                       "",
                       ""});
    wrongInside = true;
    return nullptr;
  }
  if (bounds.empty())
    return nullptr; // the same bits
  moved = moved || !here.bitExact;
  return &got;
}

void BoundedCheck::addOutput(size_t output, const Tensor &got, const reference::BoundedRun &run,
                             size_t count) {
  VerifiedOutputs here;
  auto text = beyondBounds(got, run.outputs[output], run.bounds[output], here);
  found.elements += got.bytes.size() / got.type.storageBytes();
  found.notNumbers += notNumbersIn(run.outputs[output]);
  if (here.bound)
    found.bound = std::max(found.bound.value_or(0), *here.bound);
  found.mostOfBound = std::max(found.mostOfBound, here.mostOfBound);
  if (!moved) { // else measure() says it
    found.bitExact = found.bitExact && here.bitExact;
    found.maxAbsError = std::max(found.maxAbsError, here.maxAbsError);
  }
  if (!text)
    return;
  Diagnostic diagnostic;
  diagnostic.message = outputs[output].name + " " + *text;
  if (count > 1)
    diagnostic.message += fmt::format("; inference {} of {}", inference + 1, count);
  if (!wrongInside)
    diagnostic.repair =
        "--dump-tensors DIR compares every tensor of the model and names the first that differs";
  wrong.push_back(std::move(diagnostic));
}

/// How far the outputs lie from those of a reference that was left alone.
llvm::Error BoundedCheck::measure(llvm::ArrayRef<Tensor> inputs, llvm::ArrayRef<Tensor> got) {
  reference::RunOptions alone;
  alone.memoryBytes = options.memoryBytes;
  auto want = reference::run(program, inputs, alone);
  if (!want)
    return want.takeError();
  for (auto [here, there] : llvm::zip_equal(got, *want)) {
    found.bitExact = found.bitExact && !difference(here, there);
    size_t elements = here.bytes.size() / here.type.storageBytes();
    for (size_t i = 0; i < elements; ++i) {
      double error = std::abs(realElement(here, i) - realElement(there, i));
      found.maxAbsError = std::max(found.maxAbsError, std::isnan(error) ? 0 : error);
    }
  }
  return llvm::Error::success();
}

llvm::Error BoundedCheck::add(llvm::ArrayRef<Tensor> inputs, llvm::ArrayRef<Tensor> got,
                              const std::map<int64_t, Tensor> &tensors, size_t count) {
  moved = false;
  auto run = reference::runWithBounds(
      program, inputs, options, boundOptions,
      [&](ir::TensorAttr tensor, const reference::BufferView &view, const reference::Bounds &bounds) {
        return compare(tensor, view, bounds, tensors);
      });
  if (!run)
    return run.takeError();
  for (size_t output = 0; output < outputs.size(); ++output)
    addOutput(output, got[output], *run, count);
  ++inference;
  return moved && wrong.empty() ? measure(inputs, got) : llvm::Error::success();
}

llvm::Expected<VerifiedOutputs> BoundedCheck::result() {
  if (!wrong.empty())
    return failure(ExitCode::ResultDiffers, std::move(wrong));
  return found;
}

} // namespace tenon::driver
