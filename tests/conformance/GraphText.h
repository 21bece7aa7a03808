// Writes linalg on tensors as MLIR text, an operation at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::test {

struct GraphTensor {
  std::string name; ///< "%3"
  std::string type; ///< of an element: "i8"
  std::vector<int64_t> shape;

  std::string typeText() const; ///< "tensor<2x3xi8>"
  int64_t elements() const;
};

class GraphText {
public:
  GraphTensor input(const std::string &type, std::vector<int64_t> shape);
  /// A constant; one number for each element, floats in quarters.
  GraphTensor constant(const std::string &type, std::vector<int64_t> shape,
                       const std::vector<int64_t> &numbers);
  /// "%N = text", an operation that gives one tensor.
  GraphTensor tensor(const std::string &text, const std::string &type, std::vector<int64_t> shape);
  GraphTensor empty(const std::string &type, std::vector<int64_t> shape);
  /// A tensor that is the scalar everywhere: what a reduction starts from.
  GraphTensor filled(const std::string &scalar, const std::string &type, std::vector<int64_t> shape);

  /// linalg.generic: a map for each input and one for the output ("d0, d2 * 2 + d3"); iterators as letters,
  /// p and r; the body with its block arguments %a0, %a1, .. and %o, which ends by yielding %y.
  GraphTensor generic(const std::vector<std::string> &maps, const std::string &iterators,
                      const std::vector<GraphTensor> &inputs, const GraphTensor &output,
                      const std::vector<std::string> &body);

  std::string module(const std::vector<GraphTensor> &outputs) const;

private:
  std::string arguments, lines;
  unsigned next = 0, inputs = 0;
};

/// "d0, d1, d2"
std::string dimensions(unsigned count);

} // namespace tenon::test
