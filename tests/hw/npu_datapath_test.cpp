// The whole datapath: jobs as the execute unit gives them, weights and parameters of what comes next while
// the present runs, with gaps anywhere; every row that is written, and when a tile and a job end.
#include "tests/hw/DatapathJob.h"

#include "Vnpu_datapath.h"

#include <deque>

namespace tenon::hw {
namespace {

constexpr int64_t minimumDistance = 4;
constexpr unsigned residualRows = dim > 16 ? 4 * dim : 64;

struct Expected {
  unsigned address;
  Row data;
};

/// Runs one job after the other, the next when the last one's end is seen.
class DatapathTest : public testing::Test {
protected:
  DatapathTest() { idle(); }

  void run(const Job &given) {
    job = &given;
    tilesWritten = tilesEnded = 0, jobEnded = false;
    place = {}, weightPlace = {}, residualPlace = {}, residualAhead = residualTaken = 0;
    shadowFull = false, sinceShadow = 0, parameterPart = 0;
    job->settings.put(bench->config_i);
    int64_t limit = bench.cycle + 200 + 60 * int64_t(job->tiles.size()) * (16 + job->pixels) * 10;
    while (!jobEnded && !HasFatalFailure()) {
      ASSERT_LT(bench.cycle, limit) << "the job does not end; " << random.text();
      cycle();
    }
    EXPECT_TRUE(expected.empty()) << random.text();
    EXPECT_EQ(tilesEnded, job->tiles.size()) << random.text();
  }

  void idle() {
    bench->operand_valid_i = 0;
    bench->weight_valid_i = 0;
    bench->weight_diagonal_i = 0;
    bench->residual_valid_i = 0;
    putSwap(bench->swap_i, false);
    for (unsigned i = 0; i < 2; ++i)
      putParameter(i, false, {});
  }
  void putParameter(unsigned port, bool valid, const Row &data, unsigned kind = 0, unsigned part = 0,
                    bool set = false) {
    constexpr unsigned width = 8 + 8 * dim;
    Fields().add(1, valid).add(1, set).add(2, kind).add(4, part).put(bench->parameter_i,
                                                                     port * width + 8 * dim);
    for (unsigned n = 0; n < data.size(); ++n)
      setBits(bench->parameter_i, port * width + 8 * n, 8, uint8_t(data[n]));
  }

private:
  struct Place {
    unsigned tile = 0, pass = 0, pixel = 0;
  };

  void cycle() {
    idle();
    giveOperand();
    giveWeights();
    giveParameters();
    giveResidual();
    tick();
  }

  // --- Operands
  // ------------------------------------------------------------------------------------------------------
  void giveOperand() {
    swapped = false;
    if (place.tile == job->tiles.size() || random.oneIn(6))
      return;
    const Tile &tile = job->tiles[place.tile];
    const Pass &pass = tile.passes[place.pass];
    unsigned row = JobMaker::sumRow(*job, place.tile, place.pixel);
    if (place.pixel == 0 && (!shadowFull || tilesWritten <= place.tile))
      return;
    if (written.count(row) && bench.cycle - written[row] < minimumDistance)
      return;
    if (place.pixel == 0) {
      putSwap(bench->swap_i, true, pass.swap, pass.rows);
      swapped = true;
    }
    bench->operand_valid_i = 1;
    setElements(bench->operand_i, pass.operands[place.pixel]);
    tokenOf(tile, row).put(bench->token_i);
    if (residualPlace.tile == place.tile && residualPlace.pixel == place.pixel && takesResidual())
      residualNow = true; // at the latest with its operand
    advance(tile);
  }
  bool takesResidual() const {
    return job->settings.residual && job->finishes && place.pass + 1 == job->tiles[place.tile].passes.size();
  }
  Token tokenOf(const Tile &tile, unsigned row) {
    bool lastPass = place.pass + 1 == tile.passes.size(), lastPixel = place.pixel + 1 == job->pixels;
    Token token;
    token.first = job->starts && place.pass == 0;
    token.bias = job->kind != Kind::Add, token.maximum = job->kind == Kind::Maximum;
    token.last = token.write = job->finishes && lastPass;
    token.sum = row, token.set = place.tile & 1;
    token.out = unsigned(random.between(0, (1 << spadAddressBits) - 1));
    token.tileEnd = lastPass && lastPixel;
    token.jobEnd = token.tileEnd && place.tile + 1 == job->tiles.size();
    if (token.write)
      expected.push_back({token.out, tile.results[place.pixel]});
    else
      written[row] = bench.cycle;
    return token;
  }
  void advance(const Tile &tile) {
    if (++place.pixel < job->pixels)
      return;
    place.pixel = 0;
    if (++place.pass < tile.passes.size())
      return;
    place.pass = 0;
    ++place.tile;
  }

