// Deciding which homes a tensor has, and handing out addresses.
#include "core/plan/GlobalSpace.h"

#include "core/support/Error.h"

#include "fmt/format.h"
#include "mlir/IR/AffineExpr.h"

namespace tenon::plan {

namespace {

using Kind = match::TensorSource::Kind;

int64_t countOf(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

llvm::SmallVector<int64_t> stridesOf(llvm::ArrayRef<int64_t> shape, int64_t elementBytes) {
  llvm::SmallVector<int64_t> strides(shape.size(), elementBytes);
  for (int dimension = int(shape.size()) - 2; dimension >= 0; --dimension)
    strides[unsigned(dimension)] = strides[unsigned(dimension) + 1] * shape[unsigned(dimension) + 1];
  return strides;
}

llvm::SmallVector<int64_t> padded(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> before,
                                  llvm::ArrayRef<int64_t> after) {
  llvm::SmallVector<int64_t> result;
  for (auto [extent, low, high] : llvm::zip_equal(shape, before, after))
    result.push_back(extent + low + high);
  return result;
}

} // namespace

llvm::Expected<GlobalSpace> GlobalSpace::create(const isa::Description &description,
                                                const reference::Program &program,
                                                llvm::ArrayRef<PlannedLayer> layers, bool keepTensors) {
  GlobalSpace space;
  space.description = &description;
  space.program = &program;
  space.homes.resize(program.buffers.size());
  auto memory = globalMemory(description);
  if (!memory)
    return memory.takeError();
  space.memory = *memory;
  if (llvm::Error error = space.decide(layers, keepTensors))
    return error;
  return space;
}

llvm::Error GlobalSpace::readBy(const match::Computation &computation, const match::OperandBinding &binding) {
  const match::TensorSource &source = computation.sources[binding.tensor];
  if (source.kind != Kind::Value)
    return llvm::Error::success();
  Homes &entry = homes[program->values[source.value].buffer];
  entry.onTarget = true;
  if (!binding.outside)
    return llvm::Error::success();
  const nest::Operand &operand = computation.nest.operands[binding.tensor];
  llvm::SmallVector<int64_t> before(operand.shape.size(), 0), after(operand.shape.size(), 0);
  bool leaves = false;
  for (auto [dimension, expression] : llvm::enumerate(binding.access.getResults())) {
    if (llvm::any_of(binding.windows,
                     [&, &number = dimension](const auto &window) { return window.dimension == number; }))
      continue;
    auto range = nest::indexRange(expression, computation.nest.loops);
    if (!range)
      return failure(ExitCode::TargetCannot, "an index is beyond what can be reasoned about");
    before[dimension] = std::max<int64_t>(0, -range->low);
    after[dimension] = std::max<int64_t>(0, range->high - operand.shape[dimension] + 1);
    leaves |= before[dimension] > 0 || after[dimension] > 0;
  }
  if (!leaves)
    return llvm::Error::success();
  if (!entry.padding) {
    entry.padding = Padding{operand.shape, before, after, operand.type, *binding.outside, 0};
    return llvm::Error::success();
  }
  Padding &padding = *entry.padding;
  if (padding.shape != operand.shape || padding.fill.integer != binding.outside->integer ||
      padding.fill.real != binding.outside->real)
    return failure(ExitCode::TargetCannot,
                   fmt::format("tensor {} is padded in two ways (with {} and {}), its home has one border",
                               operand.name, padding.fill.integer, binding.outside->integer));
  for (unsigned dimension = 0; dimension < before.size(); ++dimension) {
    padding.before[dimension] = std::max(padding.before[dimension], before[dimension]);
    padding.after[dimension] = std::max(padding.after[dimension], after[dimension]);
  }
  return llvm::Error::success();
}

llvm::Error GlobalSpace::decide(llvm::ArrayRef<PlannedLayer> layers, bool keepTensors) {
  for (const PlannedLayer &layer : layers) {
    if (!layer.lowering)
      continue;
    const match::Computation &computation = layer.lowering->computation();
    std::vector<const match::Match *> matches{&layer.lowering->main()};
    if (layer.lowering->final)
      matches.push_back(layer.lowering->final);
    for (const match::Match *match : matches)
      for (const match::OperandBinding &binding : match->operands)
        if (llvm::Error error = readBy(computation, binding))
          return error;
  }
  auto wantDense = [&](unsigned value) { homes[program->values[value].buffer].dense = true; };
  for (unsigned value : program->inputs)
    wantDense(value);
  for (unsigned value : program->outputs)
    wantDense(value);
  if (keepTensors)
    for (const reference::Step &step : program->steps)
      if (step.tensor)
        wantDense(step.results.front());
  for (const PlannedLayer &layer : layers) {
    if (!layer.lowering) {
      for (unsigned step : layer.steps) {
        for (unsigned value : program->steps[step].operands)
          wantDense(value);
        for (unsigned value : program->steps[step].results)
          wantDense(value);
      }
      continue;
    }
    // Who sees the tensor under another shape, or only unpadded, takes the dense home.
    const match::Computation &computation = layer.lowering->computation();
    for (auto [operand, source] : llvm::zip_equal(computation.nest.operands, computation.sources)) {
      if (source.kind != Kind::Value)
        continue;
      Homes &entry = homes[program->values[source.value].buffer];
      if (!entry.padding || entry.padding->shape != operand.shape)
        entry.dense = true;
    }
  }
  for (Homes &entry : homes)
    if (entry.padding) {
      Padding &padding = *entry.padding;
      auto shape = ::tenon::plan::padded(padding.shape, padding.before, padding.after);
      auto address = take(uint64_t(countOf(shape)) * padding.type.storageBytes(),
                          description->memories[memory].align, "a padded tensor");
      if (!address)
        return address.takeError();
      padding.address = *address;
      writeBorder(padding);
    }
  return llvm::Error::success();
}

llvm::Expected<int64_t> GlobalSpace::take(uint64_t bytes, int64_t align, const std::string &what) {
  const isa::Memory &global = description->memories[memory];
  uint64_t at = (next + uint64_t(align) - 1) / uint64_t(align) * uint64_t(align);
  if (at > global.bytes || bytes > global.bytes - at)
    return failure(ExitCode::TargetCannot, fmt::format("{} needs {} bytes of {}, {} of {} are taken", what,
                                                       bytes, global.name, at, global.bytes));
  next = at + bytes;
  return int64_t(at);
}

/// The places of the padded tensor that are not the tensor's, as runs of equal bytes.
void GlobalSpace::writeBorder(const Padding &padding) {
  auto shape = ::tenon::plan::padded(padding.shape, padding.before, padding.after);
  int64_t elementBytes = padding.type.storageBytes();
  int64_t count = countOf(shape), runStart = -1;
  auto isBorder = [&](int64_t element) {
    for (int dimension = int(shape.size()) - 1; dimension >= 0; --dimension) {
      int64_t index = element % shape[unsigned(dimension)] - padding.before[unsigned(dimension)];
      if (index < 0 || index >= padding.shape[unsigned(dimension)])
        return true;
      element /= shape[unsigned(dimension)];
    }
    return false;
  };
  for (int64_t element = 0; element <= count; ++element) {
    bool border = element < count && isBorder(element);
    if (border && runStart < 0)
      runStart = element;
    if (border || runStart < 0)
      continue;
    runtime::Segment segment;
    segment.location.address = uint64_t(padding.address + runStart * elementBytes);
    segment.location.bytes = uint64_t((element - runStart) * elementBytes);
    for (int64_t place = runStart; place < element; ++place)
      for (int64_t byte = 0; byte < elementBytes; ++byte)
        segment.content.push_back(uint8_t(uint64_t(padding.fill.integer) >> (8 * byte)));
    segments.push_back(std::move(segment));
    runStart = -1;
  }
}

llvm::Expected<Home> GlobalSpace::home(unsigned value, llvm::ArrayRef<int64_t> shape) {
  const Homes &entry = homes[program->values[value].buffer];
  int64_t elementBytes = program->values[value].type.storageBytes();
  Home result;
  if (usesPadded(program->values[value].buffer, shape)) {
    const Padding &padding = *entry.padding;
    result.strides = stridesOf(::tenon::plan::padded(shape, padding.before, padding.after), elementBytes);
    result.before = padding.before;
    result.after = padding.after;
    result.address = padding.address;
    for (auto [before, stride] : llvm::zip_equal(padding.before, result.strides))
      result.address += before * stride;
    return result;
  }
  auto place = dense(program->values[value].buffer);
  if (!place)
    return place.takeError();
  if (place->hostBuffer)
    return failure(ExitCode::OwnFault, fmt::format("value {} has no home in global memory", value));
  result.strides = stridesOf(shape, elementBytes);
  result.before.assign(shape.size(), 0);
  result.after.assign(shape.size(), 0);
  result.address = int64_t(place->address);
  return result;
}

llvm::Expected<int64_t> GlobalSpace::constant(std::vector<char> bytes, int64_t align) {
  auto known = constants.find(bytes);
  if (known != constants.end())
    return known->second;
  auto address = take(bytes.size(), align, "a constant");
  if (!address)
    return address;
  runtime::Segment segment;
  segment.location.address = uint64_t(*address);
  segment.location.bytes = bytes.size();
  segment.content.assign(bytes.begin(), bytes.end());
  segments.push_back(std::move(segment));
  constants.emplace(std::move(bytes), *address);
  return address;
}

llvm::Expected<runtime::Location> GlobalSpace::dense(unsigned buffer) {
  Homes &entry = homes[buffer];
  if (entry.denseAt)
    return *entry.denseAt;
  runtime::Location location;
  location.bytes = program->buffers[buffer].bytes;
  if (entry.onTarget) {
    auto address =
        take(location.bytes, description->memories[memory].align, fmt::format("tensor {}", buffer));
    if (!address)
      return address.takeError();
    location.address = uint64_t(*address);
  } else {
    location.hostBuffer = unsigned(hostBuffers.size());
    hostBuffers.push_back(location.bytes);
  }
  entry.denseAt = location;
  return location;
}

std::optional<runtime::Location> GlobalSpace::padded(unsigned buffer) const {
  const std::optional<Padding> &padding = homes[buffer].padding;
  if (!padding)
    return std::nullopt;
  runtime::Location location;
  location.address = uint64_t(padding->address);
  location.bytes = uint64_t(countOf(::tenon::plan::padded(padding->shape, padding->before, padding->after))) *
                   padding->type.storageBytes();
  return location;
}

bool GlobalSpace::usesPadded(unsigned buffer, llvm::ArrayRef<int64_t> shape) const {
  const std::optional<Padding> &padding = homes[buffer].padding;
  return padding && llvm::ArrayRef<int64_t>(padding->shape) == shape;
}

bool GlobalSpace::needsDense(unsigned buffer) const { return homes[buffer].dense; }

HomeCopy GlobalSpace::copy(unsigned buffer, bool toPadded, mlir::MLIRContext &context) const {
  const Padding &padding = *homes[buffer].padding;
  auto around = ::tenon::plan::padded(padding.shape, padding.before, padding.after);
  HomeCopy copy{buffer, toPadded, {}};
  const auto &box = toPadded ? around : padding.shape;
  nest::Statement statement;
  nest::Node read;
  read.op = nest::Opcode::Read;
  read.type = padding.type;
  llvm::SmallVector<mlir::AffineExpr> to, from;
  for (unsigned dimension = 0; dimension < box.size(); ++dimension) {
    copy.nest.loops.push_back({fmt::format("d{}", dimension), box[dimension], false});
    statement.loops.push_back(dimension);
    mlir::AffineExpr loop = mlir::getAffineDimExpr(dimension, &context);
    to.push_back(loop);
    from.push_back(loop + (toPadded ? -padding.before[dimension] : padding.before[dimension]));
  }
  copy.nest.operands = {{"from", padding.type, toPadded ? padding.shape : around, false},
                        {"to", padding.type, toPadded ? around : padding.shape, false}};
  read.access.operand = 0;
  read.access.indices = mlir::AffineMap::get(unsigned(box.size()), 0, from, &context);
  if (toPadded)
    read.access.outside = padding.fill;
  statement.destination.operand = 1;
  statement.destination.indices = mlir::AffineMap::get(unsigned(box.size()), 0, to, &context);
  statement.body.push_back(std::move(read));
  copy.nest.statements.push_back(std::move(statement));
  return copy;
}

} // namespace tenon::plan
