// Loops on sizes, operands on tensors.
#include "core/driver/LoweringReport.h"

#include "core/match/Assignments.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cctype>
#include <fmt/format.h>

namespace tenon::driver {

namespace {

/// One loop of a computation under a match.
struct MappedLoop {
  std::string name, size, block; ///< size, block: of the intrinsic; empty where there is none
  int64_t extent = 1, tile = 1;
};

/// What is mapped: a computation, and how much of each of its loops is done at once (may be shorter).
struct Mapped {
  const match::Computation &computation;
  llvm::ArrayRef<int64_t> tiles;
};

std::vector<MappedLoop> mappedLoops(const isa::Description &description, const Mapped &mapped,
                                    const match::Match &match) {
  const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
  const nest::Nest &nest = mapped.computation.nest;
  auto sizeName = [&](int size) { return size < 0 ? std::string() : intrinsic.sizes[size].name; };
  std::vector<MappedLoop> loops;
  for (auto [number, assignment] : llvm::enumerate(match.loops)) {
    // What follows a sum has none of its loops.
    if (match.part == match::Match::Part::Final && number >= mapped.computation.parallelLoops())
      break;
    MappedLoop loop;
    loop.name = nest.loops[number].name;
    loop.extent = nest.loops[number].extent;
    loop.tile = number < mapped.tiles.size() ? mapped.tiles[number] : loop.extent;
    loop.size = sizeName(assignment.inner);
    loop.block = sizeName(assignment.block);
    loops.push_back(std::move(loop));
  }
  return loops;
}

/// "in0[d0, d1 + d3]": an affine map's results with the loops' names for its dimensions.
std::string accessText(const nest::Nest &nest, const match::OperandBinding &binding) {
  std::string text = nest.operands[binding.tensor].name + "[";
  for (auto [number, index] : llvm::enumerate(binding.access.getResults())) {
    std::string plain;
    llvm::raw_string_ostream(plain) << index;
    text += number ? ", " : "";
    for (size_t at = 0; at < plain.size();) {
      size_t end = at + 1;
      while (plain[at] == 'd' && end < plain.size() && std::isdigit(static_cast<unsigned char>(plain[end])))
        ++end;
      unsigned dimension = 0;
      bool isLoop = end > at + 1 && !llvm::StringRef(plain).slice(at + 1, end).getAsInteger(10, dimension);
      text += isLoop ? nest.loops[dimension].name : plain.substr(at, end - at);
      at = end;
    }
  }
  return text + "]";
}

std::string roleText(const match::Match &match) {
  switch (match.part) {
  case match::Match::Part::Whole:
    return "all of it";
  case match::Match::Part::Core:
    return "the sum";
  case match::Match::Part::Final:
    return "what follows the sum";
  }
  return "";
}

/// The matches whose loops are worth telling: variants of one family differ in their start alone.
std::vector<const match::Match *> partsOf(const plan::Lowering &lowering) {
  std::vector<const match::Match *> parts = {&lowering.main()};
  if (lowering.final)
    parts.push_back(lowering.final);
  return parts;
}

Json partJson(const isa::Description &description, const Mapped &mapped, const match::Match &match) {
  const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
  Json loops = Json::array(), operands = Json::object(), values = Json::object();
  for (const MappedLoop &loop : mappedLoops(description, mapped, match))
    loops.push_back({{"loop", loop.name},
                     {"extent", loop.extent},
                     {"tile", loop.tile},
                     {"size", loop.size.empty() ? Json(nullptr) : Json(loop.size)},
                     {"blocks", loop.block.empty() ? Json(nullptr) : Json(loop.block)}});
  for (const match::OperandBinding &binding : match.operands)
    operands[intrinsic.operands[binding.operand].name] = accessText(mapped.computation.nest, binding);
  for (auto [declared, value] : llvm::zip(intrinsic.values, match.values))
    values[declared.name] = value;
  return {{"intrinsic", intrinsic.family},
          {"does", roleText(match)},
          {"loops", std::move(loops)},
          {"operands", std::move(operands)},
          {"values", std::move(values)}};
}

std::string partText(const isa::Description &description, const Mapped &mapped, const match::Match &match,
                     const std::string &indent) {
  const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
  std::string text = fmt::format("{}{} does {}\n", indent, intrinsic.family, roleText(match));
  std::vector<std::vector<std::string>> rows = {{"loop", "extent", "tile", "runs on"}};
  for (const MappedLoop &loop : mappedLoops(description, mapped, match)) {
    std::string runsOn = loop.size.empty() ? "outside: a use for each" : loop.size;
    if (!loop.block.empty())
      runsOn = loop.size.empty() ? loop.block : loop.size + ", its blocks on " + loop.block;
    rows.push_back({loop.name, grouped(uint64_t(loop.extent)), grouped(uint64_t(loop.tile)), runsOn});
  }
  llvm::SmallVector<llvm::StringRef> lines;
  std::string loops = table(rows, "lrrl");
  llvm::StringRef(loops).split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef line : lines)
    text += indent + "  " + line.str() + "\n";
  for (const match::OperandBinding &binding : match.operands)
    text += fmt::format("{}  {} = {}\n", indent, intrinsic.operands[binding.operand].name,
                        accessText(mapped.computation.nest, binding));
  return text;
}

/// How much of the work is the model's.
std::string rateText(int64_t macs, double cycles, double useful) {
  std::string text;
  if (macs > 0 && cycles > 0)
    text = fmt::format("; {:.1f} MACs a cycle", double(macs) / cycles);
  double padding = 100 * (1 - useful);
  return text +
         (padding < 0.5 ? "; no padding\n" : fmt::format("; {:.0f} % of its points are padding\n", padding));
}

/// How much of each loop one use of the intrinsic does.
llvm::SmallVector<int64_t> usesOf(const isa::Description &description, const native::NativeLayer &layer) {
  const isa::Intrinsic &intrinsic = description.intrinsics[layer.match->intrinsic];
  llvm::SmallVector<int64_t> tiles;
  for (auto [loop, places] : llvm::zip_equal(layer.matches->computation.nest.loops, layer.match->loops)) {
    int64_t tile = 1;
    for (int size : {places.inner, places.block})
      if (size >= 0)
        tile *= match::largestOf(intrinsic.sizes[unsigned(size)]);
    tiles.push_back(std::min(tile, loop.extent));
  }
  return tiles;
}

/// Share of the points of all uses that are the model's: what a gather filled up with zeros is not.
double usefulOf(const native::NativeLayer &layer) {
  double points[] = {1, 1};
  for (auto [nest, count] : {std::pair(&layer.original->nest, &points[0]),
                             std::pair(&layer.matches->computation.nest, &points[1])})
    for (const nest::Loop &loop : nest->loops)
      *count *= double(loop.extent);
  return layer.match->useful * points[0] / points[1];
}

/// The unit that a use of the largest sizes keeps busy longest; empty where the row has no timing.
std::string busiestUnit(const isa::Description &description, const isa::Intrinsic &intrinsic) {
  auto number = [&](llvm::StringRef name) -> std::optional<int64_t> {
    for (const isa::Size &size : intrinsic.sizes)
      if (size.name == name)
        return match::largestOf(size);
    return description.parameter(name);
  };
  std::string unit;
  double most = 0;
  for (const auto &[name, busy] : intrinsic.timing.busy) {
    llvm::Expected<isa::Rational> cycles = isa::evaluateFraction(busy, number);
    if (!cycles) {
      llvm::consumeError(cycles.takeError()); // it depends on values: no unit is named
      return "";
    }
    if (cycles->approximate() > most) {
      most = cycles->approximate();
      unit = name;
    }
  }
  return unit;
}

} // namespace

