// Drawing operations that fit the tensors that are there.
#include "tests/conformance/RandomGraph.h"
#include "tests/conformance/GraphGenerator.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

namespace tenon::test {

std::string GraphGenerator::generate() {
  unsigned count = 1 + choices.below(5);
  pool.push_back(graph.input(someType(), someShape()));
  for (unsigned i = 0; i < count; ++i)
    addNode();
  std::vector<GraphTensor> outputs = {pool.back()};
  if (pool.size() > 2 && choices.chance(25))
    outputs.push_back(pool[1 + choices.below(uint32_t(pool.size() - 2))]);
  return graph.module(outputs);
}

std::string GraphGenerator::someType() {
  constexpr std::array<const char *, 10> types = {"i8",  "f32", "i32", "i8",   "f32",
                                                  "i16", "f16", "f64", "bf16", "i8"};
  return types[choices.below(types.size())];
}

int64_t GraphGenerator::someExtent() {
  constexpr std::array<int64_t, 12> extents = {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 33};
  return extents[choices.below(extents.size())];
}

GraphGenerator::Shape GraphGenerator::someShape() {
  Shape shape(1 + choices.below(4));
  for (int64_t &extent : shape)
    extent = someExtent();
  while (std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>()) > mostElements)
    *std::max_element(shape.begin(), shape.end()) /= 2;
  return shape;
}

GraphTensor GraphGenerator::somePrevious() {
  return pool[pool.size() - 1 - choices.below(uint32_t(std::min<size_t>(pool.size(), 3)))];
}

GraphTensor GraphGenerator::someConstant(const std::string &type, Shape shape) {
  uint64_t state = choices.below(1000) * 2654435761U + 1;
  int64_t spread = type == "i8" ? 256 : type[0] == 'i' ? 2001 : 17;
  std::vector<int64_t> numbers(size_t(GraphTensor{"", type, shape}.elements()));
  for (int64_t &number : numbers) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    number = int64_t((state >> 33) % uint64_t(spread)) - spread / 2;
  }
  return graph.constant(type, std::move(shape), numbers);
}

GraphTensor GraphGenerator::someOperand(const std::string &type, const Shape &shape) {
  return choices.chance(70) ? someConstant(type, shape) : graph.input(type, shape);
}

void GraphGenerator::addNode() {
  using Node = bool (GraphGenerator::*)();
  constexpr std::array<Node, 15> nodes = {
      &GraphGenerator::unary,     &GraphGenerator::binary,  &GraphGenerator::convolution,
      &GraphGenerator::product,   &GraphGenerator::requant, &GraphGenerator::reduction,
      &GraphGenerator::transpose, &GraphGenerator::padded,  &GraphGenerator::slice,
      &GraphGenerator::reshaped,  &GraphGenerator::concat,  &GraphGenerator::pool2d,
      &GraphGenerator::softmax,   &GraphGenerator::lookup,  &GraphGenerator::mean};
  if (!(this->*nodes[choices.below(nodes.size())])())
    unary();
}

void GraphGenerator::keep(GraphTensor tensor) { pool.push_back(std::move(tensor)); }

std::string randomGraph(Choices &choices) { return GraphGenerator(choices).generate(); }

} // namespace tenon::test
