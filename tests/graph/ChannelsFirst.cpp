// Drawing networks, a layer at a time on what the layers before made.
#include "tests/graph/ChannelsFirst.h"

#include "core/import/LinalgBuilder.h"
#include "core/ir/ModelNodes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tenon::test {

using import::Scalars;
using Shape = llvm::SmallVector<int64_t>;

namespace {

class Network {
public:
  Network(mlir::MLIRContext &context, Choices &drawn)
      : choices(drawn), builder(&context), loc(builder.getUnknownLoc()), make(builder, loc) {}

  mlir::OwningOpRef<mlir::ModuleOp> build() {
    mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(loc);
    isFloat = choices.chance(30);
    element = isFloat ? mlir::Type(builder.getF32Type()) : builder.getI8Type();
    axes = choices.chance(70) ? 2 : unsigned(choices.between(1, 3));
    Shape input = {choices.between(1, 2), choices.between(1, 5)};
    for (unsigned i = 0; i < axes; ++i)
      input.push_back(choices.between(1, axes == 3 ? 4 : 7));
    auto type = mlir::RankedTensorType::get(input, element);
    builder.setInsertionPointToEnd(module->getBody());
    auto function = builder.create<mlir::func::FuncOp>(loc, "main", builder.getFunctionType({type}, {}));
    builder.setInsertionPointToEnd(function.addEntryBlock());
    tensors = {function.getArgument(0)};
    unsigned layers = unsigned(choices.between(1, 6));
    for (unsigned i = 0; i < layers; ++i)
      addLayer();
    llvm::SmallVector<mlir::Value> results = {tensors.back()};
    if (choices.chance(30))
      results.push_back(tensors[choices.below(uint32_t(tensors.size()))]);
    if (choices.chance(40))
      results[0] = flattenedProduct(results[0]);
    builder.create<mlir::func::ReturnOp>(loc, results);
    function.setFunctionType(builder.getFunctionType({type}, mlir::ValueRange(results).getTypes()));
    return module;
  }

private:
  void addLayer() {
    using Layer = mlir::Value (Network::*)(mlir::Value);
    constexpr Layer layers[] = {&Network::convolution, &Network::convolution, &Network::residual,
                                &Network::pool,        &Network::joined,      &Network::slice,
                                &Network::clamp,       &Network::scaled,      &Network::regrouped,
                                &Network::turned};
    mlir::Value from =
        tensors[tensors.size() - 1 - choices.below(uint32_t(std::min<size_t>(tensors.size(), 2)))];
    if (shape(from).size() == axes + 2)
      if (mlir::Value made = (this->*layers[choices.below(std::size(layers))])(from))
        tensors.push_back(named(made));
  }

  /// As a tensor of the model.
  mlir::Value named(mlir::Value made) {
    mlir::Operation *maker = made.getDefiningOp();
    ++names;
    if (maker && maker->getNumResults() == 1 && !maker->hasAttr(ir::tensorAttributeName))
      maker->setAttr(ir::tensorAttributeName,
                     ir::TensorAttr::get(builder.getContext(), int64_t(names), "t" + std::to_string(names),
                                         builder.getF64FloatAttr(0), 0, false));
    return made;
  }

  static Shape shape(mlir::Value value) { return Shape(import::shapeOf(value)); }

  mlir::Value constant(Shape sizes, mlir::Type type) {
    int64_t count = 1;
    for (int64_t extent : sizes)
      count *= extent;
    uint64_t state = choices.below(1000) * 2654435761U + 1;
    llvm::SmallVector<mlir::Attribute> numbers;
    for (int64_t i = 0; i < count; ++i) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      int64_t number = int64_t((state >> 33) % 7) - 3;
      numbers.push_back(mlir::isa<mlir::FloatType>(type)
                            ? mlir::Attribute(builder.getFloatAttr(type, double(number)))
                            : builder.getIntegerAttr(type, number));
    }
    return make.constant(mlir::DenseElementsAttr::get(mlir::RankedTensorType::get(sizes, type), numbers));
  }

