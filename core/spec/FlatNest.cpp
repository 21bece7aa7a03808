// Puts flat operands in the place of their first parts and addresses in the place of indices.
#include "core/spec/FlatNest.h"

#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::spec {
namespace {

class Flattening {
public:
  Flattening(nest::Nest &source, const FlatLayout &flat) : nest(source), layout(flat) {}

  llvm::Expected<llvm::SmallVector<unsigned>> run();

private:
  void renumber();
  llvm::Error rewrite(nest::Access &access) const;
  llvm::Error rewriteTable(nest::Node &node) const;
  const std::optional<FlatPart> *partOf(unsigned operand) const {
    return operand < layout.parts.size() ? &layout.parts[operand] : nullptr;
  }

  nest::Nest &nest;
  const FlatLayout &layout;
  std::vector<nest::Operand> operands; ///< the new ones
  llvm::SmallVector<unsigned> numbers; ///< old operand -> new operand
};

void Flattening::renumber() {
  std::vector<std::optional<unsigned>> groups(layout.groupElements.size());
  for (auto [i, operand] : llvm::enumerate(nest.operands)) {
    const std::optional<FlatPart> *part = partOf(unsigned(i));
    if (!part || !*part) {
      numbers.push_back(unsigned(operands.size()));
      operands.push_back(operand);
      continue;
    }
    std::optional<unsigned> &group = groups[(*part)->group];
    if (!group) {
      group = unsigned(operands.size());
      operands.push_back({operand.name, operand.type, {layout.groupElements[(*part)->group]}, false});
    }
    numbers.push_back(*group);
  }
}

llvm::Error Flattening::rewrite(nest::Access &access) const {
  const std::optional<FlatPart> *part = partOf(access.operand);
  const std::string &name = nest.operands[access.operand].name;
  access.operand = numbers[access.operand];
  if (!part || !*part)
    return llvm::Error::success();
  if (access.outside)
    return failure(ExitCode::DeviceFailed,
                   "operand " + name +
                       " is read outside its extents and shares bytes with what the command writes; what is "
                       "outside is then not known: let it have bytes of its own");
  mlir::MLIRContext *context = access.indices.getContext();
  mlir::AffineExpr address = mlir::getAffineConstantExpr((*part)->start, context);
  for (auto [index, stride] : llvm::zip_equal(access.indices.getResults(), (*part)->strides))
    address = address + index * stride;
  access.indices = mlir::AffineMap::get(access.indices.getNumDims(), 0, address, context);
  return llvm::Error::success();
}

llvm::Error Flattening::rewriteTable(nest::Node &node) const {
  const std::optional<FlatPart> *part = partOf(node.table);
  if (part && *part)
    return failure(ExitCode::DeviceFailed, "table " + nest.operands[node.table].name +
                                               " shares bytes with what the command writes; let it have "
                                               "bytes of its own");
  node.table = numbers[node.table];
  return llvm::Error::success();
}

llvm::Expected<llvm::SmallVector<unsigned>> Flattening::run() {
  renumber();
  for (nest::Statement &statement : nest.statements) {
    if (llvm::Error error = rewrite(statement.destination))
      return std::move(error);
    for (nest::Node &node : statement.body) {
      if (node.op == nest::Opcode::Read)
        if (llvm::Error error = rewrite(node.access))
          return std::move(error);
      if (node.op == nest::Opcode::TableRead)
        if (llvm::Error error = rewriteTable(node))
          return std::move(error);
    }
  }
  nest.operands = std::move(operands);
  numbers.resize(layout.parts.size());
  return std::move(numbers);
}

} // namespace

llvm::Expected<llvm::SmallVector<unsigned>> flatten(nest::Nest &nest, const FlatLayout &layout) {
  return Flattening(nest, layout).run();
}

} // namespace tenon::spec
