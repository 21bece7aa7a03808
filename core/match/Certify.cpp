// A match is believed when it has been carried out: the rewrite in full, the mapping on tiles.
#include "core/match/Execution.h"
#include "core/match/Match.h"
#include "core/match/Terms.h"

#include "core/support/Error.h"

using namespace mlir;

namespace tenon::match {

llvm::Error certify(const isa::Description &description, const Computation &original,
                    const Computation &rewritten, const Match &match, const CertifyOptions &options) {
  llvm::Expected<Tensors> wanted = randomTensors(original, options.seed);
  if (!wanted)
    return wanted.takeError();
  if (llvm::Error error = execute(original, *wanted))
    return error;
  llvm::Expected<Tensors> tensors = randomTensors(rewritten, options.seed);
  if (!tensors)
    return tensors.takeError();
  if (llvm::Error error = execute(rewritten, *tensors))
    return error;
  const ConstantTensor &before = (*wanted)[original.result], &after = (*tensors)[rewritten.result];
  for (int64_t i = 0; i < elementCount(before); ++i) {
    nest::Constant left = elementAt(before, i), right = elementAt(after, i);
    if (!same(left, right))
      return failure(ExitCode::ResultDiffers, "element " + std::to_string(i) + " is " +
                                                  std::to_string(left.integer) + " before and " +
                                                  std::to_string(right.integer) + " after rewriting (seed " +
                                                  std::to_string(options.seed) + ")");
  }
  ExecutionOptions execution;
  execution.seed = options.seed;
  return executeMapping(description, rewritten, match, *tensors, execution);
}

} // namespace tenon::match
