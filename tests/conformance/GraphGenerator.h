// What random graphs are drawn with: a text that grows, the tensors that are there, and an operation for each
// kind of node. The kinds are defined by family: ElementwiseNodes.cpp, SumNodes.cpp, LayoutNodes.cpp.
#pragma once

#include "tests/conformance/Choices.h"
#include "tests/conformance/GraphText.h"

namespace tenon::test {

class GraphGenerator {
public:
  explicit GraphGenerator(Choices &drawn) : choices(drawn) {}

  std::string generate();

private:
  using Shape = std::vector<int64_t>;
  static constexpr int64_t mostElements = 4096;  ///< of a tensor
  static constexpr int64_t mostPoints = 200'000; ///< of a reduction's loops

  static bool isFloat(const GraphTensor &tensor) { return tensor.type.find('f') != std::string::npos; }
  static bool isHalf(const GraphTensor &tensor) { return tensor.type == "f16" || tensor.type == "bf16"; }

  // What everything is drawn from.
  std::string someType();
  int64_t someExtent();
  Shape someShape();
  GraphTensor somePrevious();
  /// Numbers of one draw: a table of thousands of choices would be no use to a shrinker.
  GraphTensor someConstant(const std::string &type, Shape shape);
  GraphTensor someOperand(const std::string &type, const Shape &shape);
  void addNode();
  void keep(GraphTensor tensor);

  // Element by element. A node that fits no tensor gives false and adds nothing.
  bool elementwise(const std::vector<std::string> &maps, const std::vector<GraphTensor> &inputs,
                   const std::string &type, const Shape &shape, const std::vector<std::string> &body);
  bool unary();
  bool binary();
  /// i32 sums to int8, as TFLite does it; i32 and i8 to f32; f32 to int8.
  bool requant();
  /// int8 through a table of 256 entries.
  bool lookup();

  // Sums and other reductions.
  std::vector<std::string> multiplyAdd(const GraphTensor &x);
  static std::string sumType(const GraphTensor &x);
  GraphTensor zeros(const GraphTensor &x, Shape shape);
  bool convolution();
  std::vector<unsigned> someOrder(unsigned count);
  /// sum[g, m, n] += a[g, m, k] * b[g, k, n], the operands' axes in any order, g and m possibly not there.
  bool product();
  bool reduction();
  bool pool2d();
  /// The mean over windows, as integers are averaged: halves away from zero.
  bool mean();
  /// e^(x - max) / sum e^(x - max) along the last axis.
  bool softmax();

  // The same elements in other places.
  /// The last tensor with another number of axes, as a view: axes are joined from the left, or ones put
  /// there.
  GraphTensor withRank(GraphTensor x, unsigned rank);
  std::string scalarConstant(const GraphTensor &x, int64_t value, const std::string &name);
  GraphTensor pad(const GraphTensor &x, const Shape &low, const Shape &high, int64_t value);
  bool transpose();
  bool padded();
  bool slice();
  bool reshaped();
  bool concat();

  Choices &choices;
  GraphText graph;
  std::vector<GraphTensor> pool;
};

} // namespace tenon::test
