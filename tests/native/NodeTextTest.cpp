// Every scalar operation as instructions, for one lane and for masked vectors on memory that ends in a fence,
// against APInt and APFloat; and the status where there is no result.
#include "core/native/ir/Body.h"
#include "core/native/ir/IrModule.h"
#include "core/native/ir/VectorText.h"
#include "tests/ir/NestBuilder.h"
#include "tests/native/NestRunner.h"
#include "tests/reference/NodeRunner.h"

#include <gtest/gtest.h>

#include <random>

using namespace tenon;
using namespace tenon::test;
using nest::Node;
using nest::Opcode;
using nest::ScalarType;

namespace {

const ScalarType floatTypes[] = {ScalarType::f16(), ScalarType::bf16(), ScalarType::f32(), ScalarType::f64()};
const unsigned someWidths[] = {1, 3, 8, 13, 16, 24, 32, 33, 64};

/// One operation on lists of values.
struct Case {
  Node node;
  std::vector<ScalarType> types;
  std::vector<std::vector<Bits>> defined, undefined; ///< by argument
  std::vector<Bits> expected;
};

class NodeTexts {
public:
  /// At most `most` of the lists' values, chosen at random.
  void add(const Node &node, std::vector<ScalarType> types, std::vector<std::vector<Bits>> arguments,
           size_t most = 600);
  void runAll(unsigned lanes);

private:
  native::Kernel kernelOf(const Case &one, unsigned lanes, const std::string &name);
  int32_t call(const native::Kernel &kernel, const Case &one, const std::vector<std::vector<Bits>> &arguments,
               std::vector<Bits> &results);

