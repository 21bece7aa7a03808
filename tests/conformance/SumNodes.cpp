// Convolutions, products of matrices and other reductions.
#include "tests/conformance/GraphGenerator.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace tenon::test {

std::vector<std::string> GraphGenerator::multiplyAdd(const GraphTensor &x) {
  if (isHalf(x))
    return {fmt::format("%p = arith.extf %a0 : {} to f32", x.type),
            fmt::format("%q = arith.extf %a1 : {} to f32", x.type), "%m = arith.mulf %p, %q : f32",
            "%y = arith.addf %o, %m : f32"};
  if (isFloat(x))
    return {fmt::format("%m = arith.mulf %a0, %a1 : {}", x.type),
            fmt::format("%y = arith.addf %o, %m : {}", x.type)};
  if (x.type == "i32")
    return {"%m = arith.muli %a0, %a1 : i32", "%y = arith.addi %o, %m : i32"};
  std::vector<std::string> body = {fmt::format("%p = arith.extsi %a0 : {} to i32", x.type),
                                   fmt::format("%q = arith.extsi %a1 : {} to i32", x.type)};
  std::string left = "%p", right = "%q";
  if (choices.chance(50)) {
    body.push_back(fmt::format("%zp = arith.constant {} : i32", choices.between(0, 255) - 128));
    body.push_back("%u = arith.subi %p, %zp : i32");
    left = "%u";
  }
  if (choices.chance(20)) {
    body.push_back(fmt::format("%zq = arith.constant {} : i32", choices.between(0, 255) - 128));
    body.push_back("%v = arith.subi %q, %zq : i32");
    right = "%v";
  }
  body.push_back(fmt::format("%m = arith.muli {}, {} : i32", left, right));
  body.push_back("%y = arith.addi %o, %m : i32");
  return body;
}

std::string GraphGenerator::sumType(const GraphTensor &x) {
  return !isFloat(x) ? "i32" : isHalf(x) ? "f32" : x.type;
}

GraphTensor GraphGenerator::zeros(const GraphTensor &x, Shape shape) {
  return graph.filled(isFloat(x) ? "0.0" : "0", sumType(x), std::move(shape));
}

bool GraphGenerator::convolution() {
  GraphTensor x = withRank(somePrevious(), 4);
  int64_t channels = x.shape[3], height = x.shape[1], width = x.shape[2];
  if (choices.chance(50)) {
    Shape low = {0, choices.between(0, 2), choices.between(0, 2), 0};
    Shape high = {0, choices.between(0, 2), choices.between(0, 2), 0};
    x = pad(x, low, high, choices.between(0, 6) - 3);
    height = x.shape[1];
    width = x.shape[2];
  }
  int64_t kernelY = std::min<int64_t>(choices.between(1, 4), height),
          kernelX = std::min(choices.between(1, 4), width);
  int64_t strideY = choices.between(1, 3), strideX = choices.between(1, 3);
  int64_t dilationY = kernelY > 1 ? std::min(choices.between(1, 2), (height - 1) / (kernelY - 1)) : 1;
  int64_t dilationX = kernelX > 1 ? std::min(choices.between(1, 2), (width - 1) / (kernelX - 1)) : 1;
  int64_t outY = (height - 1 - (kernelY - 1) * dilationY) / strideY + 1;
  int64_t outX = (width - 1 - (kernelX - 1) * dilationX) / strideX + 1;
  int64_t groups = 1;
  if (choices.chance(40)) { // down to one channel a group
    groups = channels;
    if (channels % 2 == 0 && choices.chance(50))
      groups = channels / 2;
  }
  int64_t inGroup = channels / groups, outGroup = choices.between(1, groups > 1 ? 3 : 19);
  if (x.shape[0] * outY * outX * groups * outGroup > mostElements ||
      x.shape[0] * outY * outX * groups * outGroup * kernelY * kernelX * inGroup > mostPoints)
    return false;
  std::string at =
      fmt::format("d0, d1 * {} + d5 * {}, d2 * {} + d6 * {}", strideY, dilationY, strideX, dilationX);
  GraphTensor weights = someOperand(x.type, {groups, outGroup, kernelY, kernelX, inGroup});
  // d0 image, d1 d2 place, d3 group, d4 channel in the group, d5 d6 window, d7 channel that is read
  GraphTensor sum = graph.generic(
      {at + fmt::format(", d3 * {} + d7", inGroup), "d3, d4, d5, d6, d7", "d0, d1, d2, d3, d4"}, "ppppprrr",
      {x, weights}, zeros(x, {x.shape[0], outY, outX, groups, outGroup}), multiplyAdd(x));
  GraphTensor joined{"", sum.type, {x.shape[0], outY, outX, groups * outGroup}};
  keep(graph.tensor(fmt::format("tensor.collapse_shape {} [[0], [1], [2], [3, 4]] : {} into {}", sum.name,
                                sum.typeText(), joined.typeText()),
                    sum.type, joined.shape));
  if (sum.type == "i32" && choices.chance(60))
    requant();
  return true;
}

