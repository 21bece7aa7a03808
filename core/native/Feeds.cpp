// Moves by layout, reading in place where the strides allow it, packing otherwise.
#include "core/native/Feeds.h"

#include "core/match/Gather.h"
#include "core/native/LayerParts.h"
#include "core/native/Panels.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {
namespace {

/// A block of a tensor that lies elsewhere in strides is read in place if it is read fewer times than this;
/// copying it into order costs about as much as reading it a few times.
constexpr int64_t packedFromReuse = 8;
/// Addresses this far apart share a set of the innermost cache on common processors, which has places for
/// about so many of them with room for the other operand.
constexpr int64_t cacheWayBytes = 4096, competingUses = 6;
constexpr int64_t lineBytes = 64;

double busiest(const isa::Description &description, unsigned intrinsic, llvm::ArrayRef<int64_t> sizes) {
  isa::Instruction instruction;
  instruction.intrinsic = intrinsic;
  instruction.sizes.assign(sizes.begin(), sizes.end());
  instruction.values.assign(description.intrinsics[intrinsic].values.size(), 0);
  llvm::Expected<isa::Cost> cost = isa::cost(description, instruction);
  if (!cost) {
    llvm::consumeError(cost.takeError()); // timing that needs addresses: no better number is known here
    return 1;
  }
  return std::max(cost->bound(), 1.0 / 16);
}

/// The move's operands, and that it goes from memory to the registers of the operand.
std::optional<FillMove> asFill(const isa::Description &description, unsigned number,
                               const isa::OperandDeclaration &wanted) {
  const isa::Intrinsic &row = description.intrinsics[number];
  if (row.llvm.empty() || !row.isMove() || row.operands.size() != 2 || !description.has(row))
    return std::nullopt;
  FillMove move;
  move.intrinsic = number;
  move.source = row.operands[0].access == isa::OperandDeclaration::Access::Read ? 0 : 1;
  move.destination = 1 - move.source;
  const isa::OperandDeclaration &source = row.operands[move.source], &into = row.operands[move.destination];
  bool fromMemory = description.memories[source.memories.front()].kind != isa::Memory::Kind::Registers;
  if (!fromMemory || into.memories.front() != wanted.memories.front() || into.type != wanted.type)
    return std::nullopt;
  for (const isa::Size &size : row.sizes)
    move.sizes.push_back(sizeAlong(size, INT64_MAX));
  return move;
}

} // namespace

llvm::Expected<FillMove> fillMove(const isa::Description &description, const GatheredUse &use,
                                  const UseOperand &operand) {
  const isa::OperandDeclaration &wanted = use.intrinsic->operands[operand.operand];
  std::optional<FillMove> best;
  for (unsigned number = 0; number < description.intrinsics.size(); ++number) {
    std::optional<FillMove> move = asFill(description, number, wanted);
    if (!move)
      continue;
    const isa::Intrinsic &row = description.intrinsics[number];
    llvm::SmallVector<int64_t, 4> values(row.values.size(), 0);
    llvm::Expected<RegisterLayout> layout =
        registerLayout(description, row, move->destination, move->sizes, values);
    if (!layout) {
      llvm::consumeError(layout.takeError()); // a row whose operand has no layout of registers fills none
      continue;
    }
    if (*layout != operand.layout)
      continue;
    move->registers = layout->registers;
    move->cycles = busiest(description, number, move->sizes);
    if (!best || move->cycles < best->cycles)
      best = move;
  }
  if (best)
    return *best;
  return failure(ExitCode::TargetCannot, use.intrinsic->name + ": no move fills operand " + wanted.name +
                                             " (" + wanted.type.str() +
                                             (wanted.holds ? ", \"" + wanted.holds->text + "\"" : "") +
                                             "); declare one whose destination has the same type and layout");
}

