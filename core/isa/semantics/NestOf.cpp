// The nest of an intrinsic's meaning, with its sizes and values bound.
#include "core/isa/Instruction.h"

#include "core/isa/FilePlace.h"
#include "core/isa/Semantics.h"
#include "core/isa/semantics/Constants.h"
#include "core/isa/semantics/Range.h"

#include "core/ir/nest/AccessAnalysis.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::isa {

namespace {

class NestBinder {
public:
  NestBinder(const Description &description, const Intrinsic &intrinsic, llvm::ArrayRef<int64_t> sizes,
             llvm::ArrayRef<int64_t> values, mlir::MLIRContext &context)
      : description(description), intrinsic(intrinsic), sizes(sizes), values(values), context(context) {}

  llvm::Expected<nest::Nest> bind();

private:
  llvm::Error wrong(ExitCode code, const llvm::Twine &message) const {
    return failure(code, (intrinsic.name + ": " + message).str());
  }
  llvm::Error checkNumbers() const;
  llvm::Error bindOperands();
  llvm::Expected<nest::Statement> bindStatement(const SemanticStatement &statement) const;
  llvm::Expected<nest::Node> bindNode(const SemanticNode &node) const;
  llvm::Expected<mlir::AffineMap> bindIndices(llvm::ArrayRef<SymbolicIndex> indices) const;
  llvm::Expected<mlir::AffineExpr> bindIndex(const SymbolicIndex &index) const;
  llvm::Expected<std::optional<nest::Constant>> outsideOf(unsigned operand, mlir::AffineMap indices) const;

