// A shape is kept for several draws of values and data: shapes are dear, data is cheap.
#include "core/check/Draws.h"

#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

#include <cstring>
#include <unordered_map>

namespace tenon::check {

namespace {

std::string kindText(spec::Finding::Kind kind) {
  using Kind = spec::Finding::Kind;
  switch (kind) {
  case Kind::IllegalCommand:
    return "illegal command";
  case Kind::UndefinedRead:
    return "undefined read";
  case Kind::OutOfBounds:
    return "out of bounds";
  case Kind::Race:
    return "race";
  case Kind::Deadlock:
    return "deadlock";
  case Kind::NoResult:
    return "no result";
  case Kind::Limit:
    return "too large";
  }
  return "refused";
}

bool touches(llvm::ArrayRef<Used> earlier, unsigned memory, const Reach &reach) {
  return llvm::any_of(earlier, [&](const Used &one) {
    return one.memory == memory && one.reach.begin < reach.end && reach.begin < one.reach.end;
  });
}

} // namespace

Draws::Draws(const isa::CommandSet &of, unsigned intrinsic, const DrawOptions &given)
    : commands(of), description(of.description()), declared(description.intrinsics[intrinsic]),
      number(intrinsic), options(given), sizing(description, intrinsic),
      values(declared.values.size(), Weights(valueClasses)),
      data(declared.operands.size(), Weights(dataClasses)), neighbours(description, intrinsic),
      told(neighbours.count(), 0) {
  counted.neighbours = neighbours.count();
}

void Draws::refuse(const std::string &kind, const std::string &message) {
  ++counted.refusals[kind];
  counted.lastRefusal = message;
}

std::optional<isa::Instruction> Draws::shape(llvm::ArrayRef<Window> windows, llvm::ArrayRef<Used> earlier,
                                             uint64_t points, Random &random) {
  Placing placing(description, windows);
  std::vector<uint64_t> room = placing.room();
  // Every order of magnitude, the large ones a little more: many elements meet what few do not.
  int64_t most = std::max<int64_t>(1, random.magnitude(int64_t(points)));
  if (random.oneIn(2))
    most = std::max(most, random.magnitude(int64_t(points)));
  auto instruction = sizing.draw(values, room, uint64_t(most), random);
  if (!instruction) {
    refuse("sizes", "no sizes and values were found that satisfy every clause");
    return std::nullopt;
  }
  if (!placing.place(*instruction, earlier, random)) {
    refuse("places", "no places were found for the operands");
    return std::nullopt;
  }
  return instruction;
}

/// Data for an operand that no earlier command touches: what others hold is the memory's contents at the
/// start.
llvm::Error Draws::fill(Attempt &attempt, unsigned operand, llvm::ArrayRef<Used> earlier,
                        Random &random) const {
  const isa::OperandUse &use = attempt.instruction.operands[operand];
  attempt.fills[operand] = {use.memory, 0, {}};
  if (!reads(declared.operands[operand]))
    return llvm::Error::success();
  auto reach = reachOf(description, attempt.instruction, operand);
  if (!reach)
    return failure(ExitCode::OwnFault, "an operand of " + declared.name + " without a reach");
  const isa::Memory &memory = description.memories[use.memory];
  if (memory.kind == isa::Memory::Kind::Rotating)
    *reach = {0, capacityOf(memory)};
  if (touches(earlier, use.memory, *reach))
    return llvm::Error::success();
  const isa::ElementType &type = declared.operands[operand].type;
  uint64_t elements = (reach->end - reach->begin) / uint64_t(type.scalar.storageBytes());
  auto how = DataClass(attempt.classes.data[operand]);
  attempt.fills[operand] = {use.memory, reach->begin, drawData(type, how, elements, random)};
  return llvm::Error::success();
}

llvm::Error Draws::drawContents(Attempt &attempt, const Attempt *from, llvm::ArrayRef<Used> earlier,
                                Random &random) const {
  size_t all = values.size() + data.size();
  std::set<size_t> anew, filled; // values before operands
  auto drawAnew = [&](int64_t count) {
    for (; count > 0 && all > 0; --count)
      anew.insert(size_t(random.between(0, int64_t(all) - 1)));
  };
  attempt.classes = {std::vector<unsigned>(values.size()), std::vector<unsigned>(data.size())};
  attempt.fills.resize(data.size());
  if (from) {
    attempt.instruction = from->instruction;
    attempt.fills = from->fills;
    attempt.classes = from->classes;
    drawAnew(random.between(1, 2));
  } else {
    bool recalls = !champions.empty() && random.oneIn(2);
    if (recalls) {
      const Champion &champion = random.from(champions);
      for (size_t value = 0; value < values.size(); ++value)
        if (sizing.isFree(unsigned(value)))
          attempt.instruction.values[value] = champion.values[value];
      attempt.classes = champion.classes;
      drawAnew(random.between(0, 2));
    }
    for (size_t one = 0; one < all; ++one)
      (recalls ? filled : anew).insert(one);
  }
  for (size_t one : anew) {
    if (one < values.size())
      attempt.classes.values[one] = sizing.drawValue(values[one], unsigned(one), attempt.instruction, random);
    else
      attempt.classes.data[one - values.size()] = unsigned(data[one - values.size()].draw(random));
    filled.insert(one);
  }
  for (size_t one : filled)
    if (one >= values.size())
      if (llvm::Error error = fill(attempt, unsigned(one - values.size()), earlier, random))
        return error;
  return llvm::Error::success();
}

/// The elements of every operand that is written; of a layout or a rotating memory its bytes.
llvm::Expected<std::vector<std::vector<uint64_t>>> Draws::written(Reference &reference,
                                                                  const isa::Instruction &instruction) const {
  std::vector<std::vector<uint64_t>> all;
  for (auto [operand, use] : llvm::enumerate(instruction.operands)) {
    const isa::OperandDeclaration &of = declared.operands[operand];
    if (!writes(of))
      continue;
    const isa::Memory &memory = description.memories[use.memory];
    auto reach = reachOf(description, instruction, unsigned(operand));
    bool whole = memory.kind == isa::Memory::Kind::Rotating || of.holds || !reach;
    if (whole || reach->end > capacityOf(memory))
      reach = Reach{0, capacityOf(memory)};
    auto bytes = reference.peek(use.memory, reach->begin, reach->end - reach->begin);
    if (!bytes)
      return bytes.takeError();
    all.emplace_back();
    if (whole) {
      all.back().assign(bytes->begin(), bytes->end());
      continue;
    }
    auto elements = elementsOf(description, instruction, unsigned(operand));
    if (!elements)
      return elements.takeError();
    auto elementBytes = size_t(of.type.scalar.storageBytes());
    for (uint64_t address : *elements) {
      uint64_t value = 0;
      if (address + elementBytes <= reach->end)
        std::memcpy(&value, bytes->data() + (address - reach->begin), elementBytes);
      all.back().push_back(value);
    }
  }
  return all;
}

/// Whether something changed, and not to one value nearly everywhere: a result that is clamped throughout
/// hides what came before the clamp.
llvm::Expected<bool> Draws::tells(Reference &reference, const isa::Instruction &instruction,
                                  const std::vector<std::vector<uint64_t>> &before) const {
  auto after = written(reference, instruction);
  if (!after)
    return after.takeError();
  if (after->empty())
    return true;
  for (auto [old, now] : llvm::zip_equal(before, *after)) {
    std::unordered_map<uint64_t, uint64_t> counts;
    uint64_t changed = 0, most = 0;
    for (auto [was, is] : llvm::zip_equal(old, now))
      if (was != is) {
        ++changed;
        most = std::max(most, ++counts[is]);
      }
    constexpr uint64_t few = 4;
    if (changed > 0 && (changed <= few || most * 4 <= changed * 3))
      return true;
  }
  return false;
}

llvm::Error Draws::judge(Reference &reference, Attempt &attempt) {
  ++counted.drawn;
  for (const Fill &fill : attempt.fills)
    if (!fill.bytes.empty())
      if (llvm::Error error = reference.poke(fill))
        return error;
  auto before = written(reference, attempt.instruction);
  if (!before)
    return before.takeError();
  auto finding = reference.execute(attempt.instruction);
  if (!finding)
    return finding.takeError();
  if (const std::optional<spec::Finding> &refused = *finding) {
    refuse(kindText(refused->kind), refused->message);
    return llvm::Error::success();
  }
  attempt.legal = true;
  ++counted.legal;
  auto telling = tells(reference, attempt.instruction, *before);
  if (!telling)
    return telling.takeError();
  attempt.telling = *telling;
  counted.telling += attempt.telling ? 1 : 0;
  return llvm::Error::success();
}

void Draws::weigh(const Reference &reference, Attempt &attempt) {
  attempt.apart = neighbours.toldApart(reference, attempt.instruction);
  for (auto [neighbour, apart] : llvm::enumerate(attempt.apart))
    attempt.score += apart ? 1 / (1 + told[neighbour]) : 0;
}

/// Neighbours that learning never told apart make it worth to look longer.
unsigned Draws::untold() const {
  constexpr long most = 24;
  return learning ? 0 : unsigned(std::min(most, llvm::count(told, 0)));
}

void Draws::note(const Attempt &attempt) {
  if (!learning)
    return;
  bool good = attempt.telling;
  if (attempt.telling && !attempt.apart.empty()) {
    good = attempt.score * weighed >= scores;
    scores += attempt.score;
    weighed += 1;
    bool isFirst = false;
    for (auto [neighbour, apart] : llvm::enumerate(attempt.apart)) {
      isFirst |= apart && told[neighbour] == 0;
      told[neighbour] += apart ? 1 : 0;
    }
    if (isFirst)
      champions.push_back({attempt.instruction.values, attempt.classes});
  }
  for (auto [weights, choice] : llvm::zip_equal(values, attempt.classes.values))
    weights.learn(choice, good);
  for (auto [weights, choice] : llvm::zip_equal(data, attempt.classes.data))
    weights.learn(choice, good);
}

llvm::Error Draws::learn(Reference &reference, const GlobalLimits &limits) {
  if (learned)
    return llvm::Error::success();
  learned = learning = true;
  // Until some rounds bring nothing new.
  constexpr uint64_t least = 20, most = 80, patience = 12;
  constexpr uint64_t firstNumber = uint64_t(1) << 40; // numbers that no case has
  uint64_t lastNews = 0;
  for (uint64_t round = 0; round < most && (round < least || round < lastNews + patience); ++round) {
    size_t known = champions.size();
    auto drawn = single(reference, limits, firstNumber + round);
    if (!drawn)
      return drawn.takeError();
    lastNews = champions.size() > known ? round : lastNews;
  }
  learning = false;
  return llvm::Error::success();
}

llvm::Error Draws::drawTellings(Reference &reference, const Case &empty, const isa::Instruction &drawnShape,
                                unsigned &most, std::optional<Case> &best, double &bestScore,
                                Random &random) {
  unsigned dataDraws = 14 + untold();
  constexpr uint64_t mostWeighed = uint64_t(1) << 13; // points; larger commands are dear to weigh
  std::optional<Attempt> base; // of this shape, the best so far: half of the draws go on from it
  for (unsigned draw = 0; draw < dataDraws && most > 0; ++draw) {
    Attempt attempt;
    attempt.instruction = drawnShape;
    bool goesOn = base && random.oneIn(2);
    if (llvm::Error error = drawContents(attempt, goesOn ? &*base : nullptr, {}, random))
      return error;
    if (llvm::Error error = reference.begin(empty))
      return error;
    if (llvm::Error error = judge(reference, attempt))
      return error;
    if (attempt.telling && sizing.pointsOf(attempt.instruction) <= mostWeighed)
      weigh(reference, attempt);
    note(attempt);
    if (!attempt.legal)
      continue;
    most -= attempt.telling ? 1 : 0;
    attempt.score = attempt.telling ? attempt.score : -1; // one that shows nothing is better than none
    if (!best || attempt.score > bestScore) {
      bestScore = attempt.score;
      best = empty;
      best->commands = {attempt.instruction};
      llvm::copy_if(attempt.fills, std::back_inserter(best->fills),
                    [](const Fill &one) { return !one.bytes.empty(); });
    }
    if (!base || attempt.score >= base->score)
      base = std::move(attempt);
  }
  return llvm::Error::success();
}

llvm::Expected<std::optional<Case>> Draws::single(Reference &reference, const GlobalLimits &limits,
                                                  uint64_t caseNumber) {
  if (llvm::Error error = learn(reference, limits))
    return std::move(error);
  Random random(mixed(mixed(options.seed, number), caseNumber));
  constexpr unsigned shapes = 40;
  // Of some cases the one that tells most, of others the first that tells anything: the choice has its blind
  // spots too.
  unsigned most = learning ? 8 : random.oneIn(3) ? 1 : 8 + untold();
  std::optional<Case> best;
  double bestScore = 0;
  for (unsigned attempted = 0; attempted < shapes && most > 0; ++attempted) {
    Case empty;
    empty.number = caseNumber;
    empty.background = random.word() | 1;
    empty.windows = drawWindows(description, limits, random);
    uint64_t points = learning ? uint64_t(1) << 11 : options.points * (random.oneIn(16) ? 8 : 1);
    auto instruction = shape(empty.windows, {}, points, random);
    if (!instruction)
      continue;
    std::vector<uint8_t> unused;
    if (llvm::Error error = isa::encode(commands, *instruction, unused)) {
      refuse("encoding", llvm::toString(std::move(error)));
      continue;
    }
    if (llvm::Error error = drawTellings(reference, empty, *instruction, most, best, bestScore, random))
      return std::move(error);
    if (best && (learning || (bestScore >= 0 && attempted >= 2) || attempted >= shapes / 4))
      break;
  }
  return best;
}

llvm::Error Draws::count(Reference &reference, const Case &run) {
  if (neighbours.count() == 0 || counted.apart.size() == neighbours.count())
    return llvm::Error::success();
  if (llvm::Error error = reference.begin(run))
    return error;
  constexpr uint64_t mostCounted = uint64_t(1) << 16;
  if (sizing.pointsOf(run.commands.front()) > mostCounted)
    return llvm::Error::success();
  for (auto [neighbour, apart] : llvm::enumerate(neighbours.toldApart(reference, run.commands.front())))
    if (apart)
      counted.apart.insert(neighbour);
  return llvm::Error::success();
}

std::vector<std::string> Draws::missed() const {
  std::vector<std::string> names;
  for (size_t neighbour = 0; neighbour < neighbours.count(); ++neighbour)
    if (!counted.apart.contains(neighbour))
      names.push_back(neighbours.name(neighbour));
  return names;
}

llvm::Expected<bool> Draws::append(Reference &reference, Case &to, std::vector<Used> &earlier,
                                   Random &random) {
  constexpr unsigned tries = 12;
  for (unsigned attempted = 0; attempted < tries; ++attempted) {
    auto instruction = shape(to.windows, earlier, std::min<uint64_t>(options.points, 1 << 13), random);
    if (!instruction)
      continue;
    Attempt attempt;
    attempt.instruction = std::move(*instruction);
    if (llvm::Error error = drawContents(attempt, nullptr, earlier, random))
      return std::move(error);
    std::vector<uint8_t> unused;
    if (llvm::Error error = isa::encode(commands, attempt.instruction, unused)) {
      refuse("encoding", llvm::toString(std::move(error)));
      continue;
    }
    if (llvm::Error error = judge(reference, attempt))
      return std::move(error);
    // What was put there for a command that is refused stays: it is what memories hold at the start.
    llvm::copy_if(attempt.fills, std::back_inserter(to.fills),
                  [](const Fill &one) { return !one.bytes.empty(); });
    if (!attempt.legal)
      continue;
    for (auto [operand, use] : llvm::enumerate(attempt.instruction.operands)) {
      const isa::Memory &memory = description.memories[use.memory];
      auto reach = reachOf(description, attempt.instruction, unsigned(operand));
      if (memory.kind == isa::Memory::Kind::Rotating || !reach)
        reach = Reach{0, capacityOf(memory)};
      earlier.push_back({use.memory, use.address, *reach, writes(declared.operands[operand])});
    }
    to.commands.push_back(std::move(attempt.instruction));
    return true;
  }
  return false;
}

} // namespace tenon::check
