// The readable text of a nest: each statement on a line, its body as one expression. A node that is used
// twice is written once, as "let t3 = ...".
#include "core/ir/nest/Nest.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;

namespace tenon::nest {
namespace {

llvm::StringRef name(IntegerPredicate predicate) {
  static constexpr llvm::StringLiteral names[] = {"eq",  "ne",  "slt", "sle", "sgt",
                                                  "sge", "ult", "ule", "ugt", "uge"};
  return names[unsigned(predicate)];
}

llvm::StringRef name(FloatPredicate predicate) {
  static constexpr llvm::StringLiteral names[] = {"false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord",
                                                  "ueq",   "ugt", "uge", "ult", "ule", "une", "uno", "true"};
  return names[unsigned(predicate)];
}

llvm::StringRef name(Rounding rounding) {
  static constexpr llvm::StringLiteral names[] = {"half_up", "half_away_from_zero", "half_to_even", "down",
                                                  "towards_zero"};
  return names[unsigned(rounding)];
}

llvm::StringRef sign(Update update) {
  static constexpr llvm::StringLiteral signs[] = {"=", "+=", "max=", "min="};
  return signs[unsigned(update)];
}

class StatementPrinter {
public:
  StatementPrinter(const Nest &nest, const Statement &statement, llvm::raw_ostream &stream)
      : nest(nest), statement(statement), stream(stream), uses(statement.body.size(), 0) {}

  void print() {
    for (auto [i, loop] : llvm::enumerate(statement.loops))
      stream << (i ? ", " : "for ") << (nest.loops[loop].sequential ? "sequential " : "")
             << nest.loops[loop].name << " < " << nest.loops[loop].extent;
    stream << (statement.loops.empty() ? "" : ": ");
    countUses(statement.value);
    bool first = true;
    for (unsigned number = 0; number < statement.value; ++number) {
      if (!hasName(number))
        continue;
      stream << (first ? "let " : ", ") << "t" << number << " = ";
      first = false;
      expression(number, /*nested=*/false);
    }
    stream << (first ? "" : "; ");
    access(statement.destination, statement.destination.outside,
           nest.operands[statement.destination.operand].type);
    stream << " " << sign(statement.update) << " ";
    use(statement.value, /*nested=*/false);
    if (statement.start) {
      stream << " from ";
      constant(*statement.start, nest.operands[statement.destination.operand].type);
    }
    stream << "\n";
  }

private:
  void countUses(unsigned number) {
    if (uses[number]++)
      return;
    for (unsigned argument : statement.body[number].arguments)
      countUses(argument);
  }

  bool hasName(unsigned number) const {
    return uses[number] > 1 && !statement.body[number].arguments.empty();
  }

  void constant(const Constant &value, const ScalarType &type) {
    if (type.isInteger())
      stream << value.integer;
    else if (value.real == std::floor(value.real) && std::fabs(value.real) < 1e15)
      stream << llvm::format("%.1f", value.real);
    else
      stream << llvm::format("%.17g", value.real);
  }

  void index(AffineExpr expr, bool nested) {
    if (auto loop = dyn_cast<AffineDimExpr>(expr)) {
      stream << nest.loops[loop.getPosition()].name;
      return;
    }
    if (auto number = dyn_cast<AffineConstantExpr>(expr)) {
      stream << number.getValue();
      return;
    }
    auto binary = cast<AffineBinaryOpExpr>(expr);
    stream << (nested ? "(" : "");
    index(binary.getLHS(), binary.getKind() != AffineExprKind::Add);
    auto right = dyn_cast<AffineConstantExpr>(binary.getRHS());
    if (binary.getKind() == AffineExprKind::Add && right && right.getValue() < 0 &&
        right.getValue() != INT64_MIN) {
      stream << " - " << -right.getValue();
    } else {
      switch (binary.getKind()) {
      case AffineExprKind::Add:
        stream << " + ";
        break;
      case AffineExprKind::Mul:
        stream << " * ";
        break;
      case AffineExprKind::Mod:
        stream << " mod ";
        break;
      case AffineExprKind::FloorDiv:
        stream << " floordiv ";
        break;
      default:
        stream << " ceildiv ";
        break;
      }
      index(binary.getRHS(), binary.getKind() != AffineExprKind::Add);
    }
    stream << (nested ? ")" : "");
  }

  void access(const Access &access, const std::optional<Constant> &outside, const ScalarType &type) {
    stream << nest.operands[access.operand].name << "[";
    for (auto [i, expr] : llvm::enumerate(access.indices.getResults())) {
      stream << (i ? ", " : "");
      index(expr, /*nested=*/false);
    }
    if (outside) {
      stream << " else ";
      constant(*outside, type);
    }
    stream << "]";
  }

  void use(unsigned number, bool nested) {
    if (hasName(number))
      stream << "t" << number;
    else
      expression(number, nested);
  }

  static llvm::StringRef infix(Opcode op) {
    switch (op) {
    case Opcode::AddI:
    case Opcode::AddF:
      return " + ";
    case Opcode::SubI:
    case Opcode::SubF:
      return " - ";
    case Opcode::MulI:
    case Opcode::MulF:
      return " * ";
    default:
      return "";
    }
  }

  void expression(unsigned number, bool nested) {
    const Node &node = statement.body[number];
    if (llvm::StringRef sign = infix(node.op); !sign.empty()) {
      stream << (nested ? "(" : "");
      use(node.arguments[0], /*nested=*/true);
      stream << sign;
      use(node.arguments[1], /*nested=*/true);
      stream << (nested ? ")" : "");
      return;
    }
    switch (node.op) {
    case Opcode::Constant:
      constant(node.constant, node.type);
      return;
    case Opcode::LoopIndex:
      stream << nest.loops[node.loop].name;
      return;
    case Opcode::Read:
      access(node.access, node.access.outside, node.type);
      stream << ":" << node.type.str();
      return;
    default:
      call(node);
    }
  }

  void call(const Node &node) {
    stream << mnemonic(node.op);
    if (node.op == Opcode::CmpI)
      stream << " " << name(node.integerPredicate);
    if (node.op == Opcode::CmpF)
      stream << " " << name(node.floatPredicate);
    if (node.op == Opcode::RoundingShiftRight)
      stream << " " << name(node.rounding);
    if (node.op == Opcode::Saturate)
      stream << (node.resultSigned ? " signed" : " unsigned");
    stream << "(";
    if (node.op == Opcode::TableRead)
      stream << nest.operands[node.table].name << ", ";
    for (auto [i, argument] : llvm::enumerate(node.arguments)) {
      stream << (i ? ", " : "");
      use(argument, /*nested=*/false);
    }
    stream << ")";
    if (node.op != Opcode::CmpI && node.op != Opcode::CmpF && node.op != Opcode::Select)
      stream << ":" << node.type.str();
  }

  const Nest &nest;
  const Statement &statement;
  llvm::raw_ostream &stream;
  std::vector<unsigned> uses;
};

} // namespace

void print(const Nest &nest, llvm::raw_ostream &stream) {
  for (const Statement &statement : nest.statements)
    StatementPrinter(nest, statement, stream).print();
}

} // namespace tenon::nest
