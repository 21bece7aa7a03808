// Every scalar operation against APInt and APFloat: small types in full, wide ones at their corners.
#include "tests/reference/NodeRunner.h"

#include <gtest/gtest.h>

#include <random>

using namespace tenon;
using namespace tenon::test;
using nest::Node;
using nest::Opcode;
using nest::ScalarType;

namespace {

const unsigned narrowWidths[] = {1, 2, 3, 4, 5, 7, 8};
const unsigned wideWidths[] = {12, 16, 24, 31, 32, 33, 48, 63, 64};
const ScalarType floatTypes[] = {ScalarType::f16(), ScalarType::bf16(), ScalarType::f32(), ScalarType::f64()};

void checkBinary(Node node) {
  NodeRunner runner;
  for (llvm::ArrayRef<unsigned> widths : {llvm::ArrayRef(narrowWidths), llvm::ArrayRef(wideWidths)})
    for (unsigned width : widths) {
      ScalarType type = ScalarType::integer(width);
      if (node.op != Opcode::CmpI)
        node.type = type;
      std::vector<Bits> values = integerValues(type), amounts = values;
      if (node.op == Opcode::ShLI || node.op == Opcode::ShRSI || node.op == Opcode::ShRUI ||
          node.op == Opcode::RoundingShiftRight)
        for (uint64_t amount = 0; width > 8 && amount <= width; ++amount)
          amounts.push_back(Bits(64, amount).trunc(width));
      compareWithTruth(runner, node, {type, type}, allCombinations({values, amounts}));
      if (testing::Test::HasFatalFailure())
        return;
    }
}

class IntegerBinary : public testing::TestWithParam<Opcode> {};

TEST_P(IntegerBinary, MatchesAPInt) { checkBinary(makeNode(GetParam(), ScalarType::integer(8))); }

std::string parameterName(const testing::TestParamInfo<Opcode> &info) {
  return nest::mnemonic(info.param).str();
}

INSTANTIATE_TEST_SUITE_P(Interpreter, IntegerBinary,
                         testing::Values(Opcode::AddI, Opcode::SubI, Opcode::MulI, Opcode::DivSI,
                                         Opcode::DivUI, Opcode::FloorDivSI, Opcode::CeilDivSI, Opcode::RemSI,
                                         Opcode::RemUI, Opcode::AndI, Opcode::OrI, Opcode::XorI, Opcode::ShLI,
                                         Opcode::ShRSI, Opcode::ShRUI, Opcode::MaxSI, Opcode::MinSI,
                                         Opcode::MaxUI, Opcode::MinUI, Opcode::DoublingHighMultiply),
                         parameterName);

TEST(InterpreterOps, RoundingShiftRight) {
  for (unsigned rounding = 0; rounding <= unsigned(nest::Rounding::TowardsZero); ++rounding) {
    Node node = makeNode(Opcode::RoundingShiftRight, ScalarType::integer(8));
    node.rounding = nest::Rounding(rounding);
    checkBinary(node);
  }
}

TEST(InterpreterOps, CmpI) {
  for (unsigned predicate = 0; predicate <= unsigned(nest::IntegerPredicate::UGE); ++predicate) {
    Node node = makeNode(Opcode::CmpI, ScalarType::integer(1));
    node.integerPredicate = nest::IntegerPredicate(predicate);
    checkBinary(node);
  }
}

TEST(InterpreterOps, CountLeadingZeros) {
  NodeRunner runner;
  for (unsigned width : {1, 2, 3, 4, 8, 12, 16, 31, 32, 33, 48, 64}) {
    ScalarType type = ScalarType::integer(width);
    compareWithTruth(runner, makeNode(Opcode::CountLeadingZeros, type), {type}, {integerValues(type)});
  }
}

TEST(InterpreterOps, IntegerCasts) {
  NodeRunner runner;
  const unsigned widths[] = {1, 4, 7, 8, 12, 16, 31, 32, 33, 48, 63, 64};
  for (unsigned from : widths)
    for (unsigned to : widths) {
      ScalarType source = ScalarType::integer(from), target = ScalarType::integer(to);
      std::vector<Bits> values = integerValues(source);
      auto check = [&](Opcode op, bool resultSigned = true) {
        Node node = makeNode(op, target);
        node.resultSigned = resultSigned;
        compareWithTruth(runner, node, {source}, {values});
      };
      if (from < to)
        check(Opcode::ExtSI), check(Opcode::ExtUI);
      if (from > to)
        check(Opcode::TruncI);
      if (from >= to)
        check(Opcode::Saturate, true), check(Opcode::Saturate, false);
    }
}

TEST(InterpreterOps, IntegersToFloats) {
  NodeRunner runner;
  for (unsigned width : {1, 4, 8, 16, 24, 32, 33, 53, 54, 63, 64})
    for (const ScalarType &type : floatTypes) {
      ScalarType source = ScalarType::integer(width);
      std::vector<Bits> values = integerValues(source);
      // Just off the midpoints between two floats, where rounding twice would show.
      for (unsigned bit = 8; bit < width; ++bit)
        for (unsigned precision : {8, 11, 24, 53})
          for (int64_t offset = -1; bit >= precision && offset <= 1; ++offset)
            values.push_back(Bits::getOneBitSet(width, bit) + Bits::getOneBitSet(width, bit - precision) +
                             uint64_t(offset));
      compareWithTruth(runner, makeNode(Opcode::SIToFP, type), {source}, {values});
      compareWithTruth(runner, makeNode(Opcode::UIToFP, type), {source}, {values});
    }
}

/// All bits of the 16-bit types, many of the others.
std::vector<Bits> manyFloats(const ScalarType &type) {
  if (type.width > 16)
    return floatValues(type, 4000);
  std::vector<Bits> result;
  for (uint64_t bits = 0; bits < 65536; ++bits)
    result.push_back(Bits(16, bits));
  return result;
}

TEST(InterpreterOps, FloatsToIntegers) {
  NodeRunner runner;
  for (const ScalarType &type : floatTypes)
    for (unsigned width : {1, 4, 8, 16, 31, 32, 33, 63, 64}) {
      std::vector<Bits> values = floatValues(type, 300);
      for (int side : {-1, 1})
        for (double end : {std::ldexp(1.0, int(width) - 1), std::ldexp(1.0, int(width))})
          for (double offset : {-1.0, -0.5, 0.0, 0.5, 1.0})
            values.push_back(roundToType(type, side * (end + offset)));
      compareWithTruth(runner, makeNode(Opcode::FPToSI, ScalarType::integer(width)), {type}, {values});
      compareWithTruth(runner, makeNode(Opcode::FPToUI, ScalarType::integer(width)), {type}, {values});
    }
}

TEST(InterpreterOps, FloatsToFloats) {
  NodeRunner runner;
  for (const ScalarType &from : floatTypes)
    for (const ScalarType &to : floatTypes) {
      std::vector<Bits> values = manyFloats(from);
      // Around the midpoints of the narrower type, subnormal ones included.
      for (const Bits &value : floatValues(to, from.width > to.width ? 2000 : 0)) {
        Bits exact = evaluateNode(makeNode(Opcode::ExtF, from), {to}, {value}).value();
        for (uint64_t offset : {uint64_t(0), uint64_t(1), uint64_t(-1)})
          if (from.width > to.width) {
            unsigned dropped = llvm::APFloat::semanticsPrecision(semantics(from)) -
                               llvm::APFloat::semanticsPrecision(semantics(to));
            values.push_back(exact + Bits::getOneBitSet(from.width, dropped - 1) + offset);
          }
      }
      if (from.width < to.width)
        compareWithTruth(runner, makeNode(Opcode::ExtF, to), {from}, {values});
      if (from.width > to.width)
        compareWithTruth(runner, makeNode(Opcode::TruncF, to), {from}, {values});
    }
}

TEST(InterpreterOps, Bitcast) {
  NodeRunner runner;
  for (const ScalarType &from : floatTypes) {
    ScalarType integer = ScalarType::integer(from.width);
    std::vector<Bits> values = manyFloats(from);
    Node toInteger = makeNode(Opcode::Bitcast, integer), toFloat = makeNode(Opcode::Bitcast, from);
    compareWithTruth(runner, toInteger, {from}, {values});
    compareWithTruth(runner, toFloat, {integer}, {values});
    compareWithTruth(runner, toFloat, {from}, {values});
    EXPECT_EQ(runner.run(toFloat, {integer}, {values}), values) << "NaN payloads stay";
    for (const ScalarType &to : floatTypes)
      if (from.width == to.width) {
        EXPECT_EQ(runner.run(makeNode(Opcode::Bitcast, to), {from}, {values}), values) << "NaN payloads stay";
      }
  }
}

class FloatOperation : public testing::TestWithParam<Opcode> {};

TEST_P(FloatOperation, MatchesAPFloat) {
  NodeRunner runner;
  for (const ScalarType &type : floatTypes) {
    Node node = makeNode(GetParam(), type);
    std::vector<std::vector<Bits>> arguments;
    if (node.arguments.size() == 1) {
      arguments = {manyFloats(type)};
    } else {
      unsigned randomCount = node.arguments.size() == 2 ? 50 : 3;
      std::vector<Bits> values = floatValues(type, randomCount);
      arguments = allCombinations(std::vector<std::vector<Bits>>(node.arguments.size(), values));
    }
    compareWithTruth(runner, node, std::vector<ScalarType>(node.arguments.size(), type), arguments);
  }
}

INSTANTIATE_TEST_SUITE_P(Interpreter, FloatOperation,
                         testing::Values(Opcode::AddF, Opcode::SubF, Opcode::MulF, Opcode::DivF, Opcode::RemF,
                                         Opcode::NegF, Opcode::AbsF, Opcode::MaximumF, Opcode::MinimumF,
                                         Opcode::MaxNumF, Opcode::MinNumF, Opcode::Fma, Opcode::SqrtF,
                                         Opcode::FloorF, Opcode::CeilF, Opcode::RoundF, Opcode::RoundEvenF,
                                         Opcode::ExpF, Opcode::LogF, Opcode::TanhF, Opcode::ErfF,
                                         Opcode::PowF),
                         parameterName);

/// a * b + c a hair off a midpoint: the cases in which rounding twice goes wrong.
TEST(InterpreterOps, FmaRoundsOnce) {
  NodeRunner runner;
  std::mt19937_64 random(7);
  for (const ScalarType &type : floatTypes) {
    std::vector<std::vector<Bits>> arguments(3);
    unsigned precision = llvm::APFloat::semanticsPrecision(semantics(type));
    for (int i = 0; i < 20000; ++i) {
      double a = 1 + std::ldexp(double(random() % (uint64_t(1) << (precision - 1))), 1 - int(precision));
      double b = std::ldexp(1 + double(random() % 4), -int(random() % (2 * precision)));
      double c = std::ldexp(double(random() % 64), int(random() % 12) - int(random() % (2 * precision)));
      arguments[0].push_back(roundToType(type, a));
      arguments[1].push_back(roundToType(type, random() % 2 ? b : -b));
      arguments[2].push_back(roundToType(type, c));
    }
    compareWithTruth(runner, makeNode(Opcode::Fma, type), {type, type, type}, arguments);
  }
}

/// A correctly rounded root r: the exact x lies between the squares of r's two midpoints, compared in 113
/// bits.
TEST(InterpreterOps, SquareRootOfDoubleIsNearest) {
  NodeRunner runner;
  ScalarType type = ScalarType::f64();
  std::vector<Bits> values;
  for (const Bits &value : floatValues(type, 2000))
    if (llvm::APFloat number = toFloat(type, value); number.isNormal() && !number.isNegative())
      values.push_back(value);
  std::vector<Bits> roots = runner.run(makeNode(Opcode::SqrtF, type), {type}, {values});
  ASSERT_EQ(roots.size(), values.size()) << runner.message;
  auto quad = [&](const Bits &bits) {
    llvm::APFloat value = toFloat(type, bits);
    bool loses = false;
    value.convert(llvm::APFloat::IEEEquad(), llvm::APFloat::rmNearestTiesToEven, &loses);
    return value;
  };
  for (auto [value, root] : llvm::zip(values, roots)) {
    llvm::APFloat half(llvm::APFloat::IEEEquad(), "0.5");
    llvm::APFloat below = (quad(root - 1) + quad(root)) * half, above = (quad(root) + quad(root + 1)) * half;
    ASSERT_NE(quad(value).compare(below * below), llvm::APFloat::cmpLessThan);
    ASSERT_NE(quad(value).compare(above * above), llvm::APFloat::cmpGreaterThan);
  }
}

TEST(InterpreterOps, CmpF) {
  NodeRunner runner;
  for (const ScalarType &type : floatTypes)
    for (unsigned predicate = 0; predicate <= unsigned(nest::FloatPredicate::True); ++predicate) {
      Node node = makeNode(Opcode::CmpF, ScalarType::integer(1));
      node.floatPredicate = nest::FloatPredicate(predicate);
      std::vector<Bits> values = floatValues(type, 10);
      compareWithTruth(runner, node, {type, type}, allCombinations({values, values}));
    }
}

TEST(InterpreterOps, Select) {
  NodeRunner runner;
  std::vector<ScalarType> types(std::begin(floatTypes), std::end(floatTypes));
  for (unsigned width : {1, 8, 32, 33, 64})
    types.push_back(ScalarType::integer(width));
  ScalarType condition = ScalarType::integer(1);
  for (const ScalarType &type : types) {
    std::vector<Bits> values = type.isInteger() ? integerValues(type) : floatValues(type, 2);
    values.resize(std::min<size_t>(values.size(), 40));
    compareWithTruth(runner, makeNode(Opcode::Select, type), {condition, type, type},
                     allCombinations({integerValues(condition), values, values}));
  }
}

} // namespace
