// The interpreter's speed on one core, in multiply-accumulates a second, on the layers that fill its days.
#include "core/reference/Interpreter.h"

#include "mlir/IR/MLIRContext.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

using namespace mlir;
using namespace tenon;
using nest::Node;
using nest::Opcode;
using nest::ScalarType;

namespace {

/// A nest under construction and the memory of its operands.
class Layer {
public:
  explicit Layer(std::vector<int64_t> extents) {
    for (auto [i, extent] : llvm::enumerate(extents))
      nest.loops.push_back({"l" + std::to_string(i), extent, false});
  }

  AffineExpr loop(unsigned number) { return getAffineDimExpr(number, &context); }

  nest::Access access(ScalarType type, SmallVector<int64_t> shape, ArrayRef<AffineExpr> indices) {
    nest.operands.push_back({"operand" + std::to_string(nest.operands.size()), type, shape, false});
    size_t bytes = type.storageBytes();
    for (int64_t extent : shape)
      bytes *= size_t(extent);
    memory.emplace_back(bytes);
    for (size_t i = 0; type.isInteger() && i < bytes; ++i)
      memory.back()[i] = char(i * 37 + 11);
    nest::Access result;
    result.operand = nest.operands.size() - 1;
    result.indices = AffineMap::get(nest.loops.size(), 0, indices, &context);
    return result;
  }

  /// destination += (i32(x) - zeroPoint) * i32(w), or a plain product of floats.
  void multiplyAccumulate(nest::Access destination, nest::Access x, nest::Access w) {
    nest::Statement statement;
    for (unsigned i = 0; i < nest.loops.size(); ++i)
      statement.loops.push_back(i);
    auto add = [&](Opcode op, ScalarType type, SmallVector<unsigned, 3> arguments) -> Node & {
      Node node;
      node.op = op;
      node.type = type;
      node.arguments = arguments;
      statement.body.push_back(node);
      return statement.body.back();
    };
    ScalarType type = nest.operands[x.operand].type;
    if (type.isInteger()) {
      ScalarType wide = ScalarType::integer(32);
      add(Opcode::Read, type, {}).access = x;
      add(Opcode::ExtSI, wide, {0});
      add(Opcode::Constant, wide, {}).constant = nest::Constant::ofInteger(zeroPoint);
      add(Opcode::SubI, wide, {1, 2});
      add(Opcode::Read, type, {}).access = w;
      add(Opcode::ExtSI, wide, {4});
      add(Opcode::MulI, wide, {3, 5});
    } else {
      add(Opcode::Read, type, {}).access = x;
      add(Opcode::Read, type, {}).access = w;
      add(Opcode::MulF, type, {0, 1});
    }
    statement.value = statement.body.size() - 1;
    statement.destination = destination;
    statement.update = nest::Update::Add;
    statement.start = nest::Constant();
    nest.statements.push_back(statement);
  }

  void run(benchmark::State &state) {
    std::vector<reference::BufferView> buffers;
    for (auto [operand, bytes] : llvm::zip(nest.operands, memory))
      buffers.push_back({operand.type, operand.shape, bytes.data(), bytes.size()});
    for (auto _ : state)
      if (llvm::Error error = reference::interpret(nest, buffers)) {
        state.SkipWithError(llvm::toString(std::move(error)).c_str());
        return;
      }
    state.SetItemsProcessed(state.iterations() * multiplyAccumulates(nest));
  }

