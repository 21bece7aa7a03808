// The same nest computed in another way that is as good: sums in the other order, or exactly and rounded
// once.
#pragma once

#include "core/reference/Program.h"

namespace tenon::test {

/// Every loop that only a float += runs over goes from its last iteration to its first.
nest::Nest reversedSums(const nest::Nest &nest);

/// Every float += adds exact products in f64 and is rounded once.
nest::Nest wideSums(const nest::Nest &nest);

/// Runs the program with each nest replaced by what `change` makes of it.
llvm::Expected<std::vector<reference::Tensor>> runChanged(const reference::Program &program,
                                                          llvm::ArrayRef<reference::Tensor> inputs,
                                                          nest::Nest (*change)(const nest::Nest &));

} // namespace tenon::test
