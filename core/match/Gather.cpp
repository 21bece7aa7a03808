// What can be said of a gather's array, and its elements.
#include "core/match/Gather.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace tenon::match {

using nest::Opcode;

llvm::Expected<ConstantTensor> evaluate(const Gather &gather, ArrayRef<const ConstantTensor *> sources) {
  return evaluate(gather.nest, sources);
}

namespace {

std::string constantText(const nest::ScalarType &type, const nest::Constant &constant) {
  if (type.isInteger())
    return std::to_string(constant.integer);
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", constant.real);
  return text;
}

/// Row-major distances of a shape.
SmallVector<int64_t> distances(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> result(shape.size(), 1);
  for (size_t dimension = shape.size(); dimension-- > 1;)
    result[dimension - 1] = result[dimension] * shape[dimension];
  return result;
}

/// The distance of an axis whose loops have these; nothing if they do not join.
std::optional<int64_t> joinedStride(const nest::Nest &nest, ArrayRef<unsigned> loops,
                                    ArrayRef<int64_t> loopStrides) {
  if (loops.empty())
    return 0;
  for (auto [outer, inner] : llvm::zip(loops.drop_back(), loops.drop_front()))
    if (loopStrides[outer] != loopStrides[inner] * nest.loops[inner].extent)
      return std::nullopt;
  return loopStrides[loops.back()];
}

/// "3 x 3": the extents of the loops along which an index is a window over another axis' loop.
std::string windowText(const Gather &gather) {
  SmallVector<int64_t> axisOf(gather.nest.loops.size(), -1);
  for (auto [axis, loops] : llvm::enumerate(gather.joined))
    for (unsigned loop : loops)
      axisOf[loop] = int64_t(axis);
  unsigned last = gather.joined.size() - 1;
  std::string text;
  for (const nest::Node &node : gather.nest.statements[0].body) {
    if (node.op != Opcode::Read || !text.empty())
      continue;
    for (AffineExpr index : node.access.indices.getResults()) {
      int64_t extent = 1;
      bool slides = false;
      for (unsigned loop = 0; loop < axisOf.size(); ++loop) {
        if (!index.isFunctionOfDim(loop))
          continue;
        if (axisOf[loop] == int64_t(last))
          extent *= gather.nest.loops[loop].extent;
        else
          slides = true;
      }
      if (slides && extent > 1)
        text += (text.empty() ? "" : " x ") + std::to_string(extent);
    }
  }
  return text;
}

} // namespace

std::optional<StridedRead> stridedRead(const Gather &gather) {
  const nest::Statement &statement = gather.nest.statements[0];
  const nest::Node &value = statement.body[statement.value];
  const nest::Operand &array = gather.nest.operands.back();
  if (value.op != Opcode::Read || value.access.outside || !(value.type == array.type))
    return std::nullopt;
  for (auto [loops, extent] : llvm::zip_equal(gather.joined, array.shape)) {
    int64_t product = 1;
    for (unsigned loop : loops)
      product *= gather.nest.loops[loop].extent;
    if (product != extent)
      return std::nullopt;
  }
  StridedRead result;
  result.source = value.access.operand;
  result.loopStrides.assign(gather.nest.loops.size(), 0);
  SmallVector<int64_t> steps = distances(gather.nest.operands[value.access.operand].shape);
  for (auto [index, step] : llvm::zip_equal(value.access.indices.getResults(), steps)) {
    std::optional<nest::LinearForm> form = nest::linearForm(index, gather.nest.loops.size());
    if (!form)
      return std::nullopt;
    result.offset += form->constant * step;
    for (auto [loop, coefficient] : llvm::enumerate(form->coefficients))
      result.loopStrides[loop] += coefficient * step;
  }
  for (ArrayRef<unsigned> loops : gather.joined)
    result.strides.push_back(joinedStride(gather.nest, loops, result.loopStrides));
  return result;
}

std::string describe(const Gather &gather, const isa::ElementType &type, ArrayRef<std::string> axisNames) {
  const nest::Operand &array = gather.nest.operands.back();
  const nest::Statement &statement = gather.nest.statements[0];
  std::string text;
  for (const TensorSource &source : gather.sources)
    if (source.kind != TensorSource::Kind::Constant)
      text += (text.empty() ? "" : ", ") + gather.nest.operands[&source - gather.sources.data()].name;
  if (text.empty() && !gather.sources.empty())
    text = gather.nest.operands[0].name;
  text += " as " + type.str() + "[";
  for (auto [axis, extent] : llvm::enumerate(array.shape)) {
    int64_t product = 1;
    for (unsigned loop : gather.joined[axis])
      product *= gather.nest.loops[loop].extent;
    text += (axis ? ", " : "") + axisNames[axis] + " " + std::to_string(extent);
    if (product != extent)
      text += " (" + std::to_string(product) + ", filled up with 0)";
  }
  text += "]";
  if (std::string window = windowText(gather); !window.empty())
    text += ", windows of " + window;
  for (const nest::Node &node : statement.body) {
    if (node.op == Opcode::Read && node.access.outside)
      text += ", " + constantText(node.type, *node.access.outside) + " outside";
    if (node.op == Opcode::AddI && statement.body[node.arguments[1]].op == Opcode::Constant) {
      int64_t added = statement.body[node.arguments[1]].constant.integer;
      text += (added < 0 ? ", - " : ", + ") + std::to_string(std::abs(added));
    }
  }
  return text;
}

} // namespace tenon::match