std::vector<unsigned> GraphGenerator::someOrder(unsigned count) {
  std::vector<unsigned> order(count);
  std::iota(order.begin(), order.end(), 0U);
  for (unsigned i = 0; i + 1 < count; ++i)
    std::swap(order[i], order[i + choices.below(count - i)]);
  return order;
}

bool GraphGenerator::product() {
  GraphTensor x = somePrevious();
  bool batched = x.shape.size() >= 3;
  x = withRank(x, batched ? 3 : 2);
  std::vector<std::string> letters =
      batched ? std::vector<std::string>{"d0", "d1", "d3"} : std::vector<std::string>{"d0", "d2"};
  int64_t columns = choices.chance(20) ? 1 : choices.between(1, 20);
  int64_t depth = x.shape.back();
  std::vector<std::string> right =
      batched ? std::vector<std::string>{"d0", "d2", "d3"} : std::vector<std::string>{"d1", "d2"};
  Shape rightShape = batched ? Shape{x.shape[0], columns, depth} : Shape{columns, depth};
  if (x.elements() * columns > mostPoints || x.elements() / depth * columns > mostElements)
    return false;
  std::vector<unsigned> order = someOrder(unsigned(right.size()));
  std::string rightMap;
  Shape ordered;
  for (unsigned i : order) {
    rightMap += (rightMap.empty() ? "" : ", ") + right[i];
    ordered.push_back(rightShape[i]);
  }
  std::string leftMap;
  for (const std::string &letter : letters)
    leftMap += (leftMap.empty() ? "" : ", ") + letter;
  GraphTensor weights = someOperand(x.type, ordered);
  Shape result = batched ? Shape{x.shape[0], x.shape[1], columns} : Shape{x.shape[0], columns};
  keep(graph.generic({leftMap, rightMap, batched ? "d0, d1, d2" : "d0, d1"}, batched ? "pppr" : "ppr",
                     {x, weights}, zeros(x, result), multiplyAdd(x)));
  if (pool.back().type == "i32" && choices.chance(60))
    requant();
  return true;
}

bool GraphGenerator::reduction() {
  GraphTensor x = somePrevious();
  std::string map = dimensions(unsigned(x.shape.size())), kinds, kept;
  Shape shape;
  for (size_t dimension = 0; dimension < x.shape.size(); ++dimension) {
    bool stays = choices.chance(50);
    kinds += stays ? 'p' : 'r';
    if (stays) {
      shape.push_back(x.shape[dimension]);
      kept += fmt::format("{}d{}", kept.empty() ? "" : ", ", dimension);
    }
  }
  if (shape.empty()) { // a tensor of rank 0 has no shape to go on with
    kinds[0] = 'p';
    kept = "d0";
    shape = {x.shape[0]};
  }
  bool isMost = choices.chance(40);
  if (isMost) {
    std::string op = isFloat(x) ? "maximumf" : "maxsi";
    GraphTensor start = graph.filled(isFloat(x) ? "-1000.0" : "-100", x.type, shape);
    keep(graph.generic({map, kept}, kinds, {x}, start,
                       {fmt::format("%y = arith.{} %o, %a0 : {}", op, x.type)}));
    return true;
  }
  std::vector<std::string> body;
  std::string value = "%a0", type = sumType(x);
  if (x.type != type) {
    body.push_back(fmt::format("%w = arith.{} %a0 : {} to {}", isFloat(x) ? "extf" : "extsi", x.type, type));
    value = "%w";
  }
  body.push_back(fmt::format("%y = arith.{} %o, {} : {}", isFloat(x) ? "addf" : "addi", value, type));
  keep(graph.generic({map, kept}, kinds, {x}, zeros(x, shape), body));
  return true;
}

