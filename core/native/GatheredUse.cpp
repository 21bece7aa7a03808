// Classes of loops, and operands of the use.
#include "core/native/GatheredUse.h"

#include "core/ir/nest/AccessAnalysis.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {

int64_t UseOperand::elements() const {
  int64_t count = 1;
  for (int64_t extent : extents)
    count *= extent;
  return count;
}

bool UseOperand::isFilling(int64_t element) const {
  for (size_t axis = extents.size(); axis-- > 0; element /= extents[axis])
    if (axisClass[axis] < 0 && element % extents[axis] != 0)
      return true;
  return false;
}

std::array<int64_t, classCount> UseOperand::placeOf(int64_t element) const {
  std::array<int64_t, classCount> place = {};
  for (size_t axis = extents.size(); axis-- > 0; element /= extents[axis])
    if (axisClass[axis] >= 0)
      place[unsigned(axisClass[axis])] += element % extents[axis];
  return place;
}

namespace {

class Binder {
public:
  Binder(const isa::Description &ofChip, const match::Computation &layer, const match::Match &chosen)
      : description(ofChip), computation(layer), match(chosen) {
    use.number = chosen.intrinsic;
    use.intrinsic = &ofChip.intrinsics[chosen.intrinsic];
  }

  llvm::Expected<GatheredUse> run();

private:
  llvm::Error refuse(const std::string &why) const {
    return failure(ExitCode::TargetCannot, use.intrinsic->name + ": " + why);
  }
  llvm::Error findOperands();
  llvm::Error classify();
  void bindSizes();
  llvm::Error bind(UseOperand &operand);
  /// Whether the meaning reads or writes the operand's axes by the sizes of their names, and nothing else.
  bool isPlain(unsigned operand) const;

