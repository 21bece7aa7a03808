// Random jobs for the datapath, and their results by plain loops.
#include "tests/hw/DatapathJob.h"

#include <algorithm>

namespace tenon::hw {

Row JobMaker::randomRow() {
  Row row(dim);
  for (int8_t &byte : row)
    byte = random.byte();
  return row;
}

void JobMaker::chooseSettings(Job &job) {
  DrainSettings &settings = job.settings;
  settings.scale = job.kind == Kind::Add || job.kind == Kind::Maximum ? Scale::None
                   : random.oneIn(2)                                  ? Scale::Twice
                                                                      : Scale::Once;
  settings.perChannel = random.oneIn(2);
  auto multiplier = [&] { return int32_t(random.between(1 << 30, INT32_MAX)); };
  settings.multiplier = multiplier();
  settings.shift = unsigned(random.between(4, 11)) + (settings.scale == Scale::Once ? 31 : 0);
  settings.zero = random.byte();
  settings.residual = job.kind == Kind::Add || (settings.scale != Scale::None && random.oneIn(2));
  settings.totalOnce = random.oneIn(2);
  settings.z1 = random.byte(), settings.m1 = multiplier(), settings.s1 = unsigned(random.between(0, 2));
  settings.z2 = random.byte(), settings.m2 = multiplier(), settings.s2 = unsigned(random.between(0, 2));
  settings.m3 = multiplier(),
  settings.s3 = unsigned(settings.totalOnce ? random.between(31, 34) : random.between(18, 21));
  settings.z3 = random.byte();
}

Pass JobMaker::makePass(const Job &job) {
  Pass pass;
  switch (job.kind) {
  case Kind::Dense:
    pass.rows = unsigned(random.oneIn(3) ? random.between(1, dim) : dim);
    for (unsigned k = 0; k < pass.rows; ++k)
      pass.weights.push_back(randomRow());
    break;
  case Kind::Depthwise:
    pass.swap = Swap::Diagonal;
    pass.rows = unsigned(random.oneIn(3) ? random.between(1, dim) : dim);
    pass.weights.push_back(randomRow());
    break;
  case Kind::Maximum:
  case Kind::Add:
    pass.swap = Swap::Identity;
    break;
  }
  for (unsigned i = 0; i < job.pixels; ++i)
    pass.operands.push_back(randomRow());
  return pass;
}

static int32_t weightOf(const Pass &pass, unsigned k, unsigned n) {
  if (pass.swap == Swap::Identity)
    return k == n;
  if (k >= pass.rows)
    return 0;
  return pass.swap == Swap::Rows ? pass.weights[k][n] : k == n ? pass.weights[0][n] : 0;
}

void JobMaker::addPass(const Job &job, const Tile &tile, const Pass &pass, unsigned tileNumber, bool first) {
  for (unsigned pixel = 0; pixel < job.pixels; ++pixel) {
    std::vector<int32_t> &row = sums[sumRow(job, tileNumber, pixel)];
    row.resize(dim);
    for (unsigned n = 0; n < dim; ++n) {
      int32_t partial = 0;
      for (unsigned k = 0; k < dim; ++k)
        partial += pass.operands[pixel][k] * weightOf(pass, k, n);
      if (job.kind == Kind::Maximum)
        row[n] = first ? partial : std::max(row[n], partial);
      else
        row[n] = (!first ? row[n] : job.kind == Kind::Add ? 0 : tile.bias[n]) + partial;
    }
  }
}

void JobMaker::finish(const Job &job, Tile &tile, unsigned tileNumber) {
  const DrainSettings &settings = job.settings;
  for (unsigned pixel = 0; pixel < job.pixels; ++pixel) {
    const std::vector<int32_t> &row = sums[sumRow(job, tileNumber, pixel)];
    Row residual = randomRow(), result(dim);
    for (unsigned n = 0; n < dim; ++n) {
      int32_t multiplier = settings.perChannel ? tile.multiplier[n] : settings.multiplier;
      unsigned shift = settings.perChannel ? unsigned(tile.shift[n]) : settings.shift;
      result[n] = requantised(settings, row[n], multiplier, shift);
      if (settings.residual)
        result[n] = withResidual(settings, result[n], residual[n]);
    }
    if (settings.residual)
      tile.residual.push_back(residual);
    tile.results.push_back(result);
  }
}

Tile JobMaker::makeTile(const Job &job, unsigned passes) {
  Tile tile;
  for (unsigned n = 0; n < dim; ++n) {
    tile.bias.push_back(int32_t(random.between(-(1 << 17), 1 << 17)));
    tile.multiplier.push_back(int32_t(random.between(1 << 30, INT32_MAX)));
    tile.shift.push_back(int8_t(random.between(4, 11) + (job.settings.scale == Scale::Once ? 31 : 0)));
  }
  for (unsigned i = 0; i < passes; ++i)
    tile.passes.push_back(makePass(job));
  return tile;
}

Job JobMaker::make(Kind kind, unsigned tiles, unsigned passes, unsigned pixels) {
  Job job;
  job.kind = kind;
  job.pixels = pixels;
  job.finishes = kind != Kind::Dense || !random.oneIn(3);
  chooseSettings(job);
  for (unsigned number = 0; number < tiles; ++number) {
    Tile tile = makeTile(job, passes);
    for (unsigned i = 0; i < passes; ++i)
      addPass(job, tile, tile.passes[i], number, i == 0);
    if (job.finishes)
      finish(job, tile, number);
    job.tiles.push_back(std::move(tile));
  }
  return job;
}

Job JobMaker::makeDrain(const Job &unfinished) {
  Job job;
  job.pixels = unfinished.pixels;
  job.starts = false;
  job.settings = unfinished.settings;
  for (unsigned number = 0; number < unfinished.tiles.size(); ++number) {
    Tile tile = makeTile(job, 1);
    tile.passes[0].rows = 0; // nothing is added
    tile.passes[0].weights.clear();
    finish(job, tile, number);
    job.tiles.push_back(std::move(tile));
  }
  return job;
}

} // namespace tenon::hw
