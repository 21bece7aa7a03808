// Comparing within bounds.
#include "core/driver/BoundedCheck.h"

#include "core/driver/Verification.h"
#include "core/support/Text.h"

#include <cmath>
#include <fmt/format.h>

namespace tenon::driver {

reference::BoundOptions boundOptionsOf(const isa::Description &description) {
  constexpr double errorOfOwnFunctions = 0x1p-44; ///< of the least exact
  reference::BoundOptions options;
  if (description.level(isa::Level::Kind::Grid))
    options.functionError = errorOfOwnFunctions;
  return options;
}

llvm::Expected<BoundedReference> boundedReference(const reference::Program &program,
                                                  llvm::ArrayRef<std::vector<reference::Tensor>> inferences,
                                                  bool keepTensors, const reference::RunOptions &options,
                                                  const reference::BoundOptions &bounds) {
  BoundedReference result;
  for (const std::vector<reference::Tensor> &inputs : inferences) {
    bool keeps = keepTensors && result.inferences.empty();
    auto run = reference::runWithBounds(
        program, inputs, options, bounds,
        [&](ir::TensorAttr tensor, const reference::BufferView &view, const reference::Bounds &found) {
          const char *bytes = static_cast<const char *>(view.data);
          if (keeps)
            result.tensors[tensor.getIndex()] = {
                {view.type, view.shape, std::vector<char>(bytes, bytes + view.bytes)}, found};
          return llvm::Error::success();
        });
    if (!run)
      return run.takeError();
    result.inferences.push_back(std::move(*run));
  }
  return result;
}

llvm::Expected<BoundedReference> exactReference(const reference::Program &program,
                                                llvm::ArrayRef<std::vector<reference::Tensor>> inferences,
                                                bool keepTensors, const reference::RunOptions &options) {
  BoundedReference result;
  for (const std::vector<reference::Tensor> &inputs : inferences) {
    reference::RunOptions own = options;
    if (keepTensors && result.inferences.empty())
      own.onTensor = [&](ir::TensorAttr tensor, const reference::BufferView &view) {
        const char *bytes = static_cast<const char *>(view.data);
        result.tensors[tensor.getIndex()] = {
            {view.type, view.shape, std::vector<char>(bytes, bytes + view.bytes)}, {}};
        return llvm::Error::success();
      };
    auto outputs = reference::run(program, inputs, own);
    if (!outputs)
      return outputs.takeError();
    result.inferences.push_back(
        {std::move(*outputs), std::vector<reference::Bounds>(program.outputs.size())});
  }
  return result;
}

std::optional<std::string> beyondBounds(const reference::Tensor &got, const reference::Tensor &want,
                                        llvm::ArrayRef<double> bounds, VerifiedOutputs &found) {
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

llvm::Expected<VerifiedOutputs> verifyBounded(llvm::ArrayRef<ModelTensor> outputs,
                                              llvm::ArrayRef<std::vector<reference::Tensor>> got,
                                              const BoundedReference &want, std::optional<Diagnostic> first) {
  std::vector<Diagnostic> wrong;
  VerifiedOutputs found;
  bool inside = first.has_value();
  if (first)
    wrong.push_back(std::move(*first));
  for (size_t inference = 0; inference < want.inferences.size(); ++inference)
    for (size_t output = 0; output < outputs.size(); ++output) {
      const reference::BoundedRun &run = want.inferences[inference];
      auto text = beyondBounds(got[inference][output], run.outputs[output], run.bounds[output], found);
      if (!text)
        continue;
      Diagnostic diagnostic;
      diagnostic.message = outputs[output].name + " " + *text;
      if (want.inferences.size() > 1)
        diagnostic.message += fmt::format("; inference {} of {}", inference + 1, want.inferences.size());
      if (!inside)
        diagnostic.repair =
            "--dump-tensors DIR compares every tensor of the model and names the first that differs";
      wrong.push_back(std::move(diagnostic));
    }
  if (!wrong.empty())
    return failure(ExitCode::ResultDiffers, std::move(wrong));
  return found;
}

} // namespace tenon::driver