  std::vector<Case> cases;
  std::mt19937_64 random{23};
  isa::Description machine = plainProcessor(32);
  std::unique_ptr<NestRunner> runner;
};

void NodeTexts::add(const Node &node, std::vector<ScalarType> types, std::vector<std::vector<Bits>> arguments,
                    size_t most) {
  Case made{node, std::move(types), {}, {}, {}};
  made.defined.resize(arguments.size());
  made.undefined.resize(arguments.size());
  std::vector<size_t> order(arguments[0].size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  order.resize(std::min(order.size(), most));
  for (size_t i : order) {
    llvm::SmallVector<Bits> values;
    for (const std::vector<Bits> &list : arguments)
      values.push_back(list[i]);
    std::optional<Bits> truth = evaluateNode(node, made.types, values);
    if (truth)
      made.expected.push_back(*truth);
    for (auto [list, value] : llvm::zip(truth ? made.defined : made.undefined, values))
      list.push_back(value);
  }
  cases.push_back(std::move(made));
}

/// Elements 0 to %end - 1, in vectors of which the last one is cut.
native::Kernel NodeTexts::kernelOf(const Case &one, unsigned lanes, const std::string &name) {
  NestBuilder b;
  constexpr int64_t many = 1 << 20;
  unsigned i = b.loop("i", many), number = 0;
  llvm::SmallVector<unsigned, 3> reads;
  std::vector<unsigned> operands;
  for (const ScalarType &type : one.types)
    operands.push_back(b.operand("x" + std::to_string(number++), type, {many}));
  unsigned result = b.operand("r", one.node.type, {many});
  b.statement({i}, b.access(result, {b.at(i)}));
  for (unsigned operand : operands)
    reads.push_back(b.read(b.access(operand, {b.at(i)})));
  b.node(one.node.op, one.node.type, reads);
  Node &node = b.lastNode();
  node.rounding = one.node.rounding;
  node.resultSigned = one.node.resultSigned;
  node.integerPredicate = one.node.integerPredicate;
  node.floatPredicate = one.node.floatPredicate;

  native::Kernel kernel;
  kernel.name = name;
  std::vector<std::string> pointers;
  std::vector<uint64_t> aligns;
  for (unsigned operand = 0; operand < b.nest.operands.size(); ++operand) {
    kernel.arguments.push_back({native::KernelArgument::Kind::Value, operand, nullptr, 0, operand == result});
    pointers.push_back(native::argumentPointer(machine, operand));
    aligns.push_back(1);
  }
  native::IrFunction f;
  native::VectorText t(f, lanes);
  native::IrLoop loop = f.openLoop("0", "%end", std::to_string(lanes), {}, /*mayBeEmpty=*/true);
  native::LoopValues at{{loop.variable}, lanes > 1 ? 0 : -1, lanes, lanes};
  std::string mask;
  if (lanes > 1) {
    std::string steps;
    for (unsigned lane = 0; lane < lanes; ++lane)
      steps += (lane ? ", i64 " : "<i64 ") + std::to_string(lane);
    std::string places =
        t.binary("add", "i64", native::emitSplat(f, "i64", loop.variable, lanes), steps + ">");
    mask = t.compare("icmp slt", "i64", places, native::emitSplat(f, "i64", "%end", lanes));
  }
  const nest::Statement &statement = b.nest.statements[0];
  std::string value = native::emitBody(f, b.nest, statement, at, pointers, nullptr, mask);
  native::emitStore(f, b.nest, statement, at, pointers, value, mask);
  f.closeLoop(loop);
  kernel.text =
      native::defineKernel(machine, name, native::pointerArguments(machine, kernel.arguments, aligns), f);
  kernel.declarations = f.declarations();
  return kernel;
}

int32_t NodeTexts::call(const native::Kernel &kernel, const Case &one,
                        const std::vector<std::vector<Bits>> &arguments, std::vector<Bits> &results) {
  size_t count = arguments[0].size(), size = one.node.type.storageBytes();
  std::vector<FencedMemory> memory;
  std::vector<void *> data;
  for (auto [type, list] : llvm::zip(one.types, arguments)) {
    memory.emplace_back(count * type.storageBytes());
    for (size_t i = 0; i < count; ++i)
      storeBits(type, list[i], memory.back().data() + i * type.storageBytes());
  }
  memory.emplace_back(count * size);
  for (const FencedMemory &block : memory)
    data.push_back(block.data());
  int32_t status = runner->call(kernel, data, 0, int64_t(count));
  for (size_t i = 0; i < count; ++i)
    results.push_back(loadBits(one.node.type, memory.back().data() + i * size));
  return status;
}

void NodeTexts::runAll(unsigned lanes) {
  std::vector<native::Kernel> kernels;
  for (const Case &one : cases)
    kernels.push_back(kernelOf(one, lanes, "f" + std::to_string(kernels.size())));
  llvm::Expected<std::unique_ptr<NestRunner>> made = NestRunner::make(machine, kernels);
  ASSERT_TRUE(bool(made)) << llvm::toString(made.takeError());
  runner = std::move(*made);
  for (auto [one, kernel] : llvm::zip(cases, kernels)) {
    SCOPED_TRACE(nest::mnemonic(one.node.op).str() + " of " + one.types[0].str() + " to " +
                 one.node.type.str() + ", " + std::to_string(lanes) + " lanes");
    if (!one.expected.empty()) {
      std::vector<Bits> found;
      ASSERT_EQ(call(kernel, one, one.defined, found), 0);
      for (size_t i = 0; i < found.size(); ++i)
        ASSERT_TRUE(sameValue(one.node.type, found[i], one.expected[i]))
            << "element " << i << ": " << llvm::toString(one.defined[0][i], 16, false) << " ..., found "
            << llvm::toString(found[i], 16, false) << ", not " << llvm::toString(one.expected[i], 16, false);
    }
    for (size_t i = 0; i < std::min<size_t>(one.undefined[0].size(), 5); ++i) {
      std::vector<std::vector<Bits>> alone;
      for (const std::vector<Bits> &list : one.undefined)
        alone.push_back({list[i]});
      std::vector<Bits> unused;
      ASSERT_NE(call(kernel, one, alone, unused), 0) << llvm::toString(alone.back()[0], 16, false);
    }
  }
}

void addBinary(NodeTexts &texts, Node node) {
  for (unsigned width : someWidths) {
    ScalarType type = ScalarType::integer(width);
    if (node.op != Opcode::CmpI)
      node.type = type;
    std::vector<Bits> values = integerValues(type), amounts = values;
    if (node.op == Opcode::ShLI || node.op == Opcode::ShRSI || node.op == Opcode::ShRUI ||
        node.op == Opcode::RoundingShiftRight)
      for (unsigned amount = 0; width > 8 && amount <= width; ++amount)
        for (int weight = 0; weight < 3; ++weight)
          amounts.push_back(Bits(64, amount).trunc(width));
    texts.add(node, {type, type}, allCombinations({values, amounts}));
  }
}

class NodeText : public testing::TestWithParam<unsigned> {};

TEST_P(NodeText, Integers) {
  NodeTexts texts;
  for (Opcode op :
       {Opcode::AddI,       Opcode::SubI,      Opcode::MulI,  Opcode::DivSI, Opcode::DivUI,
        Opcode::FloorDivSI, Opcode::CeilDivSI, Opcode::RemSI, Opcode::RemUI, Opcode::AndI,
        Opcode::OrI,        Opcode::XorI,      Opcode::ShLI,  Opcode::ShRSI, Opcode::ShRUI,
        Opcode::MaxSI,      Opcode::MinSI,     Opcode::MaxUI, Opcode::MinUI, Opcode::DoublingHighMultiply})
    addBinary(texts, makeNode(op, ScalarType::integer(8)));
  for (unsigned rounding = 0; rounding <= unsigned(nest::Rounding::TowardsZero); ++rounding) {
    Node node = makeNode(Opcode::RoundingShiftRight, ScalarType::integer(8));
    node.rounding = nest::Rounding(rounding);
    addBinary(texts, node);
  }
  for (unsigned predicate = 0; predicate <= unsigned(nest::IntegerPredicate::UGE); ++predicate) {
    Node node = makeNode(Opcode::CmpI, ScalarType::integer(1));
    node.integerPredicate = nest::IntegerPredicate(predicate);
    addBinary(texts, node);
  }
  for (unsigned width : someWidths)
    texts.add(makeNode(Opcode::CountLeadingZeros, ScalarType::integer(width)), {ScalarType::integer(width)},
              {integerValues(ScalarType::integer(width))});
  texts.runAll(GetParam());
}

TEST_P(NodeText, Casts) {
  NodeTexts texts;
  for (unsigned from : someWidths)
    for (unsigned to : someWidths) {
      ScalarType source = ScalarType::integer(from), target = ScalarType::integer(to);
      if (from < to)
        for (Opcode op : {Opcode::ExtSI, Opcode::ExtUI})
          texts.add(makeNode(op, target), {source}, {integerValues(source)});
      if (from > to)
        texts.add(makeNode(Opcode::TruncI, target), {source}, {integerValues(source)});
      for (bool isSigned : {true, false})
        if (from >= to) {
          Node node = makeNode(Opcode::Saturate, target);
          node.resultSigned = isSigned;
          texts.add(node, {source}, {integerValues(source)});
        }
    }
  for (const ScalarType &type : floatTypes)
    for (unsigned width : someWidths) {
      ScalarType integer = ScalarType::integer(width);
      std::vector<Bits> values = integerValues(integer);
      for (unsigned bit = 8; bit < width; ++bit) // just off the midpoints between two floats
        for (unsigned precision : {8, 11, 24, 53})
          for (int64_t offset = -1; bit >= precision && offset <= 1; ++offset)
            values.push_back(Bits::getOneBitSet(width, bit) + Bits::getOneBitSet(width, bit - precision) +
                             uint64_t(offset));
      texts.add(makeNode(Opcode::SIToFP, type), {integer}, {values}, 2000);
      texts.add(makeNode(Opcode::UIToFP, type), {integer}, {values}, 2000);
      std::vector<Bits> reals = floatValues(type, 100);
      for (int side : {-1, 1})
        for (double end : {std::ldexp(1.0, int(width) - 1), std::ldexp(1.0, int(width))})
          for (double offset : {-1.0, -0.5, 0.0, 0.5, 1.0})
            reals.push_back(roundToType(type, side * (end + offset)));
      texts.add(makeNode(Opcode::FPToSI, integer), {type}, {reals});
      texts.add(makeNode(Opcode::FPToUI, integer), {type}, {reals});
    }
  texts.runAll(GetParam());
}

TEST_P(NodeText, FloatsToFloats) {
  NodeTexts texts;
  for (const ScalarType &from : floatTypes)
    for (const ScalarType &to : floatTypes) {
      std::vector<Bits> values = floatValues(from, 2000);
      for (const Bits &value : floatValues(to, from.width > to.width ? 2000 : 0)) {
        Bits exact = evaluateNode(makeNode(Opcode::ExtF, from), {to}, {value}).value();
        for (uint64_t offset : {uint64_t(0), uint64_t(1), uint64_t(-1)})
          if (from.width > to.width) {
            unsigned dropped = llvm::APFloat::semanticsPrecision(semantics(from)) -
                               llvm::APFloat::semanticsPrecision(semantics(to));
            values.push_back(exact + Bits::getOneBitSet(from.width, dropped - 1) + offset);
          }
      }
      if (from.width != to.width)
        texts.add(makeNode(from.width < to.width ? Opcode::ExtF : Opcode::TruncF, to), {from}, {values},
                  20000);
      else
        texts.add(makeNode(Opcode::Bitcast, to), {from}, {values});
    }
  texts.runAll(GetParam());
}

TEST_P(NodeText, Floats) {
  NodeTexts texts;
  for (const ScalarType &type : floatTypes) {
    for (Opcode op :
         {Opcode::AddF,    Opcode::SubF,       Opcode::MulF,     Opcode::DivF,     Opcode::RemF,
          Opcode::NegF,    Opcode::AbsF,       Opcode::MaximumF, Opcode::MinimumF, Opcode::MaxNumF,
          Opcode::MinNumF, Opcode::Fma,        Opcode::SqrtF,    Opcode::FloorF,   Opcode::CeilF,
          Opcode::RoundF,  Opcode::RoundEvenF, Opcode::ExpF,     Opcode::LogF,     Opcode::TanhF,
          Opcode::ErfF,    Opcode::PowF}) {
      Node node = makeNode(op, type);
      unsigned count = node.arguments.size();
      std::vector<Bits> values = floatValues(type, count == 1 ? 1000 : count == 2 ? 50 : 3);
      texts.add(node, std::vector<ScalarType>(count, type),
                allCombinations(std::vector<std::vector<Bits>>(count, values)), 4000);
    }
    for (unsigned predicate = 0; predicate <= unsigned(nest::FloatPredicate::True); ++predicate) {
      Node node = makeNode(Opcode::CmpF, ScalarType::integer(1));
      node.floatPredicate = nest::FloatPredicate(predicate);
      std::vector<Bits> values = floatValues(type, 10);
      texts.add(node, {type, type}, allCombinations({values, values}));
    }
    ScalarType condition = ScalarType::integer(1);
    std::vector<Bits> values = floatValues(type, 2);
    texts.add(makeNode(Opcode::Select, type), {condition, type, type},
              allCombinations({integerValues(condition), values, values}));
  }
  texts.runAll(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Lanes, NodeText, testing::Values(1, 8));

} // namespace
