// Boxes of a layer's loops one after the other: load what the box reads, compute in pieces, drain, store.
#include "core/plan/LayerBuffers.h"

#include "core/support/Error.h"

#include "fmt/format.h"

#include <numeric>

namespace tenon::plan {

namespace {

using Kind = match::TensorSource::Kind;

/// Calls `body` for every combination of pieces of the loops, the last of `order` innermost.
llvm::Error forEachPiece(const std::vector<std::vector<Piece>> &pieces, llvm::ArrayRef<unsigned> order,
                         llvm::function_ref<llvm::Error(llvm::ArrayRef<Piece>)> body) {
  std::vector<Piece> current(pieces.size());
  std::vector<size_t> at(order.size(), 0);
  while (true) {
    for (auto [position, loop] : llvm::zip_equal(at, order))
      current[loop] = pieces[loop][position];
    if (llvm::Error error = body(current))
      return error;
    size_t level = order.size();
    while (level > 0 && ++at[level - 1] == pieces[order[level - 1]].size())
      at[--level] = 0;
    if (level == 0)
      return llvm::Error::success();
  }
}

class LayerEmitter {
public:
  LayerEmitter(const EmissionInput &input, const GlobalView &global, Allocator &allocator,
               unsigned globalMemory, std::vector<isa::Instruction> &into)
      : description(*input.description), lowering(*input.lowering), computation(lowering.computation()),
        tiling(input.tiling), origin(input.origin), store(input.store), keep(input.keep), global(global),
        globalMemory(globalMemory), into(into), buffers(input, global, allocator, globalMemory, into) {}

  llvm::Expected<EmissionResult> run() {
    llvm::Error error = runBoxes();
    buffers.releaseAll();
    if (error)
      return error;
    return std::move(result);
  }

private:
  const isa::Intrinsic &intrinsicOf(const match::Match &match) const {
    return description.intrinsics[match.intrinsic];
  }

  llvm::Error runBoxes() {
    unsigned count = computation.nest.loops.size();
    std::vector<std::vector<Piece>> boxes(count);
    std::vector<unsigned> order(count);
    std::iota(order.begin(), order.end(), 0);
    for (unsigned loop = 0; loop < count; ++loop)
      for (int64_t start = 0; start < computation.nest.loops[loop].extent; start += tiling.extents[loop])
        boxes[loop].push_back(
            {start, std::min(tiling.extents[loop], computation.nest.loops[loop].extent - start), 1});
    boxesLeft = 1;
    for (const std::vector<Piece> &along : boxes)
      boxesLeft *= along.size();
    return forEachPiece(boxes, order, [&](llvm::ArrayRef<Piece> box) {
      --boxesLeft;
      Region region;
      bool first = true, last = true;
      for (unsigned loop = 0; loop < count; ++loop) {
        region.start.push_back(box[loop].start);
        region.extent.push_back(box[loop].inner);
        if (loop >= computation.parallelLoops()) {
          first &= box[loop].start == 0;
          last &= box[loop].start + box[loop].inner == computation.nest.loops[loop].extent;
        }
      }
      return runBox(region, first, last);
    });
  }

  llvm::Error runBox(const Region &region, bool first, bool last) {
    const match::Match &main = lowering.main();
    // What is there from the beginning need not be loaded behind what waits for the layer before.
    auto waits = [&](const match::OperandBinding &binding) {
      const match::TensorSource &source = computation.sources[binding.tensor];
      return source.kind == Kind::Value && !global.isInput(source.value);
    };
    for (bool waiting : {false, true})
      for (const match::OperandBinding *binding : sources(description, main))
        if (waits(*binding) == waiting)
          if (llvm::Error error = buffers.load(main, *binding, region))
            return error;
    const match::OperandBinding &sum = destination(description, main);
    if (first)
      if (llvm::Error error = buffers.reserve(main, sum, region))
        return error;
    bool initialised = false;
    if (first && !lowering.whole)
      if (llvm::Error error = initialise(region, initialised))
        return error;
    if (llvm::Error error = compute(region, first, initialised))
      return error;
    if (!last)
      return llvm::Error::success();
    if (!lowering.final)
      return finish(sum);
    if (llvm::Error error = drain(region))
      return error;
    buffers.forget(sum);
    return llvm::Error::success();
  }

  /// Puts the reduction's start into the accumulators, where it is not the 0 that the first use gives itself.
  llvm::Error initialise(const Region &region, bool &initialised) {
    bool startsAtZero = true;
    const nest::Statement &core = computation.nest.statements[computation.core];
    if (core.start)
      startsAtZero = core.start->integer == 0 && core.start->real == 0;
    if (computation.init < 0 && startsAtZero && !lowering.start.empty())
      return llvm::Error::success();
    if (computation.init < 0)
      return failure(ExitCode::TargetCannot,
                     fmt::format("the sum starts at {}, no intrinsic like {} starts there",
                                 core.start ? core.start->integer : 0, intrinsicOf(lowering.main()).name));
    const nest::Statement &init = computation.nest.statements[computation.init];
    const nest::Node &value = init.body[init.value];
    if (value.op != nest::Opcode::Read || computation.sources[value.access.operand].kind != Kind::Constant)
      return failure(ExitCode::TargetCannot, "the sum starts at something that is not a constant tensor");
    initialised = true;
    return copyStart(*computation.sources[value.access.operand].constant, value.access.indices);
  }

