// The reduction of one block.
#include "core/native/RegisterBody.h"

#include "core/native/ir/RowText.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {
namespace {

std::optional<int64_t> asNumber(llvm::StringRef text) {
  int64_t number = 0;
  return text.getAsInteger(10, number) ? std::nullopt : std::optional(number);
}

} // namespace

std::string addIndex(IrFunction &function, const std::string &a, const std::string &b) {
  std::optional<int64_t> left = asNumber(a), right = asNumber(b);
  if (left && right)
    return std::to_string(*left + *right);
  if (left == 0)
    return b;
  if (right == 0)
    return a;
  return function.value("add nsw i64 " + a + ", " + b);
}

std::string addIndex(IrFunction &function, const std::string &a, int64_t b) {
  return addIndex(function, a, std::to_string(b));
}

std::string multiplyIndex(IrFunction &function, const std::string &a, int64_t b) {
  if (std::optional<int64_t> number = asNumber(a))
    return std::to_string(*number * b);
  if (b == 0)
    return "0";
  return b == 1 ? a : function.value("mul nsw i64 " + a + ", " + std::to_string(b));
}

std::string advance(IrFunction &function, const std::string &pointer, const std::string &bytes) {
  return bytes == "0" ? pointer : function.value("getelementptr i8, ptr " + pointer + ", i64 " + bytes);
}

namespace {

class Reduction {
public:
  Reduction(IrFunction &into, const RegisterPlan &what, const BlockPlace &where, Sums &results)
      : function(into), plan(what), place(where), sums(results) {}

  llvm::Error run(const std::string &left, const std::string &right);

private:
  /// The pointer to the block's first use at the start of the reduction.
  std::string start(const Feed &feed, const std::string &argument, const std::string &block);
  llvm::Expected<llvm::SmallVector<std::string>> fill(const Feed &feed, const std::string &pointer,
                                                      int64_t within);
  llvm::Error use(int64_t row, int64_t column, llvm::ArrayRef<std::string> left,
                  llvm::ArrayRef<std::string> right);
  llvm::Error step(const std::string &left, const std::string &right);

  IrFunction &function;
  const RegisterPlan &plan;
  const BlockPlace &place;
  Sums &sums;
};

std::string Reduction::start(const Feed &feed, const std::string &argument, const std::string &block) {
  std::string bytes = addIndex(function, multiplyIndex(function, place.group, feed.groupBytes),
                               multiplyIndex(function, block, feed.blockBytes));
  return advance(function, argument, addIndex(function, bytes, feed.start));
}

std::map<std::string, int64_t> namesOf(const isa::Intrinsic &row, llvm::ArrayRef<int64_t> sizes,
                                       llvm::ArrayRef<int64_t> values) {
  std::map<std::string, int64_t> names;
  for (auto [size, value] : llvm::zip(row.sizes, sizes))
    names[size.name] = value;
  for (auto [declaration, value] : llvm::zip(row.values, values))
    names[declaration.name] = value;
  return names;
}

llvm::Expected<llvm::SmallVector<std::string>> Reduction::fill(const Feed &feed, const std::string &pointer,
                                                               int64_t within) {
  const isa::Intrinsic &row = plan.description.intrinsics[feed.move.intrinsic];
  llvm::SmallVector<RowOperand, 2> operands(2);
  operands[feed.move.source].values.push_back(
      advance(function, pointer, std::to_string(within * feed.withinBytes)));
  operands[feed.move.destination].values.assign(size_t(feed.move.registers), "");
  auto results = emitRow(function, plan.description, row, operands, namesOf(row, feed.move.sizes, {}));
  if (!results)
    return results.takeError();
  return (*results)[feed.move.destination];
}

llvm::Error Reduction::use(int64_t row, int64_t column, llvm::ArrayRef<std::string> left,
                           llvm::ArrayRef<std::string> right) {
  const isa::Intrinsic &intrinsic = *plan.use.intrinsic;
  llvm::SmallVector<RowOperand, 3> operands(intrinsic.operands.size());
  operands[plan.use.left.operand].values.assign(left.begin(), left.end());
  operands[plan.use.right.operand].values.assign(right.begin(), right.end());
  operands[plan.use.sum.operand].values = sums.of(row, column);
  auto results = emitRow(function, plan.description, intrinsic, operands,
                         namesOf(intrinsic, plan.use.sizes, plan.use.values));
  if (!results)
    return results.takeError();
  for (auto [number, value] : llvm::enumerate((*results)[plan.use.sum.operand]))
    sums.at(row, column, int64_t(number)) = value;
  return llvm::Error::success();
}

llvm::Error Reduction::step(const std::string &left, const std::string &right) {
  // The side that takes fewer registers stays while the other one's uses come one after the other.
  bool columnsStay = place.rows * plan.problem.left.registers + plan.problem.right.registers >=
                     place.columns * plan.problem.right.registers + plan.problem.left.registers;
  const Feed &staying = columnsStay ? plan.right : plan.left, &coming = columnsStay ? plan.left : plan.right;
  int64_t stay = columnsStay ? place.columns : place.rows, come = columnsStay ? place.rows : place.columns;
  std::vector<llvm::SmallVector<std::string>> kept;
  for (int64_t within = 0; within < stay; ++within) {
    auto values = fill(staying, columnsStay ? right : left, within);
    if (!values)
      return values.takeError();
    kept.push_back(std::move(*values));
  }
  for (int64_t within = 0; within < come; ++within) {
    auto values = fill(coming, columnsStay ? left : right, within);
    if (!values)
      return values.takeError();
    for (int64_t other = 0; other < stay; ++other)
      if (llvm::Error error = columnsStay ? use(within, other, *values, kept[size_t(other)])
                                          : use(other, within, kept[size_t(other)], *values))
        return error;
  }
  return llvm::Error::success();
}

llvm::Error Reduction::run(const std::string &left, const std::string &right) {
  std::string leftStart = start(plan.left, left, place.block),
              rightStart = start(plan.right, right, place.panel);
  if (plan.problem.depth == 1)
    return step(leftStart, rightStart);
  std::string type = registerType(plan.description, *plan.use.intrinsic, plan.use.sum.operand);
  std::vector<Carried> carried;
  for (const std::string &name : sums.all())
    carried.push_back({type, name});
  IrLoop loop = function.openLoop("0", std::to_string(plan.problem.depth), "1", carried);
  sums.all().assign(loop.carried.begin(), loop.carried.end());
  std::string leftHere =
      advance(function, leftStart, multiplyIndex(function, loop.variable, plan.left.depthBytes));
  std::string rightHere =
      advance(function, rightStart, multiplyIndex(function, loop.variable, plan.right.depthBytes));
  if (llvm::Error error = step(leftHere, rightHere))
    return error;
  auto after = function.closeLoop(loop, sums.all());
  sums.all().assign(after.begin(), after.end());
  return llvm::Error::success();
}

} // namespace

llvm::Error emitReduction(IrFunction &function, const RegisterPlan &plan, const BlockPlace &place,
                          const std::string &left, const std::string &right, Sums &sums) {
  return Reduction(function, plan, place, sums).run(left, right);
}

} // namespace tenon::native
