// A match is believed when it has been carried out: the rewrite in full, or for large computations on boxes
// of the result; the mapping on tiles.
#include "core/match/Execution.h"
#include "core/match/Match.h"
#include "core/match/Pieces.h"
#include "core/match/Renaming.h"
#include "core/match/Terms.h"

#include "core/support/Error.h"

#include <random>

using namespace mlir;

namespace tenon::match {

namespace {

/// Of a nest that is not executed in full: boxes of the result, and how far they reach along each loop.
constexpr unsigned boxes = 6;
constexpr int64_t boxExtent = 4;

bool isSmall(const Computation &computation, double mostPoints) {
  double points = 1;
  for (const nest::Loop &loop : computation.nest.loops)
    points *= double(loop.extent);
  return points <= mostPoints;
}

class RewriteCheck {
public:
  RewriteCheck(const Computation &originalSide, const Computation &rewrittenSide,
               const CertifyOptions &wanted)
      : original(originalSide), rewritten(rewrittenSide), options(wanted), seed(wanted.seed) {}

  /// Fills in the rewritten computation's tensors; with its own execution where it is small.
  llvm::Error run(Tensors &after, bool &executed) {
    llvm::Expected<Tensors> before = randomTensors(original, seed);
    if (!before)
      return before.takeError();
    llvm::Expected<Tensors> made = randomTensors(rewritten, seed);
    if (!made)
      return made.takeError();
    after = std::move(*made);
    executed = isSmall(original, options.mostPoints) && isSmall(rewritten, options.mostPoints);
    if (!executed)
      return compareBoxes(*before, after);
    if (llvm::Error error = execute(original, *before))
      return error;
    if (llvm::Error error = execute(rewritten, after))
      return error;
    for (int64_t i = 0; i < elementCount((*before)[original.result]); ++i)
      if (llvm::Error error = compare(*before, after, i))
        return error;
    return llvm::Error::success();
  }

private:
  llvm::Error compare(const Tensors &before, const Tensors &after, int64_t position) const {
    nest::Constant left = elementAt(before[original.result], position);
    nest::Constant right = elementAt(after[rewritten.result], position);
    if (same(left, right))
      return llvm::Error::success();
    return failure(ExitCode::ResultDiffers, "element " + std::to_string(position) + " is " +
                                                std::to_string(left.integer) + " before and " +
                                                std::to_string(right.integer) + " after rewriting (seed " +
                                                std::to_string(seed) + ")");
  }

  llvm::Error compareBoxes(Tensors &before, Tensors &after) const {
    std::mt19937_64 random(seed);
    for (unsigned number = 0; number < boxes; ++number) {
      Box box;
      for (unsigned loop = 0; loop < rewritten.parallelLoops(); ++loop) {
        int64_t extent = rewritten.nest.loops[loop].extent, size = std::min(extent, boxExtent);
        int64_t last = extent - size;
        box.starts.push_back(number == 0 ? 0 : number == 1 ? last : int64_t(random() % uint64_t(last + 1)));
        box.extents.push_back(size);
      }
      if (llvm::Error error = execute(rewritten, after, box))
        return error;
      if (llvm::Error error = comparePoints(before, after, box))
        return error;
    }
    return llvm::Error::success();
  }

  /// The original at each point of the result that the box has written.
  llvm::Error comparePoints(Tensors &before, const Tensors &after, const Box &box) const {
    SmallVector<int64_t> position(box.starts.size(), 0);
    do {
      SmallVector<int64_t> loops(rewritten.nest.loops.size(), 0);
      for (auto [loop, start, offset] : llvm::enumerate(box.starts, position))
        loops[loop] = start + offset;
      int64_t element = elementWritten(loops);
      if (llvm::Error error = execute(original, before, pointOf(element)))
        return error;
      if (llvm::Error error = compare(before, after, element))
        return error;
    } while (nextPosition(position, box.extents));
    return llvm::Error::success();
  }

  int64_t elementWritten(ArrayRef<int64_t> loops) const {
    const nest::Access &written = rewritten.nest.statements.back().destination;
    ArrayRef<int64_t> shape = rewritten.nest.operands[written.operand].shape;
    int64_t element = 0;
    for (auto [index, extent] : llvm::zip_equal(written.indices.getResults(), shape))
      element = element * extent + TensorIndex{index, nest::linearForm(index, loops.size())}.at(loops);
    return element;
  }

  Box pointOf(int64_t element) const {
    const nest::Access &written = original.nest.statements.back().destination;
    SmallVector<unsigned> loops = *plainLoops(written.indices);
    Box box;
    box.starts.assign(original.parallelLoops(), 0);
    box.extents.assign(original.parallelLoops(), 1);
    for (size_t dimension = loops.size(); dimension-- > 0;) {
      int64_t extent = original.nest.operands[written.operand].shape[dimension];
      box.starts[loops[dimension]] = element % extent;
      element /= extent;
    }
    return box;
  }

  const Computation &original, &rewritten;
  const CertifyOptions &options;
  uint64_t seed;
};

} // namespace

llvm::Error certify(const isa::Description &description, const Computation &original,
                    const Computation &rewritten, const Match &match, const CertifyOptions &options) {
  ExecutionOptions execution;
  execution.seed = options.seed;
  Tensors tensors;
  if (llvm::Error error = RewriteCheck(original, rewritten, options).run(tensors, execution.executed))
    return error;
  return executeMapping(description, rewritten, match, tensors, execution);
}

} // namespace tenon::match
