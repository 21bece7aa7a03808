// The table from scalar operations of arith, math and tenon to opcodes, and the walk over a body.
#include "core/ir/nest/BodyBuilder.h"

#include "core/ir/TenonDialect.h"
#include "core/ir/nest/FromLinalg.h"
#include "core/support/Error.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringMap.h"

namespace tenon::nest {

namespace {

namespace arith = mlir::arith;
namespace math = mlir::math;

/// Operations that are an opcode and nothing else.
std::optional<Opcode> plainOpcode(mlir::Operation *operation) {
  struct Row {
    llvm::StringLiteral name;
    Opcode op;
  };
  static constexpr Row rows[] = {
      {"arith.addi", Opcode::AddI},
      {"arith.subi", Opcode::SubI},
      {"arith.muli", Opcode::MulI},
      {"arith.divsi", Opcode::DivSI},
      {"arith.divui", Opcode::DivUI},
      {"arith.floordivsi", Opcode::FloorDivSI},
      {"arith.ceildivsi", Opcode::CeilDivSI},
      {"arith.remsi", Opcode::RemSI},
      {"arith.remui", Opcode::RemUI},
      {"arith.andi", Opcode::AndI},
      {"arith.ori", Opcode::OrI},
      {"arith.xori", Opcode::XorI},
      {"arith.shli", Opcode::ShLI},
      {"arith.shrsi", Opcode::ShRSI},
      {"arith.shrui", Opcode::ShRUI},
      {"arith.maxsi", Opcode::MaxSI},
      {"arith.minsi", Opcode::MinSI},
      {"arith.maxui", Opcode::MaxUI},
      {"arith.minui", Opcode::MinUI},
      {"arith.extsi", Opcode::ExtSI},
      {"arith.extui", Opcode::ExtUI},
      {"arith.trunci", Opcode::TruncI},
      {"arith.sitofp", Opcode::SIToFP},
      {"arith.uitofp", Opcode::UIToFP},
      {"arith.fptosi", Opcode::FPToSI},
      {"arith.fptoui", Opcode::FPToUI},
      {"arith.extf", Opcode::ExtF},
      {"arith.truncf", Opcode::TruncF},
      {"arith.bitcast", Opcode::Bitcast},
      {"arith.addf", Opcode::AddF},
      {"arith.subf", Opcode::SubF},
      {"arith.mulf", Opcode::MulF},
      {"arith.divf", Opcode::DivF},
      {"arith.remf", Opcode::RemF},
      {"arith.negf", Opcode::NegF},
      {"arith.maximumf", Opcode::MaximumF},
      {"arith.minimumf", Opcode::MinimumF},
      {"arith.maxnumf", Opcode::MaxNumF},
      {"arith.minnumf", Opcode::MinNumF},
      {"arith.select", Opcode::Select},
      {"math.ctlz", Opcode::CountLeadingZeros},
      {"math.absf", Opcode::AbsF},
      {"math.fma", Opcode::Fma},
      {"math.sqrt", Opcode::SqrtF},
      {"math.floor", Opcode::FloorF},
      {"math.ceil", Opcode::CeilF},
      {"math.round", Opcode::RoundF},
      {"math.roundeven", Opcode::RoundEvenF},
      {"math.exp", Opcode::ExpF},
      {"math.log", Opcode::LogF},
      {"math.tanh", Opcode::TanhF},
      {"math.erf", Opcode::ErfF},
      {"math.powf", Opcode::PowF},
      {"tenon.saturating_rounding_doubling_high_multiply", Opcode::DoublingHighMultiply},
  };
  llvm::StringRef name = operation->getName().getStringRef();
  for (const Row &row : rows)
    if (row.name == name)
      return row.op;
  return std::nullopt;
}

IntegerPredicate integerPredicate(arith::CmpIPredicate predicate) {
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return IntegerPredicate::EQ;
  case arith::CmpIPredicate::ne:
    return IntegerPredicate::NE;
  case arith::CmpIPredicate::slt:
    return IntegerPredicate::SLT;
  case arith::CmpIPredicate::sle:
    return IntegerPredicate::SLE;
  case arith::CmpIPredicate::sgt:
    return IntegerPredicate::SGT;
  case arith::CmpIPredicate::sge:
    return IntegerPredicate::SGE;
  case arith::CmpIPredicate::ult:
    return IntegerPredicate::ULT;
  case arith::CmpIPredicate::ule:
    return IntegerPredicate::ULE;
  case arith::CmpIPredicate::ugt:
    return IntegerPredicate::UGT;
  case arith::CmpIPredicate::uge:
    return IntegerPredicate::UGE;
  }
  llvm_unreachable("all predicates are listed");
}

// Both enumerations list LLVM's sixteen predicates in LLVM's order.
static_assert(static_cast<int>(arith::CmpFPredicate::OEQ) == static_cast<int>(FloatPredicate::OEQ) &&
              static_cast<int>(arith::CmpFPredicate::ORD) == static_cast<int>(FloatPredicate::ORD) &&
              static_cast<int>(arith::CmpFPredicate::UGE) == static_cast<int>(FloatPredicate::UGE) &&
              static_cast<int>(arith::CmpFPredicate::UNO) == static_cast<int>(FloatPredicate::UNO) &&
              static_cast<int>(arith::CmpFPredicate::AlwaysTrue) == static_cast<int>(FloatPredicate::True));

Rounding rounding(ir::Rounding from) {
  switch (from) {
  case ir::Rounding::HalfUp:
    return Rounding::HalfUp;
  case ir::Rounding::HalfAwayFromZero:
    return Rounding::HalfAwayFromZero;
  case ir::Rounding::HalfToEven:
    return Rounding::HalfToEven;
  case ir::Rounding::Down:
    return Rounding::Down;
  case ir::Rounding::TowardsZero:
    return Rounding::TowardsZero;
  }
  llvm_unreachable("all roundings are listed");
}

} // namespace