std::vector<std::string> intrinsicsOf(const isa::Description &description, const plan::Lowering &lowering) {
  std::vector<std::string> names;
  auto add = [&](const match::Match *match) {
    const std::string &name = description.intrinsics[match->intrinsic].family;
    if (!llvm::is_contained(names, name))
      names.push_back(name);
  };
  add(&lowering.main());
  llvm::for_each(lowering.start, add);
  llvm::for_each(lowering.add, add);
  if (lowering.final)
    add(lowering.final);
  return names;
}

Json loweringJson(const isa::Description &description, const plan::PlannedLayer &layer) {
  const plan::Lowering &lowering = *layer.lowering;
  Json mapping = Json::array();
  Mapped mapped{lowering.computation(), layer.tiling.extents};
  for (const match::Match *part : partsOf(lowering))
    mapping.push_back(partJson(description, mapped, *part));
  return {{"intrinsic", description.intrinsics[lowering.main().intrinsic].family},
          {"intrinsics", intrinsicsOf(description, lowering)},
          {"mapping", std::move(mapping)},
          {"adapters", lowering.computation().rewrites},
          {"cost_cycles", layer.cycles},
          {"unit", layer.busiest.empty() ? Json(nullptr) : Json(layer.busiest)},
          {"useful", lowering.main().useful}};
}