  // --- Weights: one tile ahead
  // -----------------------------------------------------------------------------------------
  void giveWeights() {
    if (swapped) {
      shadowFull = false;
      sinceShadow = 0;
    }
    if (shadowFull || weightPlace.tile == job->tiles.size())
      return;
    const Pass &pass = job->tiles[weightPlace.tile].passes[weightPlace.pass];
    bool diagonal = pass.swap == Swap::Diagonal;
    unsigned left = unsigned(pass.weights.size()) - sinceShadow;
    unsigned now = std::min(left, unsigned(random.between(0, 2)));
    for (unsigned i = 0; i < now; ++i)
      setElements(bench->weight_i, pass.weights[sinceShadow + i], i);
    bench->weight_valid_i = CData((1U << now) - 1);
    bench->weight_row_i = CData(sinceShadow);
    bench->weight_diagonal_i = diagonal && now;
    sinceShadow += now;
    if (sinceShadow < pass.weights.size())
      return;
    shadowFull = true;
    if (++weightPlace.pass == job->tiles[weightPlace.tile].passes.size())
      weightPlace = {weightPlace.tile + 1, 0, 0};
  }

  // --- Parameters: one tile ahead, once the set is free
  // ----------------------------------------------------------------
  void giveParameters() {
    const unsigned parts = unsigned(parameterOrder.size());
    if (tilesWritten == job->tiles.size() || tilesWritten > tilesEnded + 1)
      return;
    const Tile &tile = job->tiles[tilesWritten];
    unsigned now = std::min(parts - parameterPart, unsigned(random.between(0, 2)));
    if (parameterPart == 0)
      random.shuffle(parameterOrder);
    for (unsigned i = 0; i < now; ++i, ++parameterPart) {
      unsigned kind = parameterOrder[parameterPart] / 4, part = parameterOrder[parameterPart] % 4;
      Row data = tile.shift;
      if (kind < 2)
        std::memcpy(data.data(), (kind == 0 ? tile.bias : tile.multiplier).data() + part * dim / 4, dim);
      putParameter(i, true, data, kind, part, tilesWritten & 1);
    }
    if (parameterPart == parts) {
      parameterPart = 0;
      ++tilesWritten;
    }
  }

  // --- Residual: somewhat ahead of the operands
  // ------------------------------------------------------------------------
  void giveResidual() {
    if (!job->settings.residual || !job->finishes || residualPlace.tile == job->tiles.size())
      return;
    unsigned inFlight = residualAhead - residualTaken;
    if (!residualNow && (inFlight >= residualRows || random.oneIn(3)))
      return;
    residualNow = false;
    bench->residual_valid_i = 1;
    setElements(bench->residual_i, job->tiles[residualPlace.tile].residual[residualPlace.pixel]);
    ++residualAhead;
    if (++residualPlace.pixel == job->pixels)
      residualPlace = {residualPlace.tile + 1, 0, 0};
  }

  // --- Results
  // -------------------------------------------------------------------------------------------------------
  void tick() {
    bench.tick();
    WriteRequest write = getWrite(bench->write_o);
    if (write.valid) {
      ASSERT_FALSE(expected.empty()) << "a row too many is written; " << random.text();
      EXPECT_EQ(write.address, expected.front().address) << random.text();
      EXPECT_EQ(write.data, expected.front().data) << random.text();
      expected.pop_front();
      ++residualTaken;
    }
    tilesEnded += bench->tile_end_o;
    jobEnded = bench->job_end_o;
  }

protected:
  Random random;
  Bench<Vnpu_datapath> bench;
  JobMaker maker{random};

private:
  const Job *job = nullptr;
  Place place, weightPlace, residualPlace;
  bool swapped = false, shadowFull = false, jobEnded = false, residualNow = false;
  unsigned sinceShadow = 0, parameterPart = 0, tilesWritten = 0, tilesEnded = 0;
  unsigned residualAhead = 0, residualTaken = 0;
  std::vector<unsigned> parameterOrder = {0, 1, 2, 3, 4,
                                          5, 6, 7, 8}; // four of biases, of multipliers, one of shifts
  std::map<unsigned, int64_t> written;                 // when a row of the accumulator was last given
  std::deque<Expected> expected;
};

TEST_F(DatapathTest, JobsOfAllKinds) {
  for (int i = 0; i < 60 && !HasFailure(); ++i) {
    Kind kind = Kind(random.between(0, 3));
    unsigned passes = kind == Kind::Add ? 1 : unsigned(random.between(1, 6));
    Job job = maker.make(kind, unsigned(random.between(1, 4)), passes, unsigned(random.between(1, 40)));
    run(job);
    if (!job.finishes)
      run(maker.makeDrain(job));
  }
}

TEST_F(DatapathTest, AsManyPixelsAsThereAreSums) { run(maker.make(Kind::Depthwise, 1, 3, accRows)); }

TEST_F(DatapathTest, AssertsThatTheResidualHasSpace) {
  DrainSettings().put(bench->config_i);
  idle();
  bench->residual_valid_i = 1;
  for (unsigned i = 0; i < residualRows; ++i)
    bench.tick();
  EXPECT_DEATH(bench.tickAloud(), "a row of the residual comes");
}

TEST_F(DatapathTest, AssertsThatTheResidualIsThere) {
  DrainSettings settings;
  settings.residual = true;
  settings.put(bench->config_i);
  idle();
  bench->operand_valid_i = 1;
  Token token{.first = true, .last = true};
  token.write = true;
  token.put(bench->token_i);
  EXPECT_DEATH(bench.tickAloud(dim + 20), "none is here");
}

} // namespace
} // namespace tenon::hw
