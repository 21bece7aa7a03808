// What a program says when a body has no result at some lane: the operation, its values, the point.
#include "core/reference/RowProgram.h"
#include "core/support/Error.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace mlir;

namespace tenon::reference {
namespace {

using nest::Opcode;
using nest::ScalarType;

template <class Lane> Lane laneAt(const void *lanes, int64_t lane) {
  Lane value;
  std::memcpy(&value, static_cast<const char *>(lanes) + lane * int64_t(sizeof(Lane)), sizeof(Lane));
  return value;
}

void printLane(llvm::raw_ostream &stream, const ScalarType &type, const void *lanes, int64_t lane) {
  switch (laneKind(type)) {
  case LaneKind::Int32:
    stream << laneAt<int32_t>(lanes, lane);
    return;
  case LaneKind::Int64:
    stream << laneAt<int64_t>(lanes, lane);
    return;
  case LaneKind::Float:
    stream << llvm::format("%.9g", double(laneAt<float>(lanes, lane)));
    return;
  case LaneKind::Double:
    stream << llvm::format("%.17g", laneAt<double>(lanes, lane));
    return;
  }
}

/// Why an operation has no result; `type` is the result's, `size` the table's.
std::string reason(Opcode op, const ScalarType &type, int64_t size) {
  switch (op) {
  case Opcode::ShLI:
  case Opcode::ShRSI:
  case Opcode::ShRUI:
  case Opcode::RoundingShiftRight:
    return "the shift is not below the width " + std::to_string(type.width);
  case Opcode::FPToSI:
    return "the value is outside signed " + type.str();
  case Opcode::FPToUI:
    return "the value is outside unsigned " + type.str();
  case Opcode::TableRead:
    return "the table has " + std::to_string(size) + " entries";
  default:
    return "division by zero";
  }
}

} // namespace

/// The loops' values at a lane of the row that starts at `point`.
static SmallVector<int64_t> pointOf(const LaneCoordinates &coordinates, ArrayRef<int64_t> point,
                                    int64_t lane) {
  SmallVector<int64_t> result(point);
  for (unsigned loop = 0; loop < result.size(); ++loop)
    if (const int64_t *along = coordinates.along(loop))
      result[loop] += along[lane];
  return result;
}

static std::string place(const nest::Nest &nest, unsigned number, ArrayRef<unsigned> loops,
                         ArrayRef<int64_t> point) {
  std::string text = "in statement " + std::to_string(number);
  for (auto [i, loop] : llvm::enumerate(loops))
    text += (i ? ", " : " at ") + nest.loops[loop].name + " = " + std::to_string(point[loop]);
  return text;
}

llvm::Error RowProgram::noResult(const Step &step, ArrayRef<int64_t> point, int64_t lane) const {
  const nest::Node &node = statement.body[step.node];
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << nest::mnemonic(node.op) << "(";
  if (node.op == Opcode::TableRead)
    stream << nest.operands[node.table].name << ", ";
  for (auto [i, argument] : llvm::enumerate(node.arguments)) {
    stream << (i ? ", " : "");
    printLane(stream, statement.body[argument].type, step.call.arguments[i], lane);
  }
  stream << ") has no result, " << reason(node.op, node.type, step.call.tableSize) << ", "
         << place(nest, statementNumber, statement.loops, pointOf(coordinates, point, lane));
  return failure(ExitCode::WrongInput, text);
}

llvm::Error RowProgram::leaves(const nest::Access &access, llvm::StringRef what, ArrayRef<int64_t> point,
                               int64_t lane) const {
  SmallVector<int64_t> at = pointOf(coordinates, point, lane);
  const nest::Operand &operand = nest.operands[access.operand];
  for (auto [i, expression] : llvm::enumerate(access.indices.getResults())) {
    int64_t index = evaluateIndex(expression, at);
    if (index < 0 || index >= operand.shape[i])
      return failure(ExitCode::OwnFault,
                     (what + " of " + operand.name + ": index " + llvm::Twine(i) + " is " +
                      llvm::Twine(index) + ", the extent is " + llvm::Twine(operand.shape[i]) + ", " +
                      place(nest, statementNumber, statement.loops, at))
                         .str());
  }
  llvm_unreachable("the lane is outside by one of its indices");
}

} // namespace tenon::reference