llvm::Expected<unsigned> BodyBuilder::add(mlir::Value value, Node made) {
  llvm::Expected<ScalarType> type = scalarType(value.getType());
  if (!type)
    return type.takeError();
  made.type = *type;
  unsigned number = body.size();
  body.push_back(std::move(made));
  known[value] = number;
  return number;
}

llvm::Expected<unsigned> BodyBuilder::constantNode(mlir::Value value, mlir::Attribute attribute) {
  Node made;
  made.op = Opcode::Constant;
  if (auto integer = mlir::dyn_cast<mlir::IntegerAttr>(attribute)) {
    if (integer.getValue().getBitWidth() > 64)
      return wrongInput("a constant has " + std::to_string(integer.getValue().getBitWidth()) +
                        " bits, a nest has at most 64");
    made.constant = Constant::ofInteger(integer.getValue().getSExtValue());
  } else if (auto real = mlir::dyn_cast<mlir::FloatAttr>(attribute)) {
    made.constant = Constant::ofReal(real.getValueAsDouble());
  } else {
    return wrongInput("a constant in a body is neither an integer nor a float");
  }
  return add(value, std::move(made));
}

llvm::Expected<unsigned> BodyBuilder::indexCastNode(mlir::Value value, mlir::Operation *operation,
                                                    bool isSigned) {
  llvm::Expected<unsigned> argument = node(operation->getOperand(0));
  if (!argument)
    return argument;
  llvm::Expected<ScalarType> to = scalarType(value.getType());
  if (!to)
    return to.takeError();
  ScalarType from = body[*argument].type;
  if (from.width == to->width)
    return known[value] = *argument;
  Node made;
  made.op = from.width > to->width ? Opcode::TruncI : isSigned ? Opcode::ExtSI : Opcode::ExtUI;
  made.arguments = {*argument};
  return add(value, std::move(made));
}