  llvm::Error copyStart(const match::ConstantTensor &constant, mlir::AffineMap indices) {
    auto address = global.constant(constant.bytes, description.memories[globalMemory].align);
    if (!address)
      return address.takeError();
    const Placement &sum = buffers.at(destination(description, lowering.main()));
    auto copies = copiesOfStart(sum, constant, indices, unsigned(computation.nest.loops.size()), *address,
                                globalMemory);
    if (!copies)
      return copies.takeError();
    for (const Copy &copy : *copies)
      if (llvm::Error error = expandCopy(description, copy, origin, into))
        return error;
    return llvm::Error::success();
  }

  /// Loops whose tiles are loaded for each use come first, so that a tile serves as many uses as it can.
  llvm::Expected<std::vector<unsigned>> orderOfUses(const match::Match &match) const {
    std::vector<unsigned> order;
    for (const match::OperandBinding *binding : sources(description, match)) {
      auto route = routeTo(description, intrinsicOf(match), binding->operand);
      if (!route)
        return route.takeError();
      if (route->byTile)
        for (unsigned loop : nest::usedLoops(binding->access))
          if (!llvm::is_contained(order, loop))
            order.push_back(loop);
    }
    for (unsigned loop = 0; loop < computation.nest.loops.size(); ++loop)
      if (!llvm::is_contained(order, loop))
        order.push_back(loop);
    return order;
  }

  llvm::Error compute(const Region &region, bool firstBox, bool initialised) {
    const match::Match &main = lowering.main();
    auto order = orderOfUses(main);
    if (!order)
      return order.takeError();
    std::vector<std::vector<Piece>> pieces;
    for (unsigned loop = 0; loop < region.start.size(); ++loop) {
      auto found = piecesOf(intrinsicOf(main), main.loops[loop], region.start[loop], region.extent[loop]);
      if (!found)
        return found.takeError();
      pieces.push_back(std::move(*found));
    }
    return forEachPiece(pieces, *order, [&](llvm::ArrayRef<Piece> piece) -> llvm::Error {
      bool first = firstBox;
      for (unsigned loop = computation.parallelLoops(); loop < piece.size(); ++loop)
        first &= piece[loop].start == region.start[loop];
      bool starts = lowering.whole || (first && !initialised);
      const auto &variants = starts ? lowering.start : lowering.add;
      if (variants.empty())
        return failure(ExitCode::TargetCannot,
                       fmt::format("{} has no variant that {}", intrinsicOf(main).name,
                                   starts ? "starts a sum (=)" : "adds to a sum (+=)"));
      return use(variants, piece);
    });
  }

  /// One use: tiles that it needs are loaded, and the variant taken that makes a new tile current or keeps
  /// the old.
  llvm::Error use(llvm::ArrayRef<const match::Match *> variants, llvm::ArrayRef<Piece> pieces) {
    const match::Match &shape = *variants.front();
    llvm::SmallVector<int64_t> sizes = sizesOf(shape, pieces), loops;
    for (const Piece &piece : pieces)
      loops.push_back(piece.start);
    llvm::SmallVector<unsigned> fresh, kept; // rotating memories
    for (const match::OperandBinding *binding : sources(description, shape)) {
      if (computation.sources[binding->tensor].kind == Kind::Local)
        continue; // a sum is read where it was made: nothing needs to lead there
      auto route = routeTo(description, intrinsicOf(shape), binding->operand);
      if (!route)
        return route.takeError();
      if (!route->byTile)
        continue;
      bool canKeep = llvm::any_of(variants, [&](const match::Match *variant) {
        return !llvm::is_contained(intrinsicOf(*variant).advances, route->memory);
      });
      auto loaded = buffers.loadTile(shape, *binding, *route, sizes, loops, canKeep);
      if (!loaded)
        return loaded.takeError();
      (*loaded ? fresh : kept).push_back(route->memory);
    }
    for (const match::Match *variant : variants) {
      const auto &advances = intrinsicOf(*variant).advances;
      auto advanced = [&](unsigned memory) { return llvm::is_contained(advances, memory); };
      if (llvm::all_of(fresh, advanced) && llvm::none_of(kept, advanced))
        return append(*variant, sizes, loops);
    }
    return failure(
        ExitCode::TargetCannot,
        fmt::format("{} has no variant that makes a preloaded tile current", intrinsicOf(shape).name));
  }

  llvm::SmallVector<int64_t> sizesOf(const match::Match &match, llvm::ArrayRef<Piece> pieces) const {
    llvm::SmallVector<int64_t> sizes;
    for (const isa::Size &size : intrinsicOf(match).sizes)
      sizes.push_back(size.choices.empty() ? size.low : size.choices.front());
    for (auto [assignment, piece] : llvm::zip(match.loops, pieces)) {
      if (assignment.inner >= 0)
        sizes[assignment.inner] = piece.inner;
      if (assignment.block >= 0)
        sizes[assignment.block] = piece.blocks;
    }
    return sizes;
  }

