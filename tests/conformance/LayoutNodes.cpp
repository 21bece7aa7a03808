// Views, copies, paddings: the same elements in other places.
#include "tests/conformance/GraphGenerator.h"

#include <fmt/format.h>

namespace tenon::test {

GraphTensor GraphGenerator::withRank(GraphTensor x, unsigned rank) {
  while (x.shape.size() > rank) {
    std::string groups = "[[0, 1]";
    for (unsigned i = 2; i < x.shape.size(); ++i)
      groups += fmt::format(", [{}]", i);
    Shape shape(x.shape.begin() + 1, x.shape.end());
    shape[0] *= x.shape[0];
    GraphTensor to{"", x.type, shape};
    x = graph.tensor(
        fmt::format("tensor.collapse_shape {} {}] : {} into {}", x.name, groups, x.typeText(), to.typeText()),
        x.type, shape);
  }
  while (x.shape.size() < rank) {
    std::string groups = "[[0, 1]", sizes = fmt::format("1, {}", x.shape[0]);
    for (unsigned i = 1; i < x.shape.size(); ++i) {
      groups += fmt::format(", [{}]", i + 1);
      sizes += fmt::format(", {}", x.shape[i]);
    }
    Shape shape = x.shape;
    shape.insert(shape.begin(), 1);
    GraphTensor to{"", x.type, shape};
    x = graph.tensor(fmt::format("tensor.expand_shape {} {}] output_shape [{}] : {} into {}", x.name, groups,
                                 sizes, x.typeText(), to.typeText()),
                     x.type, shape);
  }
  return x;
}

std::string GraphGenerator::scalarConstant(const GraphTensor &x, int64_t value, const std::string &name) {
  return isFloat(x) ? fmt::format("{} = arith.constant {:.1f} : {}", name, double(value), x.type)
                    : fmt::format("{} = arith.constant {} : {}", name, value, x.type);
}

GraphTensor GraphGenerator::pad(const GraphTensor &x, const Shape &low, const Shape &high, int64_t value) {
  Shape shape = x.shape;
  std::string lows, highs, arguments;
  for (size_t i = 0; i < shape.size(); ++i) {
    shape[i] += low[i] + high[i];
    lows += fmt::format("{}{}", i ? ", " : "", low[i]);
    highs += fmt::format("{}{}", i ? ", " : "", high[i]);
    arguments += fmt::format("{}%i{}: index", i ? ", " : "", i);
  }
  GraphTensor to{"", x.type, shape};
  return graph.tensor(
      fmt::format("tensor.pad {} low[{}] high[{}] {{\n  ^bb0({}):\n    {}\n    tensor.yield %v : {}\n  "
                  "}} : {} to {}",
                  x.name, lows, highs, arguments, scalarConstant(x, value, "%v"), x.type, x.typeText(),
                  to.typeText()),
      x.type, shape);
}

bool GraphGenerator::transpose() {
  GraphTensor x = somePrevious();
  std::vector<unsigned> order = someOrder(unsigned(x.shape.size()));
  Shape shape;
  std::string map;
  for (unsigned i : order) {
    shape.push_back(x.shape[i]);
    map += fmt::format("{}d{}", map.empty() ? "" : ", ", i);
  }
  keep(
      graph.generic({dimensions(unsigned(shape.size())), map}, std::string(shape.size(), 'p'), {x},
                    graph.empty(x.type, shape),
                    {fmt::format("%y = arith.{} %a0, %a0 : {}", isFloat(x) ? "maximumf" : "maxsi", x.type)}));
  return true;
}

bool GraphGenerator::padded() {
  GraphTensor x = somePrevious();
  Shape low, high;
  for (size_t i = 0; i < x.shape.size(); ++i) {
    low.push_back(choices.between(0, 2));
    high.push_back(choices.between(0, 2));
  }
  GraphTensor y = pad(x, low, high, choices.between(0, 6) - 3);
  if (y.elements() > 2 * mostElements)
    return false;
  std::string map = dimensions(unsigned(y.shape.size()));
  return elementwise({map, map}, {y}, y.type, y.shape,
                     {fmt::format("%y = arith.{} %a0, %a0 : {}", isFloat(y) ? "addf" : "addi", y.type)});
}

bool GraphGenerator::slice() {
  GraphTensor x = somePrevious();
  std::string offsets, sizes, strides;
  Shape shape;
  for (int64_t extent : x.shape) {
    int64_t offset = choices.below(uint32_t(extent)), stride = choices.between(1, 3);
    int64_t size = 1 + int64_t(choices.below(uint32_t((extent - 1 - offset) / stride + 1)));
    offsets += fmt::format("{}{}", offsets.empty() ? "" : ", ", offset);
    sizes += fmt::format("{}{}", sizes.empty() ? "" : ", ", size);
    strides += fmt::format("{}{}", strides.empty() ? "" : ", ", stride);
    shape.push_back(size);
  }
  GraphTensor to{"", x.type, shape};
  keep(graph.tensor(fmt::format("tensor.extract_slice {} [{}] [{}] [{}] : {} to {}", x.name, offsets, sizes,
                                strides, x.typeText(), to.typeText()),
                    x.type, shape));
  return true;
}

bool GraphGenerator::reshaped() {
  GraphTensor x = somePrevious();
  keep(withRank(x, 1 + choices.below(4)));
  return unary();
}

bool GraphGenerator::concat() {
  GraphTensor x = somePrevious();
  unsigned dimension = choices.below(uint32_t(x.shape.size()));
  Shape other = x.shape, shape = x.shape;
  other[dimension] = choices.between(1, 5);
  shape[dimension] += other[dimension];
  GraphTensor y = someOperand(x.type, other), to{"", x.type, shape};
  keep(graph.tensor(fmt::format("tensor.concat dim({}) {}, {} : ({}, {}) -> {}", dimension, x.name, y.name,
                                x.typeText(), y.typeText(), to.typeText()),
                    x.type, shape));
  return true;
}

} // namespace tenon::test
