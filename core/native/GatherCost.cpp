// Looks for the loop along which neighbours are read, and whether the tensor has them side by side.
#include "core/native/GatherCost.h"

#include "core/match/Assignments.h"
#include "core/match/Gather.h"
#include "core/match/Renaming.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {

using match::TensorSource;

namespace {

/// An axis of the row's operand along which a use has more than one element, and the array's axis there.
struct UsedAxis {
  int64_t extent = 1;
  int arrayAxis = -1; ///< -1: the tensor is the same along it, or has no such loop
};

/// Innermost first.
llvm::SmallVector<UsedAxis> usedAxes(const isa::Intrinsic &intrinsic, const match::Match &match,
                                     const match::OperandBinding &binding) {
  llvm::SmallVector<unsigned> arrayLoops = *match::plainLoops(binding.access);
  llvm::SmallVector<UsedAxis> axes;
  for (const isa::Axis &axis : llvm::reverse(intrinsic.operands[binding.operand].axes)) {
    if (axis.size < 0 || match::largestOf(intrinsic.sizes[unsigned(axis.size)]) == 1)
      continue;
    UsedAxis used;
    used.extent = match::largestOf(intrinsic.sizes[unsigned(axis.size)]);
    for (auto [loop, places] : llvm::enumerate(match.loops))
      for (auto [number, own] : llvm::enumerate(arrayLoops))
        if (places.inner == axis.size && own == loop)
          used.arrayAxis = int(number);
    axes.push_back(used);
  }
  return axes;
}

/// Whether a use's elements stand in the tensor as the row reads them.
bool isInPlace(const match::Gather &gather, llvm::ArrayRef<UsedAxis> axes) {
  std::optional<match::StridedRead> read = match::stridedRead(gather);
  int64_t distance = 1;
  for (const UsedAxis &axis : axes) {
    if (!read || axis.arrayAxis < 0 || read->strides[unsigned(axis.arrayAxis)] != distance)
      return false;
    distance *= axis.extent;
  }
  return read.has_value();
}

/// Whether a read along its last index leaves the tensor somewhere: whoever reads there looks at every
/// element.
bool leavesTensor(const match::Gather &gather, const nest::Node &read, const nest::LinearForm &last) {
  if (!read.access.outside)
    return false;
  int64_t low = last.constant, high = last.constant;
  for (auto [coefficient, loop] : llvm::zip(last.coefficients, gather.nest.loops))
    (coefficient < 0 ? low : high) += coefficient * (loop.extent - 1);
  return low < 0 || high >= gather.nest.operands[read.access.operand].shape.back();
}

/// Whether neighbours along the innermost axis are neighbours in what the gather reads.
bool isSideBySide(const match::Gather &gather, llvm::ArrayRef<UsedAxis> axes) {
  unsigned axis =
      axes.empty() || axes[0].arrayAxis < 0 ? gather.joined.size() - 1 : unsigned(axes[0].arrayAxis);
  if (gather.joined.empty() || gather.joined[axis].empty())
    return false;
  unsigned loop = gather.joined[axis].back();
  for (const nest::Node &node : gather.nest.statements[0].body) {
    if (node.op != nest::Opcode::Read || node.access.indices.getNumResults() == 0)
      continue;
    auto index = nest::linearForm(node.access.indices.getResults().back(), gather.nest.loops.size());
    if (!index || index->coefficients[loop] != 1 || leavesTensor(gather, node, *index))
      return false;
  }
  return true;
}

double elementsOf(const nest::Operand &array) {
  double elements = 1;
  for (int64_t extent : array.shape)
    elements *= double(extent);
  return elements;
}

} // namespace

double repeatedElements(const isa::Description &description, const match::Computation &computation,
                        const match::Match &match) {
  double repeated = 0;
  for (const match::OperandBinding &binding : match.operands) {
    if (computation.sources[binding.tensor].kind == TensorSource::Kind::Local ||
        !match::plainLoops(binding.access))
      continue;
    double times = 1;
    for (const UsedAxis &axis : usedAxes(description.intrinsics[match.intrinsic], match, binding))
      if (axis.arrayAxis < 0)
        times *= double(axis.extent);
    repeated += (times - 1) * elementsOf(computation.nest.operands[binding.tensor]);
  }
  return repeated;
}

double gatherCycles(const isa::Description &description, const match::Computation &computation,
                    const match::Match &match) {
  const isa::Level *lanes = description.level(isa::Level::Kind::Lanes);
  double atOnce = lanes ? double(lanes->most) : 1;
  double vectorBytes = description.code ? double(description.code->vectorBytes) : 1;
  double cycles = 0;
  for (const match::OperandBinding &binding : match.operands) {
    const TensorSource &source = computation.sources[binding.tensor];
    if (source.kind != TensorSource::Kind::Gathered)
      continue;
    const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
    llvm::SmallVector<UsedAxis> axes = usedAxes(intrinsic, match, binding);
    // Lanes read each for itself, at any distance.
    if (lanes ? match::stridedRead(*source.gather).has_value() : isInPlace(*source.gather, axes))
      continue;
    const nest::Operand &array = computation.nest.operands[binding.tensor];
    double elements = elementsOf(array);
    double vectors = elements * double(array.type.storageBytes()) / vectorBytes;
    cycles += 2 * (isSideBySide(*source.gather, axes) ? vectors : elements) / atOnce;
  }
  return cycles;
}

} // namespace tenon::native