namespace {

/// The tensor's address in place, in elements, or nothing.
struct InPlace {
  KernelArgument argument;
  TensorAddress address;
};

/// A gather that only reads one tensor, at fixed distances along each axis of the array.
std::optional<InPlace> gatheredInPlace(const GatheredUse &use, const UseOperand &operand,
                                       const match::Gather &gather) {
  std::optional<match::StridedRead> read = match::stridedRead(gather);
  if (!read || gather.sources[read->source].kind != match::TensorSource::Kind::Value)
    return std::nullopt;
  InPlace place;
  place.argument.value = gather.sources[read->source].value;
  place.address.start = read->offset;
  for (auto [axis, index] : llvm::enumerate(operand.access.getResults())) {
    auto loop = mlir::dyn_cast<mlir::AffineDimExpr>(index);
    std::optional<int64_t> stride = read->strides[axis];
    if (!stride)
      return std::nullopt;
    for (unsigned which = 0; loop && which < classCount; ++which)
      if (use.classes[which].loop == int(loop.getPosition()))
        place.address.strides[which] = *stride;
  }
  return place;
}

std::optional<InPlace> inPlace(const FeedRequest &request) {
  const match::TensorSource &source = request.computation.sources[request.operand.tensor];
  llvm::ArrayRef<int64_t> shape = request.computation.nest.operands[request.operand.tensor].shape;
  if (source.kind == match::TensorSource::Kind::Gathered)
    return gatheredInPlace(request.use, request.operand, *source.gather);
  if (source.kind != match::TensorSource::Kind::Value)
    return std::nullopt;
  std::optional<TensorAddress> address = addressOf(request.use, request.operand.access, shape);
  if (!address)
    return std::nullopt;
  InPlace place;
  place.argument.value = source.value;
  place.address = *address;
  return place;
}

/// Whether the elements of every use stand in the tensor as the move reads them, none of them past its end.
bool isReadable(const GatheredUse &use, const UseOperand &operand, const TensorAddress &address) {
  int64_t dense = 1;
  for (size_t axis = operand.extents.size(); axis-- > 0; dense *= operand.extents[axis]) {
    if (operand.extents[axis] == 1)
      continue;
    int which = operand.axisClass[axis];
    if (which < 0 || !use.classes[unsigned(which)].isWhole() || address.strides[unsigned(which)] != dense)
      return false;
  }
  return true;
}

Feed readInPlace(const FeedRequest &request, const InPlace &place) {
  int64_t bytes = request.use.intrinsic->operands[request.operand.operand].type.scalar.storageBytes();
  auto step = [&](LoopClass which) {
    return place.address.strides[unsigned(which)] * request.use.of(which).step * bytes;
  };
  Feed feed;
  feed.argument = place.argument;
  feed.start = place.address.start * bytes;
  feed.groupBytes = step(LoopClass::Group);
  feed.depthBytes = step(LoopClass::Depth);
  feed.withinBytes = step(request.side);
  feed.blockBytes = feed.withinBytes * request.within;
  return feed;
}

/// Whether copying the tensor into order pays: its blocks are read again and again, and either a step of the
/// reduction goes to another line of memory each time, or the uses of a block lie so that they compete for
/// the same few places of a cache.
bool paysToPack(const FeedRequest &request, const Feed &feed) {
  int64_t tile = request.operand.elements() *
                 request.use.intrinsic->operands[request.operand.operand].type.scalar.storageBytes();
  bool competes = request.within > competingUses && feed.withinBytes % cacheWayBytes == 0;
  return request.reuse >= packedFromReuse && (feed.depthBytes > tile || competes);
}

llvm::Expected<KernelArgument> packed(const FeedRequest &request, const Panels &panels, LayerCode &code) {
  const match::TensorSource &source = request.computation.sources[request.operand.tensor];
  if (source.kind == match::TensorSource::Kind::Constant) {
    auto constant = packConstant(request.use, request.operand, panels, *source.constant);
    if (!constant)
      return constant.takeError();
    return constantArgument(std::move(*constant));
  }
  return arrangedArgument(
      request.description, request.computation, request.operand.tensor, request.operand.access,
      packedOrder(request.use, request.operand, panels, request.computation.nest.loops.size()), request.name,
      code);
}

/// A gathered operand as the dense array that it is, if that can be read where it then lies: it is made in
/// long runs, which a packed order would cut into pieces.
std::optional<InPlace> asArray(const FeedRequest &request) {
  const match::TensorSource &source = request.computation.sources[request.operand.tensor];
  if (source.kind != match::TensorSource::Kind::Gathered)
    return std::nullopt;
  auto address = addressOf(request.use, request.operand.access,
                           request.computation.nest.operands[request.operand.tensor].shape);
  if (!address)
    return std::nullopt;
  return InPlace{{}, *address};
}

} // namespace

llvm::Expected<Feed> feedOf(const FeedRequest &request, FillMove move, LayerCode &code) {
  std::optional<InPlace> place = inPlace(request);
  if (place && isReadable(request.use, request.operand, place->address)) {
    Feed feed = readInPlace(request, *place);
    if (!paysToPack(request, feed)) {
      feed.move = std::move(move);
      return feed;
    }
  }
  std::optional<InPlace> array = asArray(request);
  if (array && isReadable(request.use, request.operand, array->address)) {
    Feed feed = readInPlace(request, *array);
    if (!paysToPack(request, feed)) {
      auto argument = argumentOf(request.description, request.computation.sources[request.operand.tensor],
                                 request.name, code);
      if (!argument)
        return argument.takeError();
      feed.argument = std::move(*argument);
      feed.move = std::move(move);
      return feed;
    }
  }
  Panels panels = panelsOf(request.use, request.operand, request.side, request.within);
  bool isConstant =
      request.computation.sources[request.operand.tensor].kind == match::TensorSource::Kind::Constant;
  panels.interleaved = isConstant;
  if (!panels.interleaved && panels.withinBytes() % cacheWayBytes == 0)
    panels.gap = (lineBytes + panels.useBytes() - 1) / panels.useBytes();
  llvm::Expected<KernelArgument> argument = packed(request, panels, code);
  if (!argument)
    return argument.takeError();
  Feed feed;
  feed.move = std::move(move);
  feed.argument = std::move(*argument);
  feed.packed = true;
  feed.groupBytes = request.operand.dependsOn[unsigned(LoopClass::Group)] ? panels.groupBytes() : 0;
  feed.blockBytes = panels.blockBytes();
  feed.depthBytes = request.operand.dependsOn[unsigned(LoopClass::Depth)] ? panels.depthBytes() : 0;
  feed.withinBytes = panels.withinBytes();
  return feed;
}

} // namespace tenon::native