  static constexpr int64_t zeroPoint = -5;

private:
  MLIRContext context{MLIRContext::Threading::DISABLED};
  nest::Nest nest;
  std::vector<std::vector<char>> memory;
};

const ScalarType i8 = ScalarType::integer(8), i32 = ScalarType::integer(32), f32 = ScalarType::f32();

void convolution3x3(benchmark::State &state) {
  Layer layer({32, 32, 16, 3, 3, 16}); // h, w, n, r, s, c
  auto destination = layer.access(i32, {32, 32, 16}, {layer.loop(0), layer.loop(1), layer.loop(2)});
  auto x =
      layer.access(i8, {32, 32, 16},
                   {layer.loop(0) + layer.loop(3) - 1, layer.loop(1) + layer.loop(4) - 1, layer.loop(5)});
  x.outside = nest::Constant::ofInteger(Layer::zeroPoint);
  auto w = layer.access(i8, {16, 3, 3, 16}, {layer.loop(2), layer.loop(3), layer.loop(4), layer.loop(5)});
  layer.multiplyAccumulate(destination, x, w);
  layer.run(state);
}

void convolutionOfImage(benchmark::State &state) { // the first layer: 3 channels, stride 2
  Layer layer({48, 48, 8, 3, 3, 3});
  auto destination = layer.access(i32, {48, 48, 8}, {layer.loop(0), layer.loop(1), layer.loop(2)});
  auto x = layer.access(
      i8, {96, 96, 3}, {layer.loop(0) * 2 + layer.loop(3), layer.loop(1) * 2 + layer.loop(4), layer.loop(5)});
  x.outside = nest::Constant::ofInteger(Layer::zeroPoint);
  auto w = layer.access(i8, {8, 3, 3, 3}, {layer.loop(2), layer.loop(3), layer.loop(4), layer.loop(5)});
  layer.multiplyAccumulate(destination, x, w);
  layer.run(state);
}

void convolution1x1(benchmark::State &state) {
  Layer layer({25, 5, 64, 64});
  auto destination = layer.access(i32, {25, 5, 64}, {layer.loop(0), layer.loop(1), layer.loop(2)});
  auto x = layer.access(i8, {25, 5, 64}, {layer.loop(0), layer.loop(1), layer.loop(3)});
  auto w = layer.access(i8, {64, 64}, {layer.loop(2), layer.loop(3)});
  layer.multiplyAccumulate(destination, x, w);
  layer.run(state);
}

void fullyConnected(benchmark::State &state) {
  Layer layer({128, 640});
  auto destination = layer.access(i32, {128}, {layer.loop(0)});
  auto x = layer.access(i8, {640}, {layer.loop(1)});
  auto w = layer.access(i8, {128, 640}, {layer.loop(0), layer.loop(1)});
  layer.multiplyAccumulate(destination, x, w);
  layer.run(state);
}

void depthwise3x3(benchmark::State &state) {
  Layer layer({25, 5, 64, 3, 3});
  auto destination = layer.access(i32, {25, 5, 64}, {layer.loop(0), layer.loop(1), layer.loop(2)});
  auto x = layer.access(
      i8, {25, 5, 64}, {layer.loop(0) + layer.loop(3) - 1, layer.loop(1) + layer.loop(4) - 1, layer.loop(2)});
  x.outside = nest::Constant::ofInteger(Layer::zeroPoint);
  auto w = layer.access(i8, {3, 3, 64}, {layer.loop(3), layer.loop(4), layer.loop(2)});
  layer.multiplyAccumulate(destination, x, w);
  layer.run(state);
}

void floatMatmul(benchmark::State &state) {
  Layer layer({128, 128, 128});
  auto destination = layer.access(f32, {128, 128}, {layer.loop(0), layer.loop(1)});
  auto a = layer.access(f32, {128, 128}, {layer.loop(0), layer.loop(2)});
  auto b = layer.access(f32, {128, 128}, {layer.loop(2), layer.loop(1)});
  layer.multiplyAccumulate(destination, a, b);
  layer.run(state);
}

BENCHMARK(convolution3x3)->Unit(benchmark::kMillisecond);
BENCHMARK(convolutionOfImage)->Unit(benchmark::kMillisecond);
BENCHMARK(convolution1x1)->Unit(benchmark::kMillisecond);
BENCHMARK(fullyConnected)->Unit(benchmark::kMillisecond);
BENCHMARK(depthwise3x3)->Unit(benchmark::kMillisecond);
BENCHMARK(floatMatmul)->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