std::string loweringText(const isa::Description &description, const plan::PlannedLayer &layer,
                         const std::string &indent) {
  const plan::Lowering &lowering = *layer.lowering;
  std::string text = fmt::format("{}{} declared cycles", indent, grouped(uint64_t(layer.cycles + 0.5)));
  if (!layer.busiest.empty())
    text += ", " + layer.busiest + " is the busiest unit";
  text += rateText(layer.macs, layer.cycles, lowering.main().useful);
  Mapped mapped{lowering.computation(), layer.tiling.extents};
  for (const match::Match *part : partsOf(lowering))
    text += partText(description, mapped, *part, indent);
  for (const std::string &rewrite : lowering.computation().rewrites)
    text += indent + "rewritten: " + rewrite + "\n";
  return text;
}

Json mappingJson(const isa::Description &description, const native::NativeLayer &layer) {
  const isa::Intrinsic &intrinsic = description.intrinsics[layer.match->intrinsic];
  llvm::SmallVector<int64_t> tiles = usesOf(description, layer);
  const match::Computation &computation = layer.matches->computation;
  Json mapping = Json::array({partJson(description, {computation, tiles}, *layer.match)});
  std::string unit = busiestUnit(description, intrinsic);
  return {{"intrinsic", intrinsic.family}, {"intrinsics", Json::array({intrinsic.family})},
          {"mapping", std::move(mapping)}, {"adapters", computation.rewrites},
          {"cost_cycles", layer.cycles},   {"unit", nullptr},
          {"useful", usefulOf(layer)}};
}

std::string mappingText(const isa::Description &description, const native::NativeLayer &layer,
                        const std::string &indent) {
  const match::Computation &computation = layer.matches->computation;
  std::string text =
      fmt::format("{}{} declared cycles (gathers estimated)", indent, grouped(uint64_t(layer.cycles + 0.5)));
  if (std::string unit = busiestUnit(description, description.intrinsics[layer.match->intrinsic]);
      !unit.empty())
    text += ", " + unit + " is the busiest unit";
  text += rateText(layer.macs, layer.cycles, usefulOf(layer));
  text += partText(description, {computation, usesOf(description, layer)}, *layer.match, indent);
  for (const std::string &rewrite : computation.rewrites)
    text += indent + "rewritten: " + rewrite + "\n";
  return text;
}

std::vector<std::pair<std::string, std::string>> footprintTexts(const isa::Description &description,
                                                                const plan::PlannedLayer &layer) {
  plan::TilingProblem problem;
  problem.description = &description;
  problem.lowering = &*layer.lowering;
  for (const isa::Memory &memory : description.memories)
    problem.capacities.push_back(int64_t(memory.units()));
  std::vector<std::pair<std::string, std::string>> texts;
  auto units = plan::footprint(problem, layer.tiling);
  if (!units) {
    llvm::consumeError(units.takeError()); // the plan has this tiling; only its description is left out
    return texts;
  }
  for (auto [memory, taken] : llvm::zip_equal(description.memories, *units))
    if (taken > 0 && memory.kind != isa::Memory::Kind::Global)
      texts.push_back(
          {memory.name, fmt::format("{} of {} {}", grouped(uint64_t(taken)), grouped(memory.units()),
                                    memory.unit == isa::Memory::Unit::Row ? "rows" : "bytes")});
  return texts;
}

} // namespace tenon::driver
