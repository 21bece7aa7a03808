// Runs the meaning of one instruction of a description on random and corner data, so that a
// test can compare it with arithmetic that is written out a second time.
#pragma once

#include "core/isa/Description.h"
#include "core/isa/Semantics.h"

#include <initializer_list>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace tenon::test {

/// The description of that name (ChipFiles.h); a test failure and an empty description where it is wrong.
isa::Description loadChip(const std::string &name, const std::map<std::string, int64_t> &parameters = {});

/// The member of that name ("mopa{update: +=}"); a test failure and null where there is none.
const isa::Intrinsic *findIntrinsic(const isa::Description &chip, llvm::StringRef name);

/// An operand's elements, integers or floats whose values are integers.
struct Tensor {
  nest::ScalarType type;
  llvm::SmallVector<int64_t> shape;
  std::vector<int64_t> elements;

  int64_t &at(std::initializer_list<int64_t> indices);
  /// The element, or `outside` where an index leaves the tensor.
  int64_t atOr(std::initializer_list<int64_t> indices, int64_t outside) const;
};

/// Random numbers of which a third are the ends of their range or near 0.
class Draw {
public:
  explicit Draw(unsigned seed) : generator(seed) {}
  int64_t between(int64_t low, int64_t high);
  bool often() { return between(0, 2) != 0; }

private:
  std::mt19937_64 generator;
};

/// One use of an intrinsic: sizes and values by name; operands by name, filled by the test.
class ChipRun {
public:
  using Numbers = std::map<std::string, int64_t>;
  ChipRun(const isa::Description &chip, llvm::StringRef intrinsicName, const Numbers &sizeNumbers,
          const Numbers &valueNumbers = {});

  Tensor &operator[](const std::string &operand);
  int64_t size(const std::string &key) const { return sizes.at(key); }
  int64_t value(const std::string &key) const { return values.at(key); }
  /// Every operand's elements anew: of `type`'s whole range, or of `ranges` where it is named there.
  void fill(Draw &draw, const std::map<std::string, std::pair<int64_t, int64_t>> &ranges = {});
  void run();

private:
  std::string name;
  Numbers sizes, values;
  mlir::MLIRContext context;
  nest::Nest nest;
  std::map<std::string, Tensor> tensors;
};

} // namespace tenon::test