  const isa::Description &description;
  const match::Computation &computation;
  const match::Match &match;
  GatheredUse use;
  std::vector<int> classOfLoop;
};

llvm::Error Binder::findOperands() {
  std::vector<const match::OperandBinding *> read, written;
  for (const match::OperandBinding &binding : match.operands) {
    bool isRead = use.intrinsic->operands[binding.operand].access == isa::OperandDeclaration::Access::Read;
    (isRead ? read : written).push_back(&binding);
  }
  if (read.size() != 2 || written.size() != 1)
    return refuse("reads " + std::to_string(read.size()) + " operands and writes " +
                  std::to_string(written.size()) + ", a use in registers has 2 and 1");
  for (auto [binding, operand] :
       {std::pair(read[0], &use.left), {read[1], &use.right}, {written[0], &use.sum}}) {
    operand->operand = binding->operand;
    operand->tensor = binding->tensor;
    operand->access = binding->access;
    if (!binding->windows.empty() || binding->outside)
      return refuse("operand " + use.intrinsic->operands[binding->operand].name +
                    " is read through a window, not from a gathered array");
    if (!isPlain(binding->operand))
      return refuse("operand " + use.intrinsic->operands[binding->operand].name +
                    " is not indexed by the sizes of its axes");
  }
  return llvm::Error::success();
}

bool Binder::isPlain(unsigned operand) const {
  const std::vector<isa::Axis> &axes = use.intrinsic->operands[operand].axes;
  auto fits = [&](llvm::ArrayRef<isa::SymbolicIndex> indices) {
    if (indices.size() != axes.size())
      return false;
    for (auto [index, axis] : llvm::zip_equal(indices, axes))
      if (index.size() != 1 || index[0].factor != 1 || index[0].value >= 0 || index[0].size != axis.size ||
          axis.size < 0 || axis.extent)
        return false;
    return true;
  };
  for (const isa::SemanticStatement &statement : use.intrinsic->semantics.statements) {
    if (statement.destination == operand && !fits(statement.indices))
      return false;
    for (const isa::SemanticNode &node : statement.body)
      if (node.kind == isa::SemanticNode::Kind::Nest && node.node.op == nest::Opcode::Read &&
          node.node.access.operand == operand && !fits(node.indices))
        return false;
  }
  return true;
}

llvm::Error Binder::classify() {
  const nest::Nest &nest = computation.nest;
  classOfLoop.assign(nest.loops.size(), -1);
  auto depends = [](mlir::AffineMap access, unsigned loop) {
    return llvm::is_contained(nest::usedLoops(access), loop);
  };
  for (auto [number, loop] : llvm::enumerate(nest.loops)) {
    bool left = depends(use.left.access, unsigned(number)),
         right = depends(use.right.access, unsigned(number)), sum = depends(use.sum.access, unsigned(number));
    if (sum && !left && !right)
      return refuse("neither factor depends on loop " + loop.name + " of the result");
    LoopClass which = !sum     ? LoopClass::Depth
                      : !right ? LoopClass::Row
                      : !left  ? LoopClass::Column
                               : LoopClass::Group;
    ClassLoop &entry = use.classes[unsigned(which)];
    if (entry.loop >= 0)
      return refuse("loops " + nest.loops[unsigned(entry.loop)].name + " and " + loop.name +
                    " are used alike; they have to be one");
    if (number < match.loops.size() && match.loops[number].block >= 0)
      return refuse("loop " + loop.name + " is cut in two");
    entry.loop = int(number);
    entry.extent = loop.extent;
    classOfLoop[number] = int(which);
  }
  return llvm::Error::success();
}

void Binder::bindSizes() {
  for (const isa::Size &size : use.intrinsic->sizes)
    use.sizes.push_back(sizeAlong(size, 1));
  for (auto [number, assignment] : llvm::enumerate(match.loops)) {
    if (assignment.inner < 0)
      continue;
    ClassLoop &entry = use.classes[unsigned(classOfLoop[number])];
    entry.step = sizeAlong(use.intrinsic->sizes[unsigned(assignment.inner)], entry.extent);
    use.sizes[unsigned(assignment.inner)] = entry.step;
  }
  use.values.assign(match.values.begin(), match.values.end());
}

llvm::Error Binder::bind(UseOperand &operand) {
  llvm::Expected<RegisterLayout> layout =
      registerLayout(description, *use.intrinsic, operand.operand, use.sizes, use.values);
  if (!layout)
    return layout.takeError();
  operand.layout = std::move(*layout);
  for (const isa::Axis &axis : use.intrinsic->operands[operand.operand].axes) {
    operand.extents.push_back(use.sizes[unsigned(axis.size)]);
    int along = -1;
    for (auto [number, assignment] : llvm::enumerate(match.loops))
      if (assignment.inner == axis.size)
        along = classOfLoop[number];
    operand.axisClass.push_back(along);
  }
  for (ClassLoop &entry : use.classes)
    if (entry.loop >= 0)
      operand.dependsOn[size_t(&entry - use.classes.data())] =
          llvm::is_contained(nest::usedLoops(operand.access), unsigned(entry.loop));
  return llvm::Error::success();
}

llvm::Expected<GatheredUse> Binder::run() {
  if (llvm::Error error = findOperands())
    return std::move(error);
  if (llvm::Error error = classify())
    return std::move(error);
  bindSizes();
  for (UseOperand *operand : {&use.left, &use.right, &use.sum})
    if (llvm::Error error = bind(*operand))
      return std::move(error);
  const ClassLoop &depth = use.of(LoopClass::Depth);
  if (!depth.isWhole())
    return refuse("the reduction has " + std::to_string(depth.extent) + " points, not a multiple of " +
                  std::to_string(depth.step));
  return std::move(use);
}

} // namespace

llvm::Expected<GatheredUse> gatheredUse(const isa::Description &description,
                                        const match::Computation &computation, const match::Match &match) {
  return Binder(description, computation, match).run();
}

std::optional<TensorAddress> addressOf(const GatheredUse &use, mlir::AffineMap access,
                                       llvm::ArrayRef<int64_t> shape) {
  TensorAddress address;
  int64_t stride = 1;
  unsigned loops = access.getNumDims();
  for (size_t axis = shape.size(); axis-- > 0; stride *= shape[axis]) {
    std::optional<nest::LinearForm> form = nest::linearForm(access.getResult(unsigned(axis)), loops);
    if (!form)
      return std::nullopt;
    address.start += form->constant * stride;
    for (unsigned loop = 0; loop < loops; ++loop) {
      if (form->coefficients[loop] == 0)
        continue;
      auto *entry = llvm::find_if(use.classes, [&](const ClassLoop &each) { return each.loop == int(loop); });
      if (entry == use.classes.end())
        return std::nullopt;
      address.strides[size_t(entry - use.classes.begin())] += form->coefficients[loop] * stride;
    }
  }
  return address;
}

} // namespace tenon::native
