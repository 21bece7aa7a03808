// The array against a product of matrices: any mix of operands, swaps and rows of weights in any cycle.
#include "tests/hw/Bench.h"
#include "tests/hw/Token.h"

#include "Vnpu_array.h"

#include <deque>

namespace tenon::hw {
namespace {

using Row = std::vector<int8_t>;

/// Weights by [row of k][column], as a swap leaves them.
struct Tiles {
  std::vector<Row> shadow = std::vector<Row>(dim, Row(dim)), active = shadow;

  void swap(Swap kind, unsigned rows) {
    for (unsigned k = 0; k < dim; ++k)
      for (unsigned n = 0; n < dim; ++n) {
        bool kept = k < rows && (kind == Swap::Rows || k == n);
        active[k][n] = kind == Swap::Identity ? int8_t(k == n) : kept ? shadow[k][n] : int8_t(0);
      }
  }
  std::vector<int32_t> sums(const Row &operand) const {
    std::vector<int32_t> result(dim);
    for (unsigned k = 0; k < dim; ++k)
      for (unsigned n = 0; n < dim; ++n)
        result[n] += operand[k] * active[k][n];
    return result;
  }
};

struct Expected {
  int64_t cycle;
  std::vector<int32_t> sums;
  Token token;
};

class ArrayTest : public testing::Test {
protected:
  ArrayTest() { idle(); }

  Row randomRow() {
    Row row(dim);
    for (int8_t &byte : row)
      byte = random.byte();
    return row;
  }
  Token randomToken() {
    Token token;
    token.first = random.oneIn(2), token.bias = random.oneIn(2), token.maximum = random.oneIn(2);
    token.last = random.oneIn(2), token.set = random.oneIn(2), token.write = random.oneIn(2);
    token.sum = unsigned(random.between(0, accRows - 1));
    token.out = unsigned(random.between(0, (1 << spadAddressBits) - 1));
    token.tileEnd = random.oneIn(2), token.jobEnd = random.oneIn(2);
    return token;
  }

  void idle() {
    bench->operand_valid_i = 0;
    bench->weight_valid_i = 0;
    bench->weight_diagonal_i = 0;
    putSwap(bench->swap_i, false);
  }
  void giveSwap(Swap kind, unsigned rows) {
    putSwap(bench->swap_i, true, kind, rows);
    tiles.swap(kind, rows);
  }
  void giveOperand(const Row &operand, const Token &token) {
    bench->operand_valid_i = 1;
    setElements(bench->operand_i, operand);
    token.put(bench->token_i);
    expected.push_back({bench.cycle + dim + 2, tiles.sums(operand), token});
  }
  /// Rows `row` and, with `both`, the next; seen by swaps of later cycles.
  void giveWeights(unsigned row, bool first, bool second) {
    bench->weight_valid_i = CData(first | second << 1);
    bench->weight_row_i = CData(row);
    for (unsigned i = 0; i < 2; ++i) {
      Row weights = randomRow();
      setElements(bench->weight_i, weights, i);
      if (i == 0 ? first : second)
        tiles.shadow[row + i] = weights;
    }
  }
  void giveDiagonal() {
    Row weights = randomRow();
    bench->weight_valid_i = 1;
    bench->weight_diagonal_i = 1;
    bench->weight_row_i = CData(random.between(0, dim - 1)); // of no meaning
    setElements(bench->weight_i, weights);
    for (unsigned n = 0; n < dim; ++n)
      tiles.shadow[n][n] = weights[n];
  }

  void tick() {
    bench.tick();
    bool due = !expected.empty() && expected.front().cycle == bench.cycle;
    ASSERT_EQ(bool(bench->sums_valid_o), due) << "cycle " << bench.cycle << ", " << random.text();
    if (!due)
      return;
    EXPECT_EQ(getElements<int32_t>(bench->sums_o), expected.front().sums) << random.text();
    EXPECT_EQ(Token::get(bench->token_o), expected.front().token) << random.text();
    expected.pop_front();
  }
  void finish() {
    idle();
    for (unsigned i = 0; i < dim + 4; ++i)
      tick();
    EXPECT_TRUE(expected.empty());
  }
  void fillShadow() {
    for (unsigned row = 0; row < dim; row += 2) {
      idle();
      giveWeights(row, true, true);
      tick();
    }
    idle();
  }

  Random random;
  Bench<Vnpu_array> bench;
  Tiles tiles;
  std::deque<Expected> expected;
};

TEST_F(ArrayTest, AnyMixInAnyCycle) {
  fillShadow();
  giveSwap(Swap::Rows, dim);
  for (int i = 0; i < 5000 && !HasFatalFailure(); ++i) {
    if (i > 0)
      idle();
    if (random.oneIn(5))
      giveSwap(Swap(random.between(0, 2)), unsigned(random.between(0, dim)));
    if (!random.oneIn(4))
      giveOperand(randomRow(), randomToken());
    if (random.oneIn(8)) {
      giveDiagonal();
    } else if (random.oneIn(2)) {
      unsigned row = unsigned(random.between(0, dim - 1));
      giveWeights(row, random.oneIn(2), row + 1 < dim && random.oneIn(2));
    }
    tick();
  }
  finish();
}

TEST_F(ArrayTest, LargestSums) {
  for (int8_t weight : {-128, 127}) {
    for (unsigned row = 0; row < dim; ++row) {
      idle();
      bench->weight_valid_i = 1;
      bench->weight_row_i = CData(row);
      setElements(bench->weight_i, Row(dim, weight));
      tiles.shadow[row] = Row(dim, weight);
      tick();
    }
    idle();
    giveSwap(Swap::Rows, dim);
    giveOperand(Row(dim, -128), {});
    tick();
    putSwap(bench->swap_i, false);
    giveOperand(Row(dim, 127), {});
    tick();
  }
  finish();
}

TEST_F(ArrayTest, ATileAfterTheOtherWithoutAGap) {
  fillShadow();
  for (int tile = 0; tile < 20; ++tile) {
    for (unsigned i = 0; i < dim / 2; ++i) { // the next tile comes while this one is in use
      idle();
      if (i == 0)
        giveSwap(Swap::Rows, dim);
      giveOperand(randomRow(), randomToken());
      giveWeights(2 * i, true, true);
      tick();
    }
  }
  finish();
}

TEST_F(ArrayTest, AssertsThatAWeightHasARow) {
  idle();
  bench->weight_valid_i = 3;
  bench->weight_row_i = CData(dim - 1);
  EXPECT_DEATH(bench.tickAloud(), "second row of weights after row");
}

TEST_F(ArrayTest, AssertsThatADiagonalIsAlone) {
  idle();
  bench->weight_valid_i = 3;
  bench->weight_diagonal_i = 1;
  EXPECT_DEATH(bench.tickAloud(), "beside a diagonal");
}

TEST_F(ArrayTest, AssertsThatASwapFits) {
  idle();
  putSwap(bench->swap_i, true, Swap::Rows, dim + 1);
  EXPECT_DEATH(bench.tickAloud(), "the array has");
}

} // namespace
} // namespace tenon::hw
