// Declared types and symbolic sizes.
#include "core/import/onnx/SymbolicSizes.h"

#include "core/support/Text.h"

#include "llvm/ADT/StringExtras.h"

#include <set>

namespace tenon::import::onnx {

namespace {

using Dimension = schema::TensorShapeProto::Dimension;

} // namespace

void readEdgeType(const schema::ValueInfoProto &source, const Tensor &tensor, llvm::StringRef kind,
                  Edge &edge, Mistakes &mistakes) {
  if (!source.type().has_tensor_type()) {
    if (kind == "input" || source.has_type())
      mistakes.add("the graph's " + kind.str() + ", " + describe(tensor) + ", is not declared as a tensor",
                   "");
    return;
  }
  edge.type = source.type().tensor_type().elem_type();
  edge.hasShape = source.type().tensor_type().has_shape();
  if (kind == "input" && !edge.hasShape)
    mistakes.add("the graph's input, " + describe(tensor) + ", is declared without a shape", "",
                 "export the model with the shapes of its inputs");
}

llvm::Error bindSizes(Model &model, const SizeBindings &bindings, const ImportLimits &limits) {
  Mistakes wrongUse(limits), mistakes(limits);
  std::set<std::string> names, missing;
  for (bool isInput : {true, false})
    for (Edge &edge : isInput ? model.inputs : model.outputs) {
      if (!edge.hasShape)
        continue;
      const std::string name = describe(model.tensors[edge.tensor]);
      const auto &dimensions = edge.source->type().tensor_type().shape().dim();
      for (const Dimension &dimension : dimensions) {
        bool isNamed = dimension.has_dim_param() && !dimension.dim_param().empty();
        int64_t size = dimension.has_dim_value() ? dimension.dim_value() : -1;
        if (isNamed && isInput)
          names.insert(dimension.dim_param());
        if (auto bound = isNamed ? bindings.find(dimension.dim_param()) : bindings.end();
            bound != bindings.end())
          size = bound->second;
        else if (isNamed && isInput)
          missing.insert(dimension.dim_param());
        else if (isInput && size < 1)
          mistakes.add("the graph's input, " + name + ", has dimension " + std::to_string(edge.shape.size()) +
                           " of size " +
                           (dimension.has_dim_value() ? std::to_string(size) : "unknown and without a name") +
                           ", every dimension must be at least 1",
                       "", "export the model with a size or a name there");
        edge.shape.push_back(size < 1 ? -1 : size);
      }
    }
  for (const std::string &name : missing)
    wrongUse.add("the model has the symbolic size " + printable(name) + ", which has no number", "",
                 "add --bind " + printable(name) + "=1 or another size");
  for (const auto &[name, size] : bindings)
    if (!names.count(name))
      wrongUse.add(
          "--bind " + name + "=" + std::to_string(size) + " fixes a symbolic size, the model has " +
              (names.empty() ? "none" : "none of that name, but " + printable(llvm::join(names, ", "))),
          "", "leave --bind out");
  if (!mistakes.empty())
    return mistakes.take();
  return wrongUse.take(ExitCode::WrongUse);
}

} // namespace tenon::import::onnx
