// The choice of a node's kernel, and the masks of comparison predicates.
#include "core/reference/RowKernels.h"

namespace tenon::reference {

using nest::FloatPredicate;
using nest::IntegerPredicate;
using nest::Opcode;

namespace {

// A mask's bits: less, equal, greater; then for integers "unsigned", for floats "unordered".
constexpr unsigned less = 1, equal = 2, greater = 4, isUnsigned = 8, unordered = 8;

unsigned mask(IntegerPredicate predicate) {
  switch (predicate) {
  case IntegerPredicate::EQ:
    return equal;
  case IntegerPredicate::NE:
    return less | greater;
  case IntegerPredicate::SLT:
    return less;
  case IntegerPredicate::SLE:
    return less | equal;
  case IntegerPredicate::SGT:
    return greater;
  case IntegerPredicate::SGE:
    return greater | equal;
  case IntegerPredicate::ULT:
    return less | isUnsigned;
  case IntegerPredicate::ULE:
    return less | equal | isUnsigned;
  case IntegerPredicate::UGT:
    return greater | isUnsigned;
  case IntegerPredicate::UGE:
    return greater | equal | isUnsigned;
  }
  return 0;
}

unsigned mask(FloatPredicate predicate) {
  switch (predicate) {
  case FloatPredicate::False:
    return 0;
  case FloatPredicate::OEQ:
    return equal;
  case FloatPredicate::OGT:
    return greater;
  case FloatPredicate::OGE:
    return greater | equal;
  case FloatPredicate::OLT:
    return less;
  case FloatPredicate::OLE:
    return less | equal;
  case FloatPredicate::ONE:
    return less | greater;
  case FloatPredicate::ORD:
    return less | equal | greater;
  case FloatPredicate::UEQ:
    return equal | unordered;
  case FloatPredicate::UGT:
    return greater | unordered;
  case FloatPredicate::UGE:
    return greater | equal | unordered;
  case FloatPredicate::ULT:
    return less | unordered;
  case FloatPredicate::ULE:
    return less | equal | unordered;
  case FloatPredicate::UNE:
    return less | greater | unordered;
  case FloatPredicate::UNO:
    return unordered;
  case FloatPredicate::True:
    return less | equal | greater | unordered;
  }
  return 0;
}

} // namespace

unsigned predicateMask(const nest::Node &node) {
  if (node.op == Opcode::CmpI)
    return mask(node.integerPredicate);
  return node.op == Opcode::CmpF ? mask(node.floatPredicate) : 0;
}

Kernel selectKernel(const nest::Node &node, llvm::ArrayRef<nest::ScalarType> arguments) {
  if (arguments.empty() || isLaneIdentity(node, arguments))
    return nullptr;
  if (Kernel kernel = selectCastKernel(node, arguments[0]))
    return kernel;
  if (Kernel kernel = selectIntegerKernel(node, arguments[0]))
    return kernel;
  return selectFloatKernel(node, arguments[0]);
}

} // namespace tenon::reference