  const Description &description;
  const Intrinsic &intrinsic;
  llvm::ArrayRef<int64_t> sizes, values;
  mlir::MLIRContext &context;
  nest::Nest nest;
};

llvm::Error NestBinder::checkNumbers() const {
  if (sizes.size() != intrinsic.sizes.size() || values.size() != intrinsic.values.size())
    return wrong(ExitCode::OwnFault, llvm::Twine(sizes.size()) + " sizes and " + llvm::Twine(values.size()) +
                                         " values for " + llvm::Twine(intrinsic.sizes.size()) + " and " +
                                         llvm::Twine(intrinsic.values.size()));
  for (auto [declared, size] : llvm::zip(intrinsic.sizes, sizes))
    if (size < 1)
      return wrong(ExitCode::TargetCannot,
                   "size " + declared.name + " is " + llvm::Twine(size) + ", the least is 1");
  // The types of the body hold these values and no others.
  for (auto [declared, value] : llvm::zip(intrinsic.values, values))
    if (value < declared.low || value > declared.high)
      return wrong(ExitCode::TargetCannot, "value " + declared.name + " is " + llvm::Twine(value) +
                                               ", the range is " + llvm::Twine(declared.low) + ".." +
                                               llvm::Twine(declared.high));
  return llvm::Error::success();
}

llvm::Error NestBinder::bindOperands() {
  for (auto [number, operand] : llvm::enumerate(intrinsic.operands)) {
    auto shape = extents(description, intrinsic, unsigned(number), sizes, values);
    if (!shape)
      return shape.takeError();
    llvm::SmallVector<int64_t> bound(shape->begin(), shape->end());
    nest.operands.push_back({operand.name, operand.type.scalar, bound, false});
  }
  for (const SemanticLocal &local : intrinsic.semantics.locals) {
    llvm::SmallVector<int64_t> shape;
    for (unsigned size : local.sizes)
      shape.push_back(sizes[size]);
    nest.operands.push_back({local.name, local.type.scalar, shape, true});
  }
  return llvm::Error::success();
}

llvm::Expected<mlir::AffineExpr> NestBinder::bindIndex(const SymbolicIndex &index) const {
  llvm::SmallVector<int64_t> coefficients(sizes.size(), 0);
  int64_t constant = 0;
  for (const IndexTerm &term : index) {
    int64_t factor = term.factor;
    int64_t &into = term.size < 0 ? constant : coefficients[size_t(term.size)];
    if ((term.value >= 0 && llvm::MulOverflow(factor, values[size_t(term.value)], factor)) ||
        llvm::AddOverflow(into, factor, into))
      return wrong(ExitCode::TargetCannot, "an index does not fit 64 bits");
  }
  mlir::AffineExpr sum = mlir::getAffineConstantExpr(0, &context);
  for (auto [size, coefficient] : llvm::enumerate(coefficients))
    sum = sum + mlir::getAffineDimExpr(unsigned(size), &context) * coefficient;
  return sum + constant;
}

llvm::Expected<mlir::AffineMap> NestBinder::bindIndices(llvm::ArrayRef<SymbolicIndex> indices) const {
  llvm::SmallVector<mlir::AffineExpr> results;
  for (const SymbolicIndex &index : indices) {
    llvm::Expected<mlir::AffineExpr> bound = bindIndex(index);
    if (!bound)
      return bound.takeError();
    results.push_back(*bound);
  }
  return mlir::AffineMap::get(unsigned(sizes.size()), 0, results, &context);
}

/// The operand's value for outside, where these indices leave it.
llvm::Expected<std::optional<nest::Constant>> NestBinder::outsideOf(unsigned operand,
                                                                    mlir::AffineMap indices) const {
  std::optional<nest::Constant> none;
  if (operand >= intrinsic.operands.size() ||
      intrinsic.operands[operand].outside.kind != Outside::Kind::Value)
    return none;
  bool leaves = llvm::any_of(llvm::zip(indices.getResults(), nest.operands[operand].shape), [&](auto pair) {
    std::optional<nest::Interval> range = nest::indexRange(std::get<0>(pair), nest.loops);
    return !range || range->low < 0 || range->high >= std::get<1>(pair);
  });
  if (!leaves)
    return none;
  const OperandDeclaration &declared = intrinsic.operands[operand];
  auto lookup = [&](llvm::StringRef name) -> std::optional<int64_t> {
    for (auto [value, number] : llvm::zip(intrinsic.values, values))
      if (value.name == name)
        return number;
    if (std::optional<int64_t> parameter = description.parameter(name))
      return parameter;
    auto member = intrinsic.memberCode.find(name.str());
    return member == intrinsic.memberCode.end() ? std::nullopt : std::optional(member->second);
  };
  llvm::Expected<nest::Constant> constant =
      semantics::constantOf(declared.type, declared.outside.value, lookup);
  if (!constant)
    return withFile(constant.takeError(), description, intrinsic.name + ": outside of " + declared.name);
  return *constant;
}

llvm::Expected<nest::Node> NestBinder::bindNode(const SemanticNode &node) const {
  nest::Node result = node.node;
  if (node.kind == SemanticNode::Kind::Value) {
    result.op = nest::Opcode::Constant;
    result.constant = semantics::constantOf({result.type, node.isSigned}, values[node.value]);
    return result;
  }
  if (result.op != nest::Opcode::Read)
    return result;
  llvm::Expected<mlir::AffineMap> indices = bindIndices(node.indices);
  if (!indices)
    return indices.takeError();
  llvm::Expected<std::optional<nest::Constant>> outside = outsideOf(result.access.operand, *indices);
  if (!outside)
    return outside.takeError();
  result.access.indices = *indices;
  result.access.outside = *outside;
  return result;
}

llvm::Expected<nest::Statement> NestBinder::bindStatement(const SemanticStatement &statement) const {
  nest::Statement result;
  result.loops = statement.loops;
  result.update = statement.update;
  if (statement.fromZero)
    result.start = nest::Constant{};
  result.value = statement.result;
  result.destination.operand = statement.destination;
  llvm::Expected<mlir::AffineMap> indices = bindIndices(statement.indices);
  if (!indices)
    return indices.takeError();
  result.destination.indices = *indices;
  for (const SemanticNode &node : statement.body) {
    llvm::Expected<nest::Node> bound = bindNode(node);
    if (!bound)
      return bound.takeError();
    result.body.push_back(std::move(*bound));
  }
  return result;
}

llvm::Expected<nest::Nest> NestBinder::bind() {
  if (llvm::Error error = checkNumbers())
    return error;
  for (auto [declared, size] : llvm::zip(intrinsic.sizes, sizes))
    nest.loops.push_back({declared.name, size, false});
  if (llvm::Error error = bindOperands())
    return error;
  for (const SemanticStatement &statement : intrinsic.semantics.statements) {
    llvm::Expected<nest::Statement> bound = bindStatement(statement);
    if (!bound)
      return bound.takeError();
    nest.statements.push_back(std::move(*bound));
  }
  if (llvm::Error error = nest::verify(nest))
    return wrong(ExitCode::TargetCannot, llvm::toString(std::move(error)));
  return std::move(nest);
}

} // namespace

llvm::Expected<nest::Nest> nestOf(const Description &description, const Intrinsic &intrinsic,
                                  llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> values,
                                  mlir::MLIRContext &context) {
  return NestBinder(description, intrinsic, sizes, values, context).bind();
}

} // namespace tenon::isa