  mlir::Value number(mlir::Type type, int64_t value) {
    mlir::TypedAttr attribute = mlir::isa<mlir::FloatType>(type)
                                    ? mlir::TypedAttr(builder.getFloatAttr(type, double(value)))
                                    : builder.getIntegerAttr(type, value);
    return builder.create<mlir::arith::ConstantOp>(loc, attribute);
  }

  /// With a bias, back in the type of activations.
  mlir::Value withBias(mlir::Value sums) {
    unsigned rank = unsigned(shape(sums).size());
    mlir::Value bias = constant({shape(sums)[1]}, isFloat ? element : builder.getI32Type());
    mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, builder.getContext());
    mlir::AffineMap maps[] = {all, make.map(rank, {make.loop(1)}), all};
    return make.generic({sums, bias}, maps, make.empty(shape(sums), element),
                        [&](Scalars &s, mlir::ValueRange in) {
                          mlir::Value sum = s.add(in[0], in[1]);
                          return isFloat ? sum : s.truncate(s.clamp(sum, -128, 127), 8);
                        });
  }

  mlir::Value multiplyAdd(Scalars &s, mlir::ValueRange in) const {
    if (isFloat)
      return s.add(in[2], s.multiply(in[0], in[1]));
    return s.add(in[2], s.multiply(s.subtract(s.extend(in[0], 32), s.integer(3)), s.extend(in[1], 32)));
  }

  mlir::Value convolution(mlir::Value image) {
    Shape from = shape(image);
    int64_t groups =
        choices.chance(35) ? (from[1] % 2 == 0 && choices.chance(50) ? from[1] / 2 : from[1]) : 1;
    int64_t depth = from[1] / groups, outputs = choices.between(1, groups > 1 ? 2 : 6);
    Shape kernel, stride, low(2, 0), high(2, 0);
    for (unsigned i = 0; i < axes; ++i) {
      stride.push_back(choices.between(1, 2));
      low.push_back(choices.below(2));
      high.push_back(choices.below(2));
      kernel.push_back(std::min(choices.between(1, 3), from[2 + i] + low.back() + high.back()));
    }
    Shape grouped = {from[0], groups, depth};
    grouped.append(from.begin() + 2, from.end());
    bool isGrouped = groups > 1;
    if (isGrouped) {
      image = make.reshape(image, grouped);
      low.insert(low.begin(), 0);
      high.insert(high.begin(), 0);
    }
    image = make.pad(image, low, high,
                     isFloat ? mlir::TypedAttr(builder.getF32FloatAttr(0)) : builder.getI8IntegerAttr(3));
    return withBias(sums(image, kernel, stride, isGrouped ? groups : 0, depth, outputs));
  }

  /// groups: 0 where the image has no dimension for them.
  mlir::Value sums(mlir::Value image, const Shape &kernel, const Shape &stride, int64_t groups, int64_t depth,
                   int64_t outputs) {
    unsigned next = 0;
    auto fresh = [&] { return make.loop(next++); };
    llvm::SmallVector<mlir::AffineExpr> from = {fresh()}, by, to = from, positions, taps;
    Shape made = {shape(image)[0]}, weights;
    if (groups) {
      from.push_back(fresh());
      by = {from.back()};
      to.push_back(from.back());
      made.push_back(groups);
      weights = {groups};
    }
    to.push_back(fresh());
    by.push_back(to.back());
    made.push_back(outputs);
    for (unsigned i = 0; i < axes; ++i)
      positions.push_back(fresh());
    from.push_back(fresh());
    by.push_back(from.back());
    weights.append({outputs, depth});
    for (unsigned i = 0; i < axes; ++i) {
      taps.push_back(fresh());
      from.push_back(positions[i] * stride[i] + taps[i]);
      by.push_back(taps[i]);
      to.push_back(positions[i]);
      weights.push_back(kernel[i]);
      made.push_back((shape(image)[from.size() - 1] - kernel[i]) / stride[i] + 1);
    }
    mlir::AffineMap maps[] = {make.map(next, from), make.map(next, by), make.map(next, to)};
    mlir::Type sumType = isFloat ? element : builder.getI32Type();
    mlir::Value sum =
        make.generic({image, constant(weights, element)}, maps, make.filled(made, number(sumType, 0)),
                     [&](Scalars &s, mlir::ValueRange in) { return multiplyAdd(s, in); });
    if (!groups)
      return sum;
    made.erase(made.begin() + 1);
    made[1] = groups * outputs;
    return make.reshape(sum, made);
  }

  mlir::Value residual(mlir::Value a) {
    for (mlir::Value b : llvm::reverse(tensors))
      if (b != a && shape(b) == shape(a))
        return make.elementwise({a, b}, shape(a), element,
                                [](Scalars &s, mlir::ValueRange in) { return s.maximum(in[0], in[1]); });
    return nullptr;
  }

  mlir::Value clamp(mlir::Value a) {
    return make.elementwise({a}, shape(a), element, [&](Scalars &s, mlir::ValueRange in) {
      return s.maximum(in[0], isFloat ? s.real(-1, element) : s.integer(-1, 8));
    });
  }

  /// By a gate of each channel, which comes of the tensor itself.
  mlir::Value scaled(mlir::Value a) {
    mlir::Value gate = pooled(a, Shape(import::shapeOf(a).drop_front(2)));
    return make.elementwise({a, gate}, shape(a), element,
                            [](Scalars &s, mlir::ValueRange in) { return s.minimum(in[0], in[1]); });
  }

  mlir::Value pool(mlir::Value a) {
    Shape window;
    for (unsigned i = 0; i < axes; ++i)
      window.push_back(std::min(choices.between(1, 2), shape(a)[2 + i]));
    return pooled(a, window);
  }

  mlir::Value pooled(mlir::Value a, const Shape &window) {
    unsigned loops = 2 + 2 * axes;
    llvm::SmallVector<mlir::AffineExpr> from = {make.loop(0), make.loop(1)}, to = from, size;
    Shape made = {shape(a)[0], shape(a)[1]};
    for (unsigned i = 0; i < axes; ++i) {
      from.push_back(make.loop(2 + i) + make.loop(2 + axes + i));
      to.push_back(make.loop(2 + i));
      size.push_back(make.loop(2 + axes + i));
      made.push_back(shape(a)[2 + i] - window[i] + 1);
    }
    mlir::AffineMap maps[] = {make.map(loops, from), make.map(loops, size), make.map(loops, to)};
    return make.generic({a, make.empty(window, element)}, maps, make.filled(made, number(element, -128)),
                        [](Scalars &s, mlir::ValueRange in) { return s.maximum(in[2], in[0]); });
  }

  mlir::Value joined(mlir::Value a) {
    for (mlir::Value b : tensors) {
      Shape made = shape(b);
      made[1] = shape(a)[1];
      if (made != shape(a))
        continue;
      made[1] += shape(b)[1];
      return builder.create<mlir::tensor::ConcatOp>(loc, mlir::RankedTensorType::get(made, element), 1,
                                                    mlir::ValueRange{a, b});
    }
    return nullptr;
  }

  mlir::Value slice(mlir::Value a) {
    llvm::SmallVector<mlir::OpFoldResult> offsets, sizes, strides;
    for (int64_t extent : shape(a)) {
      int64_t offset = choices.below(uint32_t(extent));
      offsets.push_back(builder.getIndexAttr(offset));
      sizes.push_back(builder.getIndexAttr(extent - offset));
      strides.push_back(builder.getIndexAttr(1));
    }
    return builder.create<mlir::tensor::ExtractSliceOp>(loc, a, offsets, sizes, strides);
  }

  /// Channels of two parts, the parts exchanged, as a shuffle of channels does it.
  mlir::Value regrouped(mlir::Value a) {
    Shape apart = shape(a);
    if (apart[1] % 2 != 0)
      return nullptr;
    apart[1] /= 2;
    apart.insert(apart.begin() + 1, 2);
    Shape exchanged = apart;
    std::swap(exchanged[1], exchanged[2]);
    unsigned rank = unsigned(apart.size());
    llvm::SmallVector<mlir::AffineExpr> from;
    for (unsigned i = 0; i < rank; ++i)
      from.push_back(make.loop(i));
    std::swap(from[1], from[2]);
    mlir::AffineMap maps[] = {make.map(rank, from),
                              mlir::AffineMap::getMultiDimIdentityMap(rank, builder.getContext())};
    mlir::Value turned = make.generic({make.reshape(a, apart)}, maps, make.empty(exchanged, element),
                                      [](Scalars &, mlir::ValueRange in) { return in[0]; });
    return make.reshape(turned, shape(a));
  }

  /// To channels last and back, with something between.
  mlir::Value turned(mlir::Value a) {
    unsigned rank = unsigned(shape(a).size());
    Shape last = shape(a);
    std::rotate(last.begin() + 1, last.begin() + 2, last.end());
    llvm::SmallVector<mlir::AffineExpr> there = {make.loop(0), make.loop(rank - 1)}, back = {make.loop(0)};
    for (unsigned i = 2; i < rank; ++i) {
      there.push_back(make.loop(i - 1));
      back.push_back(make.loop(i));
    }
    back.push_back(make.loop(1));
    mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, builder.getContext());
    auto copy = [](Scalars &, mlir::ValueRange in) { return in[0]; };
    mlir::AffineMap maps[] = {make.map(rank, there), all}, backMaps[] = {make.map(rank, back), all};
    mlir::Value made = make.generic({a}, maps, make.empty(last, element), copy);
    if (choices.chance(50))
      made = clamp(made);
    return make.generic({made}, backMaps, make.empty(shape(a), element), copy);
  }

  mlir::Value flattenedProduct(mlir::Value a) {
    Shape from = shape(a);
    int64_t depth = 1, outputs = choices.between(1, 5);
    for (int64_t extent : llvm::ArrayRef<int64_t>(from).drop_front())
      depth *= extent;
    mlir::Value flat = make.reshape(a, {from[0], depth});
    if (choices.chance(40))
      flat = make.elementwise({flat, constant({depth}, element)}, {from[0], depth}, element,
                              [](Scalars &s, mlir::ValueRange in) { return s.maximum(in[0], in[1]); });
    bool turnedWeights = choices.chance(50);
    mlir::AffineExpr m = make.loop(0), n = make.loop(1), k = make.loop(2);
    Shape weights = turnedWeights ? Shape{depth, outputs} : Shape{outputs, depth};
    mlir::AffineMap by = turnedWeights ? make.map(3, {k, n}) : make.map(3, {n, k});
    mlir::AffineMap maps[] = {make.map(3, {m, k}), by, make.map(3, {m, n})};
    mlir::Type sumType = isFloat ? element : builder.getI32Type();
    return make.generic({flat, constant(weights, element)}, maps,
                        make.filled({from[0], outputs}, number(sumType, 0)),
                        [&](Scalars &s, mlir::ValueRange in) { return multiplyAdd(s, in); });
  }

  Choices &choices;
  mlir::OpBuilder builder;
  mlir::Location loc;
  import::LinalgBuilder make;
  bool isFloat = false;
  mlir::Type element;
  unsigned axes = 2, names = 0;
  std::vector<mlir::Value> tensors;
};

} // namespace

mlir::OwningOpRef<mlir::ModuleOp> channelsFirstNetwork(mlir::MLIRContext &context, Choices &choices) {
  return Network(context, choices).build();
}

} // namespace tenon::test
