// The types that a graph declares at its edge, and the sizes in them that have a name instead of a number.
#pragma once

#include "core/import/Mistakes.h"
#include "core/import/onnx/Model.h"

namespace tenon::import::onnx {

/// The declared element type, and whether there is a shape; sizes come with bindSizes.
void readEdgeType(const schema::ValueInfoProto &source, const Tensor &tensor, llvm::StringRef kind,
                  Edge &edge, Mistakes &mistakes);

/// Gives every symbolic size of the inputs its number. ExitCode::WrongUse for one that has none, and for a
/// binding of a name that the model does not have; all at once.
llvm::Error bindSizes(Model &model, const SizeBindings &bindings, const ImportLimits &limits);

} // namespace tenon::import::onnx
