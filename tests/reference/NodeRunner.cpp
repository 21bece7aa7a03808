// Builds the one-loop nest of an operation, and lists of values worth trying.
#include "tests/reference/NodeRunner.h"

#include "core/reference/Interpreter.h"

#include "mlir/IR/AffineExpr.h"

#include <gtest/gtest.h>

#include <random>

using namespace mlir;

namespace tenon::test {

using nest::Node;
using nest::Opcode;
using nest::ScalarType;

Node makeNode(Opcode op, const ScalarType &type) {
  Node node;
  node.op = op;
  node.type = type;
  for (unsigned i = 0; i < nest::arity(op); ++i)
    node.arguments.push_back(i);
  return node;
}

std::vector<Bits> NodeRunner::run(const Node &operation, ArrayRef<ScalarType> types,
                                  ArrayRef<std::vector<Bits>> arguments) {
  int64_t count = int64_t(arguments[0].size());
  nest::Nest nest;
  nest.loops.push_back({"i", count, false});
  nest::Statement statement;
  statement.loops = {0};
  AffineMap identity = AffineMap::getMultiDimIdentityMap(1, &context);
  std::vector<std::vector<char>> memory;
  auto addOperand = [&](const ScalarType &type) {
    nest.operands.push_back({"x" + std::to_string(memory.size()), type, {count}, false});
    memory.emplace_back(size_t(count) * type.storageBytes());
    nest::Access access;
    access.operand = nest.operands.size() - 1;
    access.indices = identity;
    return access;
  };
  for (auto [type, list] : llvm::zip(types, arguments)) {
    Node read = makeNode(Opcode::Read, type);
    read.access = addOperand(type);
    statement.body.push_back(read);
    for (int64_t i = 0; i < count; ++i)
      storeBits(type, list[i], memory.back().data() + i * type.storageBytes());
  }
  statement.body.push_back(operation);
  statement.value = statement.body.size() - 1;
  statement.destination = addOperand(operation.type);
  nest.statements.push_back(statement);
  std::vector<reference::BufferView> buffers;
  for (auto [operand, bytes] : llvm::zip(nest.operands, memory))
    buffers.push_back({operand.type, operand.shape, bytes.data(), bytes.size()});
  if (llvm::Error error = reference::interpret(nest, buffers)) {
    message = llvm::toString(std::move(error));
    return {};
  }
  std::vector<Bits> result;
  for (int64_t i = 0; i < count; ++i)
    result.push_back(loadBits(operation.type, memory.back().data() + i * operation.type.storageBytes()));
  return result;
}

static std::string describe(ArrayRef<ScalarType> types, ArrayRef<Bits> values) {
  std::string text;
  for (auto [type, value] : llvm::zip(types, values)) {
    llvm::SmallString<40> digits;
    if (type.isInteger())
      value.toStringSigned(digits);
    else
      toFloat(type, value).toString(digits, 20);
    text += " " + type.str() + " " + std::string(digits);
  }
  return text;
}

void compareWithTruth(NodeRunner &runner, const Node &operation, ArrayRef<ScalarType> types,
                      ArrayRef<std::vector<Bits>> arguments) {
  SCOPED_TRACE(nest::mnemonic(operation.op).str() + " -> " + operation.type.str());
  std::vector<std::vector<Bits>> defined(arguments.size());
  std::vector<Bits> expected;
  int refusals = 0;
  for (size_t i = 0; i < arguments[0].size(); ++i) {
    SmallVector<Bits> values;
    for (const std::vector<Bits> &list : arguments)
      values.push_back(list[i]);
    std::optional<Bits> truth = evaluateNode(operation, types, values);
    if (truth) {
      expected.push_back(*truth);
      for (auto [list, value] : llvm::zip(defined, values))
        list.push_back(value);
      continue;
    }
    if (refusals++ >= 20)
      continue;
    std::vector<std::vector<Bits>> alone;
    for (const Bits &value : values)
      alone.push_back({value});
    ASSERT_TRUE(runner.run(operation, types, alone).empty()) << describe(types, values);
    ASSERT_NE(runner.message.find(nest::mnemonic(operation.op)), std::string::npos) << runner.message;
    ASSERT_NE(runner.message.find("at i = 0"), std::string::npos) << runner.message;
  }
  if (expected.empty())
    return;
  std::vector<Bits> found = runner.run(operation, types, defined);
  ASSERT_EQ(found.size(), expected.size()) << runner.message;
  for (size_t i = 0; i < found.size(); ++i) {
    if (sameValue(operation.type, found[i], expected[i]))
      continue;
    SmallVector<Bits> values;
    for (const std::vector<Bits> &list : defined)
      values.push_back(list[i]);
    FAIL() << "arguments" << describe(types, values) << ", found" << describe(operation.type, found[i])
           << ", expected" << describe(operation.type, expected[i]);
  }
}

std::vector<std::vector<Bits>> allCombinations(ArrayRef<std::vector<Bits>> values) {
  std::vector<std::vector<Bits>> result(values.size());
  size_t count = 1;
  for (const std::vector<Bits> &list : values)
    count *= list.size();
  for (size_t i = 0; i < count; ++i)
    for (size_t argument = 0, rest = i; argument < values.size(); ++argument) {
      result[argument].push_back(values[argument][rest % values[argument].size()]);
      rest /= values[argument].size();
    }
  return result;
}

std::vector<Bits> integerValues(const ScalarType &type) {
  std::vector<Bits> result;
  if (type.width <= 8) {
    for (uint64_t value = 0; value < uint64_t(1) << type.width; ++value)
      result.push_back(Bits(type.width, value));
    return result;
  }
  Bits low = Bits::getSignedMinValue(type.width), high = Bits::getSignedMaxValue(type.width);
  for (int64_t offset = 0; offset < 3; ++offset)
    for (const Bits &corner :
         {low + uint64_t(offset), high - uint64_t(offset), Bits(type.width, uint64_t(offset)),
          Bits(type.width, uint64_t(-offset), true), low.ashr(1) + uint64_t(offset)})
      result.push_back(corner);
  std::mt19937_64 random(type.width);
  for (int i = 0; i < 20; ++i) {
    uint64_t value = random() >> (random() % 64);
    result.push_back(Bits(64, value).trunc(type.width));
    result.push_back(-result.back());
  }
  // Around each power of 2: where shifts, conversions and roundings turn over.
  for (unsigned bit = 3; bit < type.width; bit += 5)
    for (int64_t offset = -1; offset <= 1; ++offset)
      result.push_back(Bits::getOneBitSet(type.width, bit) + uint64_t(offset));
  return result;
}

std::vector<Bits> floatValues(const ScalarType &type, unsigned randomCount) {
  const llvm::fltSemantics &format = semantics(type);
  std::vector<Bits> result;
  auto add = [&](const llvm::APFloat &value) {
    result.push_back(value.bitcastToAPInt());
    llvm::APFloat negative = value;
    negative.changeSign();
    result.push_back(negative.bitcastToAPInt());
  };
  add(llvm::APFloat::getZero(format));
  add(llvm::APFloat::getInf(format));
  add(llvm::APFloat::getQNaN(format));
  add(llvm::APFloat::getSmallest(format));
  add(llvm::APFloat::getSmallestNormalized(format));
  add(llvm::APFloat::getLargest(format));
  for (double value :
       {0.5, 1.0, 1.5, 2.0, 2.5, 3.5, 4.5, 127.5, 128.0, 255.5, 0.1, 1e-3, 31.75, 2048.0, 65504.0})
    result.push_back(roundToType(type, value)), result.push_back(roundToType(type, -value));
  std::mt19937_64 random(type.width + randomCount);
  for (unsigned i = 0; i < randomCount; ++i)
    result.push_back(Bits(64, random()).trunc(type.width));
  // Close to 1, where sums and products of two meet midpoints.
  for (unsigned i = 0; i < randomCount; ++i)
    result.push_back(
        roundToType(type, std::ldexp(1.0 + double(random() % 65536) / 65536, int(random() % 12) - 6)));
  return result;
}

} // namespace tenon::test
