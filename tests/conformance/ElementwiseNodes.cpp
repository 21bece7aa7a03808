// Operations that work element by element, requantisation among them.
#include "tests/conformance/GraphGenerator.h"

#include <algorithm>
#include <fmt/format.h>

namespace tenon::test {

bool GraphGenerator::elementwise(const std::vector<std::string> &maps, const std::vector<GraphTensor> &inputs,
                                 const std::string &type, const Shape &shape,
                                 const std::vector<std::string> &body) {
  keep(graph.generic(maps, std::string(shape.size(), 'p'), inputs, graph.empty(type, shape), body));
  return true;
}

bool GraphGenerator::unary() {
  GraphTensor x = somePrevious();
  std::string map = dimensions(unsigned(x.shape.size()));
  if (isFloat(x)) {
    const std::string t = x.type;
    const std::vector<std::vector<std::string>> bodies = {
        {"%z = arith.constant 0.0 : " + t, "%y = arith.maximumf %a0, %z : " + t},
        {"%y = arith.mulf %a0, %a0 : " + t},
        {"%y = arith.negf %a0 : " + t},
        {"%l = arith.constant -8.0 : " + t, "%h = arith.constant 8.0 : " + t,
         "%c = arith.maximumf %a0, %l : " + t, "%d = arith.minimumf %c, %h : " + t,
         "%y = math.exp %d : " + t},
        {"%y = math.tanh %a0 : " + t},
        {"%c = math.absf %a0 : " + t, "%y = math.sqrt %c : " + t},
        {"%k = arith.constant 0.3 : " + t, "%b = arith.constant -1.25 : " + t,
         "%c = arith.mulf %a0, %k : " + t, "%y = arith.addf %c, %b : " + t},
        {"%k = arith.constant 3.0 : " + t, "%y = arith.divf %a0, %k : " + t}};
    return elementwise({map, map}, {x}, t, x.shape, bodies[choices.below(uint32_t(bodies.size()))]);
  }
  std::string t = x.type;
  const std::vector<std::vector<std::string>> bodies = {
      {"%z = arith.constant 0 : " + t, "%y = arith.maxsi %a0, %z : " + t},
      {"%z = arith.constant 0 : " + t, "%y = arith.subi %z, %a0 : " + t},
      {"%y = arith.muli %a0, %a0 : " + t},
      {"%l = arith.constant -100 : " + t, "%h = arith.constant 100 : " + t, "%c = arith.maxsi %a0, %l : " + t,
       "%y = arith.minsi %c, %h : " + t},
      {"%k = arith.constant 3 : " + t, "%y = arith.divsi %a0, %k : " + t},
      {"%k = arith.constant 7 : " + t, "%y = arith.floordivsi %a0, %k : " + t},
      {"%k = arith.constant 2 : " + t, "%y = tenon.rounding_shift_right half_away_from_zero %a0, %k : " + t},
      {"%k = arith.constant 5 : " + t, "%c = arith.cmpi sgt, %a0, %k : " + t,
       "%y = arith.select %c, %k, %a0 : " + t}};
  return elementwise({map, map}, {x}, t, x.shape, bodies[choices.below(uint32_t(bodies.size()))]);
}

bool GraphGenerator::binary() {
  GraphTensor x = somePrevious();
  std::string map = dimensions(unsigned(x.shape.size())), other;
  GraphTensor y;
  auto same = std::find_if(pool.begin(), pool.end(), [&](const GraphTensor &tensor) {
    return tensor.shape == x.shape && tensor.type == x.type && tensor.name != x.name;
  });
  if (choices.chance(40) && same != pool.end()) {
    y = *same;
    other = map;
  } else { // broadcast along some of the axes
    Shape shape;
    for (size_t dimension = 0; dimension < x.shape.size(); ++dimension)
      if (choices.chance(50)) {
        shape.push_back(x.shape[dimension]);
        other += fmt::format("{}d{}", other.empty() ? "" : ", ", dimension);
      }
    y = someOperand(x.type, shape);
  }
  static const std::vector<std::string> integer = {"addi", "subi", "muli", "maxsi", "minsi", "andi", "xori"};
  static const std::vector<std::string> real = {"addf", "subf", "mulf", "maximumf", "minimumf"};
  const std::vector<std::string> &names = isFloat(x) ? real : integer;
  std::string op = names[choices.below(uint32_t(names.size()))];
  bool swapped = choices.chance(30);
  return elementwise({map, other, map}, {x, y}, x.type, x.shape,
                     {fmt::format("%y = arith.{} {}, {} : {}", op, swapped ? "%a1" : "%a0",
                                  swapped ? "%a0" : "%a1", x.type)});
}

bool GraphGenerator::requant() {
  GraphTensor x = pool.back();
  std::string map = dimensions(unsigned(x.shape.size()));
  std::string last = fmt::format("d{}", x.shape.size() - 1);
  int64_t zeroPoint = choices.between(0, 20) - 10;
  const std::string t = x.type;
  if (isFloat(x))
    return elementwise({map, map}, {x}, "i8", x.shape,
                       {"%s = arith.constant 4.0 : " + t,
                        fmt::format("%z = arith.constant {:.1f} : {}", double(zeroPoint), t),
                        "%l = arith.constant -128.0 : " + t, "%h = arith.constant 127.0 : " + t,
                        "%b = arith.mulf %a0, %s : " + t, "%c = math.roundeven %b : " + t,
                        "%d = arith.addf %c, %z : " + t, "%e = arith.maximumf %d, %l : " + t,
                        "%f = arith.minimumf %e, %h : " + t, "%y = arith.fptosi %f : " + t + " to i8"});
  if (choices.chance(25))
    return elementwise(
        {map, map}, {x}, "f32", x.shape,
        {fmt::format("%z = arith.constant {} : {}", zeroPoint, x.type), "%s = arith.constant 0.0078125 : f32",
         fmt::format("%b = arith.subi %a0, %z : {}", x.type),
         fmt::format("%c = arith.sitofp %b : {} to f32", x.type), "%y = arith.mulf %c, %s : f32"});
  if (x.type != "i32")
    return false;
  int64_t channels = x.shape.back();
  std::vector<int64_t> multipliers, shifts;
  for (int64_t i = 0; i < channels; ++i) {
    multipliers.push_back((int64_t(1) << 30) + (i * 7919 + 12345) % (int64_t(1) << 30));
    shifts.push_back(5 + i % 5);
  }
  GraphTensor bias = someConstant("i32", {channels});
  GraphTensor multiplier = graph.constant("i32", {channels}, multipliers);
  GraphTensor shift = graph.constant("i32", {channels}, shifts);
  std::string rounding = choices.chance(30) ? "half_up" : "half_away_from_zero";
  return elementwise({map, last, last, last, map}, {x, bias, multiplier, shift}, "i8", x.shape,
                     {"%b = arith.addi %a0, %a1 : i32",
                      "%c = tenon.saturating_rounding_doubling_high_multiply %b, %a2 : i32",
                      "%d = tenon.rounding_shift_right " + rounding + " %c, %a3 : i32",
                      fmt::format("%z = arith.constant {} : i32", zeroPoint), "%e = arith.addi %d, %z : i32",
                      fmt::format("%l = arith.constant {} : i32", choices.chance(50) ? zeroPoint : -128),
                      "%h = arith.constant 127 : i32", "%f = arith.maxsi %e, %l : i32",
                      "%g = arith.minsi %f, %h : i32", "%y = arith.trunci %g : i32 to i8"});
}

bool GraphGenerator::lookup() {
  GraphTensor x = somePrevious();
  if (x.type != "i8")
    return false;
  GraphTensor table = someConstant("i8", {256});
  std::string map = dimensions(unsigned(x.shape.size()));
  return elementwise({map, map}, {x}, "i8", x.shape,
                     {"%w = arith.extsi %a0 : i8 to i32", "%k = arith.constant 128 : i32",
                      "%i = arith.addi %w, %k : i32",
                      "%y = tenon.lookup " + table.name + "[%i] : tensor<256xi8>, i32 -> i8"});
}

} // namespace tenon::test