bool GraphGenerator::pool2d() {
  GraphTensor x = withRank(somePrevious(), 4);
  int64_t kernelY = std::min(choices.between(1, 3), x.shape[1]),
          kernelX = std::min(choices.between(1, 3), x.shape[2]);
  int64_t stride = choices.between(1, 3);
  Shape shape = {x.shape[0], (x.shape[1] - kernelY) / stride + 1, (x.shape[2] - kernelX) / stride + 1,
                 x.shape[3]};
  GraphTensor window = graph.constant("i8", {kernelY, kernelX}, Shape(size_t(kernelY * kernelX), 0));
  GraphTensor start = graph.filled(isFloat(x) ? "-1000.0" : "-100", x.type, shape);
  keep(
      graph.generic({fmt::format("d0, d1 * {0} + d4, d2 * {0} + d5, d3", stride), "d4, d5", "d0, d1, d2, d3"},
                    "pppprr", {x, window}, start,
                    {fmt::format("%y = arith.{} %o, %a0 : {}", isFloat(x) ? "maximumf" : "maxsi", x.type)}));
  return true;
}

bool GraphGenerator::mean() {
  GraphTensor x = withRank(somePrevious(), 3);
  if (isFloat(x) || x.type == "i32")
    return false;
  Shape shape = {x.shape[0], x.shape[2]};
  GraphTensor sum = graph.generic(
      {"d0, d2, d1", "d0, d1"}, "ppr", {x}, graph.filled("0", "i32", shape),
      {fmt::format("%w = arith.extsi %a0 : {} to i32", x.type), "%y = arith.addi %o, %w : i32"});
  std::string half = fmt::format("%h = arith.constant {} : i32", x.shape[1] / 2);
  return elementwise({"d0, d1", "d0, d1"}, {sum}, x.type, shape,
                     {fmt::format("%n = arith.constant {} : i32", x.shape[1]), half,
                      "%z = arith.constant 0 : i32", "%u = arith.addi %a0, %h : i32",
                      "%d = arith.subi %a0, %h : i32", "%p = arith.cmpi sge, %a0, %z : i32",
                      "%s = arith.select %p, %u, %d : i32", "%q = arith.divsi %s, %n : i32",
                      fmt::format("%y = arith.trunci %q : i32 to {}", x.type)});
}

bool GraphGenerator::softmax() {
  GraphTensor x = withRank(somePrevious(), 2);
  if (!isFloat(x) || isHalf(x))
    return false;
  const std::string t = x.type;
  Shape rows = {x.shape[0]};
  GraphTensor most = graph.generic({"d0, d1", "d0"}, "pr", {x}, graph.filled("-1000.0", t, rows),
                                   {"%y = arith.maximumf %o, %a0 : " + t});
  GraphTensor powers = graph.generic({"d0, d1", "d0", "d0, d1"}, "pp", {x, most}, graph.empty(t, x.shape),
                                     {"%d = arith.subf %a0, %a1 : " + t, "%y = math.exp %d : " + t});
  GraphTensor sum = graph.generic({"d0, d1", "d0"}, "pr", {powers}, graph.filled("0.0", t, rows),
                                  {"%y = arith.addf %o, %a0 : " + t});
  return elementwise({"d0, d1", "d0", "d0, d1"}, {powers, sum}, t, x.shape,
                     {"%y = arith.divf %a0, %a1 : " + t});
}

} // namespace tenon::test
