// A command as the datapath sees it: tiles of outputs, passes over all pixels, and what has to be written.
#pragma once

#include "tests/hw/Bench.h"
#include "tests/hw/Requantise.h"
#include "tests/hw/Token.h"

#include <map>

namespace tenon::hw {

using Row = std::vector<int8_t>;

enum class Kind { Dense, Depthwise, Maximum, Add };

struct Pass {
  Swap swap = Swap::Rows;
  unsigned rows = dim;       // of the tile
  std::vector<Row> weights;  // rows of k, or one diagonal, or none for the identity
  std::vector<Row> operands; // one for each pixel
};

struct Tile {
  std::vector<int32_t> bias, multiplier;
  Row shift;
  std::vector<Pass> passes;
  std::vector<Row> residual, results; // one for each pixel
};

struct Job {
  Kind kind = Kind::Dense;
  DrainSettings settings;
  unsigned pixels = 1;
  bool starts = true;   // else it goes on from the sums of the job before it
  bool finishes = true; // else the sums stay
  std::vector<Tile> tiles;
};

/// Makes jobs and keeps what their sums have come to.
class JobMaker {
public:
  explicit JobMaker(Random &random) : random(random) {}
  Job make(Kind kind, unsigned tiles, unsigned passes, unsigned pixels);
  /// A job without operands of its own that drains the sums of an unfinished one.
  Job makeDrain(const Job &unfinished);

  static unsigned sumRow(const Job &job, unsigned tile, unsigned pixel) { return tile * job.pixels + pixel; }

private:
  Row randomRow();
  Tile makeTile(const Job &job, unsigned passes);
  Pass makePass(const Job &job);
  void addPass(const Job &job, const Tile &tile, const Pass &pass, unsigned tileNumber, bool first);
  void finish(const Job &job, Tile &tile, unsigned tileNumber);
  void chooseSettings(Job &job);

  Random &random;
  std::map<unsigned, std::vector<int32_t>> sums; // by row of the accumulator
};

} // namespace tenon::hw
