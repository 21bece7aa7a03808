// The accumulator against a table of sums: every kind of token, rows that come again as soon as they may.
#include "tests/hw/Bench.h"
#include "tests/hw/Token.h"

#include "Vnpu_accumulate.h"

#include <algorithm>
#include <deque>
#include <map>

namespace tenon::hw {
namespace {

using Words = std::vector<int32_t>;
constexpr unsigned latency = 2;
constexpr int64_t minimumDistance = 4;

struct Expected {
  int64_t cycle;
  Words words;
  Token token;
};

int32_t wrappedSum(int32_t a, int32_t b) { return int32_t(uint32_t(a) + uint32_t(b)); }

class AccumulateTest : public testing::Test {
protected:
  AccumulateTest() {
    bench->sums_valid_i = 0;
    for (unsigned set = 0; set < 2; ++set) {
      bias[set] = randomWords();
      setElements(bench->bias_i, bias[set], set);
    }
  }

  Words randomWords() {
    Words words(dim);
    for (int32_t &word : words)
      word = random.word();
    return words;
  }

  void give(const Words &sums, const Token &token) {
    bench->sums_valid_i = 1;
    setElements(bench->sums_i, sums);
    token.put(bench->token_i);
    Words result(dim);
    for (unsigned n = 0; n < dim; ++n) {
      int32_t base = !token.first ? table[token.sum][n] : token.bias ? bias[token.set][n] : 0;
      result[n] =
          token.maximum ? (token.first ? sums[n] : std::max(base, sums[n])) : wrappedSum(base, sums[n]);
    }
    if (!token.last) {
      table[token.sum] = result;
      written[token.sum] = bench.cycle;
    }
    expected.push_back({bench.cycle + latency, result, token});
  }
  void tick() {
    bench.tick();
    bench->sums_valid_i = 0;
    bool due = !expected.empty() && expected.front().cycle == bench.cycle;
    ASSERT_EQ(bool(bench->valid_o), due) << "cycle " << bench.cycle << ", " << random.text();
    if (!due)
      return;
    EXPECT_EQ(getElements<int32_t>(bench->words_o), expected.front().words) << random.text();
    EXPECT_EQ(Token::get(bench->token_o), expected.front().token) << random.text();
    expected.pop_front();
  }
  void finish() {
    for (int i = 0; i < 4; ++i)
      tick();
    EXPECT_TRUE(expected.empty());
  }
  /// May a token read the row in this cycle?
  bool readable(unsigned row) { return table.count(row) && bench.cycle - written[row] >= minimumDistance; }

  Random random;
  Bench<Vnpu_accumulate> bench;
  Words bias[2];
  std::map<unsigned, Words> table;
  std::map<unsigned, int64_t> written;
  std::deque<Expected> expected;
};

TEST_F(AccumulateTest, AnyTokens) {
  const unsigned rows[] = {0, 1, 2, 3, 17, accRows / 2, accRows - 2, accRows - 1};
  for (int i = 0; i < 20000 && !HasFatalFailure(); ++i) {
    Token token;
    token.sum = rows[random.between(0, 7)];
    token.first = random.oneIn(3) || !readable(token.sum);
    token.bias = random.oneIn(2), token.set = random.oneIn(2), token.maximum = random.oneIn(3);
    token.last = random.oneIn(3), token.write = token.last && random.oneIn(2);
    token.out = unsigned(random.between(0, (1 << spadAddressBits) - 1));
    token.tileEnd = random.oneIn(4), token.jobEnd = random.oneIn(4);
    if (!random.oneIn(5))
      give(randomWords(), token);
    tick();
  }
  finish();
}

TEST_F(AccumulateTest, SumsWrap) {
  Token start{.first = true}, end{.last = true};
  start.sum = end.sum = 5;
  give(Words(dim, INT32_MAX), start);
  for (int i = 0; i < minimumDistance; ++i)
    tick();
  give(Words(dim, 1), end);
  EXPECT_EQ(expected.back().words, Words(dim, INT32_MIN));
  finish();
}

/// As a pass after the other does: all rows in turn, then again.
TEST_F(AccumulateTest, PassesAtTheSmallestDistance) {
  for (int pass = 0; pass < 50; ++pass)
    for (unsigned row = 0; row < minimumDistance; ++row) {
      Token token;
      token.sum = row, token.first = pass == 0, token.bias = true, token.last = pass == 49;
      give(randomWords(), token);
      tick();
    }
  finish();
}

TEST_F(AccumulateTest, AssertsTheDistance) {
  Token token;
  token.first = true, token.sum = 7;
  give(Words(dim, 1), token);
  bench.tick();
  bench->sums_valid_i = 0;
  bench.tick();
  bench.tick();
  token.first = false;
  give(Words(dim, 1), token);
  EXPECT_DEATH(bench.tickAloud(), "row 7 of the accumulator comes again");
}

} // namespace
} // namespace tenon::hw
