// Drawing the cases of one intrinsic: shapes, places and data, judged by the description. What it refuses,
// and what leaves a result that shows nothing, is drawn again; classes of values and of data that are refused
// or show nothing become rare. So an operand that holds shift amounts gets legal ones, and nobody says which
// operand that is.
#pragma once

#include "core/check/DrawData.h"
#include "core/check/Neighbours.h"
#include "core/check/Placing.h"
#include "core/check/Reference.h"
#include "core/check/Sizing.h"

#include <map>

namespace tenon::check {

/// What became of what was drawn.
struct Tally {
  uint64_t drawn = 0;                       ///< whole commands with their data
  uint64_t legal = 0;                       ///< of these, those that the description gives a meaning to
  uint64_t telling = 0;                     ///< of these, those whose result is not the same everywhere
  uint64_t neighbours = 0;                  ///< meanings next to its own
  std::set<size_t> apart;                   ///< of these, those that some case tells from it
  std::map<std::string, uint64_t> refusals; ///< by kind: "sizes", "places", "encoding", "no result", ...
  std::string lastRefusal;                  ///< in words
};

struct DrawOptions {
  uint64_t seed = 1;
  uint64_t points = uint64_t(1) << 16; ///< most points of a command, now and then eight times as many
};

class Draws {
public:
  Draws(const isa::CommandSet &commands, unsigned intrinsic, const DrawOptions &options);

  /// Learns which classes are legal, from a fixed number of draws: the same for each seed. Later calls do
  /// nothing.
  llvm::Error learn(Reference &reference, const GlobalLimits &limits);

  /// A case of this one command; nothing where no draw was legal.
  llvm::Expected<std::optional<Case>> single(Reference &reference, const GlobalLimits &limits,
                                             uint64_t number);

  /// Adds a command to a case whose commands the reference has executed; it executes the new one. False where
  /// no draw was legal.
  llvm::Expected<bool> append(Reference &reference, Case &to, std::vector<Used> &earlier, Random &random);

  /// Counts the neighbours that the case of this one command tells apart.
  llvm::Error count(Reference &reference, const Case &run);
  /// The neighbours that no case told apart, in words.
  std::vector<std::string> missed() const;
  const Tally &tally() const { return counted; }
  const isa::Intrinsic &intrinsic() const { return declared; }

private:
  struct Classes {
    std::vector<unsigned> values, data;
  };
  struct Attempt {
    isa::Instruction instruction;
    std::vector<Fill> fills; ///< by operand; empty where it is not read or was touched before
    Classes classes;
    bool legal = false, telling = false;
    std::vector<bool> apart; ///< by neighbour
    double score = 0;
  };
  /// Values and data of an attempt that was the first to tell some neighbour apart: on other sizes and places
  /// it may tell others.
  struct Champion {
    llvm::SmallVector<int64_t, 8> values;
    Classes classes;
  };
  std::optional<isa::Instruction> shape(llvm::ArrayRef<Window> windows, llvm::ArrayRef<Used> earlier,
                                        uint64_t points, Random &random);
  /// Data of its class for an operand.
  llvm::Error fill(Attempt &attempt, unsigned operand, llvm::ArrayRef<Used> earlier, Random &random) const;
  /// All values and data, half of the time those of a champion with a few changed; from an attempt of the
  /// same shape, one or two of them.
  llvm::Error drawContents(Attempt &attempt, const Attempt *from, llvm::ArrayRef<Used> earlier,
                           Random &random) const;
  /// Puts the fills into the reference and executes the command.
  llvm::Error judge(Reference &reference, Attempt &attempt);
  llvm::Expected<bool> tells(Reference &reference, const isa::Instruction &instruction,
                             const std::vector<std::vector<uint64_t>> &before) const;
  llvm::Expected<std::vector<std::vector<uint64_t>>> written(Reference &reference,
                                                             const isa::Instruction &instruction) const;
  /// What an attempt is worth: neighbours that few tell apart count most.
  void weigh(const Reference &reference, Attempt &attempt);
  void note(const Attempt &attempt);
  unsigned untold() const;
  /// Up to `most` tellings of one shape, with other values and data; the best so far stays in `best`.
  llvm::Error drawTellings(Reference &reference, const Case &empty, const isa::Instruction &shape,
                           unsigned &most, std::optional<Case> &best, double &bestScore, Random &random);
  void refuse(const std::string &kind, const std::string &message);

  const isa::CommandSet &commands;
  const isa::Description &description;
  const isa::Intrinsic &declared;
  unsigned number;
  DrawOptions options;
  Sizing sizing;
  std::vector<Weights> values, data; ///< of each value, of each operand
  Neighbours neighbours;
  std::vector<Champion> champions;
  std::vector<double> told;       ///< how often each neighbour was told apart while learning
  double scores = 0, weighed = 0; ///< of telling attempts while learning
  bool learning = false, learned = false;
  Tally counted;
};

} // namespace tenon::check