  llvm::Error append(const match::Match &match, llvm::ArrayRef<int64_t> sizes,
                     llvm::ArrayRef<int64_t> loops) {
    const isa::Intrinsic &intrinsic = intrinsicOf(match);
    isa::Instruction instruction;
    instruction.intrinsic = match.intrinsic;
    instruction.queue = unsigned(std::max(intrinsic.queue, 0));
    instruction.origin = origin;
    instruction.sizes.assign(sizes.begin(), sizes.end());
    instruction.values.assign(match.values.begin(), match.values.end());
    instruction.operands.resize(intrinsic.operands.size());
    for (const match::OperandBinding &binding : match.operands) {
      unsigned memory = intrinsic.operands[binding.operand].memories.front();
      const Placement *placement = buffers.find(binding);
      if (placement && placement->memory == memory) {
        auto operand = operandUse(description, computation, match, binding, *placement, loops, sizes,
                                  instruction.values);
        if (!operand)
          return operand.takeError();
        instruction.operands[binding.operand] = std::move(*operand);
      } else {
        instruction.operands[binding.operand] = {
            memory, 0,
            isa::denseStrides(description, intrinsic, binding.operand, memory, sizes, match.values)};
      }
    }
    if (llvm::Error error = isa::check(description, instruction))
      return error;
    into.push_back(std::move(instruction));
    return llvm::Error::success();
  }

  llvm::Error drain(const Region &region) {
    const match::Match &final = *lowering.final;
    for (const match::OperandBinding *binding : sources(description, final))
      if (computation.sources[binding->tensor].kind != Kind::Local)
        if (llvm::Error error = buffers.load(final, *binding, region))
          return error;
    const match::OperandBinding &drained = destination(description, final);
    if (llvm::Error error = buffers.reserve(final, drained, region))
      return error;
    std::vector<std::vector<Piece>> pieces(region.start.size(), {Piece{}});
    std::vector<unsigned> order;
    for (unsigned loop = 0; loop < computation.parallelLoops(); ++loop) {
      auto found = piecesOf(intrinsicOf(final), final.loops[loop], region.start[loop], region.extent[loop]);
      if (!found)
        return found.takeError();
      pieces[loop] = std::move(*found);
      order.push_back(loop);
    }
    if (llvm::Error error = forEachPiece(
            pieces, order, [&](llvm::ArrayRef<Piece> piece) { return use({lowering.final}, piece); }))
      return error;
    return finish(drained);
  }

  /// Stores the result, and gives its buffer back or hands it on; one that stays, when its last box is done.
  llvm::Error finish(const match::OperandBinding &binding) {
    if (keep && boxesLeft > 0)
      return llvm::Error::success();
    const match::TensorSource &source = computation.sources[binding.tensor];
    const Placement &placement = buffers.at(binding);
    if (store) {
      auto home = global.home(source.value, computation.nest.operands[binding.tensor].shape);
      if (!home)
        return home.takeError();
      for (const Copy &copy : copiesOf(placement, *home, globalMemory, true))
        if (llvm::Error error = expandCopy(description, copy, origin, into))
          return error;
    }
    if (keep)
      result.kept = residentOf(placement, computation.nest.operands[binding.tensor].shape);
    if (result.kept)
      buffers.handOver(binding);
    else if (!store)
      return failure(ExitCode::OwnFault, "a result is neither stored nor kept");
    buffers.forget(binding);
    return llvm::Error::success();
  }

  const isa::Description &description;
  const Lowering &lowering;
  const match::Computation &computation;
  const Tiling &tiling;
  unsigned origin;
  bool store, keep;
  size_t boxesLeft = 0; ///< after the one that is worked on
  EmissionResult result;
  const GlobalView &global;
  unsigned globalMemory;
  std::vector<isa::Instruction> &into;
  LayerBuffers buffers;
};

} // namespace

llvm::Expected<EmissionResult> emit(const EmissionInput &input, const GlobalView &global,
                                    Allocator &allocator, std::vector<isa::Instruction> &into) {
  auto memory = globalMemory(*input.description);
  if (!memory)
    return memory.takeError();
  return LayerEmitter(input, global, allocator, *memory, into).run();
}

std::vector<const match::OperandBinding *> residentReads(const isa::Description &description,
                                                         const Lowering &lowering, const GlobalView &global) {
  std::vector<const match::OperandBinding *> found;
  auto look = [&](const match::Match &match) {
    for (const match::OperandBinding *binding : sources(description, match)) {
      auto route = routeTo(description, description.intrinsics[match.intrinsic], binding->operand);
      if (!route)
        llvm::consumeError(route.takeError()); // the expander reports it
      else if (onChip(description, lowering.computation(), match, *binding, *route, global))
        found.push_back(binding);
    }
  };
  look(lowering.main());
  if (lowering.final)
    look(*lowering.final);
  return found;
}

} // namespace tenon::plan
