// Putting elements back into the model's order.
#include "core/graph/ModelOrder.h"

#include "core/ir/ModelNodes.h"

namespace tenon::graph {

reference::Tensor inModelOrder(mlir::Operation *operation, reference::Tensor tensor) {
  auto layout = operation->getAttrOfType<mlir::DenseI64ArrayAttr>(ir::layoutAttributeName);
  if (!layout)
    return tensor;
  llvm::ArrayRef<int64_t> order = layout.asArrayRef();
  reference::Tensor made{tensor.type, llvm::SmallVector<int64_t>(order.size()),
                         std::vector<char>(tensor.bytes.size())};
  for (auto [place, dimension] : llvm::enumerate(order))
    made.shape[size_t(dimension)] = tensor.shape[place];
  size_t size = tensor.type.storageBytes();
  llvm::SmallVector<int64_t> index(order.size(), 0); // in the order that it lies in
  for (size_t at = 0; at < tensor.bytes.size(); at += size) {
    size_t to = 0;
    for (size_t dimension = 0; dimension < order.size(); ++dimension) {
      size_t place = size_t(llvm::find(order, int64_t(dimension)) - order.begin());
      to = to * size_t(made.shape[dimension]) + size_t(index[place]);
    }
    std::copy_n(tensor.bytes.data() + at, size, made.bytes.data() + to * size);
    for (size_t place = order.size(); place-- > 0;) {
      if (++index[place] < tensor.shape[place])
        break;
      index[place] = 0;
    }
  }
  return made;
}

} // namespace tenon::graph