/// 1 / sqrt(x), each rounded, as MLIR lowers it.
llvm::Expected<unsigned> BodyBuilder::reciprocalRootNode(mlir::Value value, mlir::Operation *operation) {
  llvm::Expected<unsigned> argument = node(operation->getOperand(0));
  if (!argument)
    return argument;
  llvm::Expected<ScalarType> type = scalarType(value.getType());
  if (!type)
    return type.takeError();
  Node root, one, quotient;
  root.type = one.type = *type;
  root.op = Opcode::SqrtF;
  root.arguments = {*argument};
  one.op = Opcode::Constant;
  one.constant = Constant::ofReal(1);
  unsigned next = body.size();
  body.push_back(std::move(root));
  body.push_back(std::move(one));
  quotient.op = Opcode::DivF;
  quotient.arguments = {next + 1, next};
  return add(value, std::move(quotient));
}

llvm::Expected<unsigned> BodyBuilder::operationNode(mlir::Value value, mlir::Operation *operation) {
  Node made;
  if (auto index = mlir::dyn_cast<mlir::linalg::IndexOp>(operation)) {
    made.op = Opcode::LoopIndex;
    made.loop = index.getDim();
    return add(value, std::move(made));
  }
  if (mlir::isa<arith::IndexCastOp>(operation))
    return indexCastNode(value, operation, true);
  if (mlir::isa<arith::IndexCastUIOp>(operation))
    return indexCastNode(value, operation, false);
  if (mlir::isa<math::RsqrtOp>(operation))
    return reciprocalRootNode(value, operation);
  llvm::SmallVector<mlir::Value> arguments(operation->getOperands());
  if (auto lookup = mlir::dyn_cast<ir::LookupOp>(operation)) {
    llvm::Expected<unsigned> number = table(lookup.getTable());
    if (!number)
      return number;
    made.op = Opcode::TableRead;
    made.table = *number;
    arguments = {lookup.getIndex()};
  } else if (auto compare = mlir::dyn_cast<arith::CmpIOp>(operation)) {
    made.op = Opcode::CmpI;
    made.integerPredicate = integerPredicate(compare.getPredicate());
  } else if (auto compareFloats = mlir::dyn_cast<arith::CmpFOp>(operation)) {
    made.op = Opcode::CmpF;
    made.floatPredicate = static_cast<FloatPredicate>(compareFloats.getPredicate());
  } else if (auto saturate = mlir::dyn_cast<ir::SaturateOp>(operation)) {
    made.op = Opcode::Saturate;
    made.resultSigned = saturate.getRange() == ir::Signedness::Signed;
  } else if (auto shift = mlir::dyn_cast<ir::RoundingShiftRightOp>(operation)) {
    made.op = Opcode::RoundingShiftRight;
    made.rounding = rounding(shift.getRounding());
  } else if (std::optional<Opcode> plain = plainOpcode(operation)) {
    made.op = *plain;
  } else {
    return wrongInput("the scalar operation " + operation->getName().getStringRef().str() +
                      " is not one that a nest has");
  }
  for (mlir::Value argument : arguments) {
    llvm::Expected<unsigned> number = node(argument);
    if (!number)
      return number;
    made.arguments.push_back(*number);
  }
  return add(value, std::move(made));
}

llvm::Expected<unsigned> BodyBuilder::node(mlir::Value value) {
  if (auto found = known.find(value); found != known.end())
    return found->second;
  mlir::Attribute constant;
  if (mlir::matchPattern(value, mlir::m_Constant(&constant)))
    return constantNode(value, constant);
  if (auto argument = mlir::dyn_cast<mlir::BlockArgument>(value)) {
    llvm::Expected<Node> made = read(argument);
    if (!made)
      return made.takeError();
    return add(value, std::move(*made));
  }
  return operationNode(value, value.getDefiningOp());
}

} // namespace tenon::nest
