// Draws graphs: shapes, strides, dilation, groups, broadcasts, chains of what follows.
#include "tests/native/graphs/RandomGraph.h"
#include "tests/native/graphs/GraphText.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>
#include <numeric>

namespace tenon::test {

namespace {

using Shape = std::vector<int64_t>;

constexpr int64_t mostElements = 4096;  ///< of a tensor
constexpr int64_t mostPoints = 200'000; ///< of a reduction's loops

bool isFloat(const GraphTensor &tensor) { return tensor.type[0] == 'f'; }

class Generator {
public:
  explicit Generator(Choices &choices) : choices(choices) {}

  std::string generate() {
    unsigned count = 1 + choices.below(5);
    pool.push_back(graph.input(someType(), someShape()));
    for (unsigned i = 0; i < count; ++i)
      addNode();
    std::vector<GraphTensor> outputs = {pool.back()};
    if (pool.size() > 2 && choices.chance(25))
      outputs.push_back(pool[1 + choices.below(uint32_t(pool.size() - 2))]);
    return graph.module(outputs);
  }

private:
  // What everything is drawn from.
  std::string someType() {
    constexpr std::array<const char *, 3> types = {"i8", "f32", "i32"};
    return types[choices.below(3)];
  }
  int64_t someExtent() {
    constexpr std::array<int64_t, 12> extents = {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 33};
    return extents[choices.below(extents.size())];
  }
  Shape someShape() {
    Shape shape(1 + choices.below(4));
    for (int64_t &extent : shape)
      extent = someExtent();
    while (std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>()) > mostElements)
      *std::max_element(shape.begin(), shape.end()) /= 2;
    return shape;
  }
  GraphTensor somePrevious() {
    return pool[pool.size() - 1 - choices.below(uint32_t(std::min<size_t>(pool.size(), 3)))];
  }

  /// Numbers of one draw: a table of thousands of choices would be no use to a shrinker.
  GraphTensor someConstant(const std::string &type, Shape shape) {
    uint64_t state = choices.below(1000) * 2654435761U + 1;
    int64_t spread = type == "i8" ? 256 : type == "i32" ? 2001 : 17;
    std::vector<int64_t> numbers(size_t(GraphTensor{"", type, shape}.elements()));
    for (int64_t &number : numbers) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      number = int64_t((state >> 33) % uint64_t(spread)) - spread / 2;
    }
    return graph.constant(type, std::move(shape), numbers);
  }
  GraphTensor someOperand(const std::string &type, const Shape &shape) {
    return choices.chance(70) ? someConstant(type, shape) : graph.input(type, shape);
  }

  void addNode() {
    using Node = bool (Generator::*)();
    constexpr std::array<Node, 12> nodes = {
        &Generator::unary,   &Generator::binary,    &Generator::convolution, &Generator::product,
        &Generator::requant, &Generator::reduction, &Generator::transpose,   &Generator::padded,
        &Generator::slice,   &Generator::reshaped,  &Generator::concat,      &Generator::pool2d};
    if (!(this->*nodes[choices.below(nodes.size())])())
      unary();
  }

  void keep(GraphTensor tensor) { pool.push_back(std::move(tensor)); }

  // Element by element.
  bool elementwise(const std::vector<std::string> &maps, const std::vector<GraphTensor> &inputs,
                   const std::string &type, const Shape &shape, const std::vector<std::string> &body) {
    keep(graph.generic(maps, std::string(shape.size(), 'p'), inputs, graph.empty(type, shape), body));
    return true;
  }

  bool unary() {
    GraphTensor x = somePrevious();
    std::string map = dimensions(unsigned(x.shape.size()));
    if (isFloat(x)) {
      static const std::vector<std::vector<std::string>> bodies = {
          {"%z = arith.constant 0.0 : f32", "%y = arith.maximumf %a0, %z : f32"},
          {"%y = arith.mulf %a0, %a0 : f32"},
          {"%y = arith.negf %a0 : f32"},
          {"%l = arith.constant -8.0 : f32", "%h = arith.constant 8.0 : f32",
           "%c = arith.maximumf %a0, %l : f32", "%d = arith.minimumf %c, %h : f32", "%y = math.exp %d : f32"},
          {"%y = math.tanh %a0 : f32"},
          {"%c = math.absf %a0 : f32", "%y = math.sqrt %c : f32"},
          {"%k = arith.constant 0.3 : f32", "%b = arith.constant -1.25 : f32",
           "%c = arith.mulf %a0, %k : f32", "%y = arith.addf %c, %b : f32"},
          {"%k = arith.constant 3.0 : f32", "%y = arith.divf %a0, %k : f32"}};
      return elementwise({map, map}, {x}, "f32", x.shape, bodies[choices.below(uint32_t(bodies.size()))]);
    }
    std::string t = x.type;
    const std::vector<std::vector<std::string>> bodies = {
        {"%z = arith.constant 0 : " + t, "%y = arith.maxsi %a0, %z : " + t},
        {"%z = arith.constant 0 : " + t, "%y = arith.subi %z, %a0 : " + t},
        {"%y = arith.muli %a0, %a0 : " + t},
        {"%l = arith.constant -100 : " + t, "%h = arith.constant 100 : " + t,
         "%c = arith.maxsi %a0, %l : " + t, "%y = arith.minsi %c, %h : " + t},
        {"%k = arith.constant 3 : " + t, "%y = arith.divsi %a0, %k : " + t},
        {"%k = arith.constant 7 : " + t, "%y = arith.floordivsi %a0, %k : " + t},
        {"%k = arith.constant 2 : " + t,
         "%y = tenon.rounding_shift_right half_away_from_zero %a0, %k : " + t},
        {"%k = arith.constant 5 : " + t, "%c = arith.cmpi sgt, %a0, %k : " + t,
         "%y = arith.select %c, %k, %a0 : " + t}};
    return elementwise({map, map}, {x}, t, x.shape, bodies[choices.below(uint32_t(bodies.size()))]);
  }

  bool binary() {
    GraphTensor x = somePrevious();
    std::string map = dimensions(unsigned(x.shape.size())), other;
    GraphTensor y;
    auto same = std::find_if(pool.begin(), pool.end(), [&](const GraphTensor &tensor) {
      return tensor.shape == x.shape && tensor.type == x.type && tensor.name != x.name;
    });
    if (choices.chance(40) && same != pool.end()) {
      y = *same;
      other = map;
    } else { // broadcast along some of the axes
      Shape shape;
      for (size_t dimension = 0; dimension < x.shape.size(); ++dimension)
        if (choices.chance(50)) {
          shape.push_back(x.shape[dimension]);
          other += fmt::format("{}d{}", other.empty() ? "" : ", ", dimension);
        }
      y = someOperand(x.type, shape);
    }
    static const std::vector<std::string> integer = {"addi",  "subi", "muli", "maxsi",
                                                     "minsi", "andi", "xori"};
    static const std::vector<std::string> real = {"addf", "subf", "mulf", "maximumf", "minimumf"};
    const std::vector<std::string> &names = isFloat(x) ? real : integer;
    std::string op = names[choices.below(uint32_t(names.size()))];
    bool swapped = choices.chance(30);
    return elementwise({map, other, map}, {x, y}, x.type, x.shape,
                       {fmt::format("%y = arith.{} {}, {} : {}", op, swapped ? "%a1" : "%a0",
                                    swapped ? "%a0" : "%a1", x.type)});
  }

  // A sum of products: i8 x i8 into i32 with zero points, f32 x f32 into f32.
  std::vector<std::string> multiplyAdd(const GraphTensor &x) {
    if (isFloat(x))
      return {"%m = arith.mulf %a0, %a1 : f32", "%y = arith.addf %o, %m : f32"};
    if (x.type == "i32")
      return {"%m = arith.muli %a0, %a1 : i32", "%y = arith.addi %o, %m : i32"};
    std::vector<std::string> body = {"%p = arith.extsi %a0 : i8 to i32", "%q = arith.extsi %a1 : i8 to i32"};
    std::string left = "%p", right = "%q";
    if (choices.chance(50)) {
      body.push_back(fmt::format("%zp = arith.constant {} : i32", choices.between(0, 255) - 128));
      body.push_back("%u = arith.subi %p, %zp : i32");
      left = "%u";
    }
    if (choices.chance(20)) {
      body.push_back(fmt::format("%zq = arith.constant {} : i32", choices.between(0, 255) - 128));
      body.push_back("%v = arith.subi %q, %zq : i32");
      right = "%v";
    }
    body.push_back(fmt::format("%m = arith.muli {}, {} : i32", left, right));
    body.push_back("%y = arith.addi %o, %m : i32");
    return body;
  }
  static std::string sumType(const GraphTensor &x) { return isFloat(x) ? "f32" : "i32"; }
  GraphTensor zeros(const GraphTensor &x, Shape shape) {
    return graph.filled(isFloat(x) ? "0.0" : "0", sumType(x), std::move(shape));
  }

  /// The last tensor with another number of axes, as a view: axes are joined from the left, or ones put
  /// there.
  GraphTensor withRank(GraphTensor x, unsigned rank) {
    while (x.shape.size() > rank) {
      std::string groups = "[[0, 1]";
      for (unsigned i = 2; i < x.shape.size(); ++i)
        groups += fmt::format(", [{}]", i);
      Shape shape(x.shape.begin() + 1, x.shape.end());
      shape[0] *= x.shape[0];
      GraphTensor to{"", x.type, shape};
      x = graph.tensor(fmt::format("tensor.collapse_shape {} {}] : {} into {}", x.name, groups, x.typeText(),
                                   to.typeText()),
                       x.type, shape);
    }
    while (x.shape.size() < rank) {
      std::string groups = "[[0, 1]", sizes = fmt::format("1, {}", x.shape[0]);
      for (unsigned i = 1; i < x.shape.size(); ++i) {
        groups += fmt::format(", [{}]", i + 1);
        sizes += fmt::format(", {}", x.shape[i]);
      }
      Shape shape = x.shape;
      shape.insert(shape.begin(), 1);
      GraphTensor to{"", x.type, shape};
      x = graph.tensor(fmt::format("tensor.expand_shape {} {}] output_shape [{}] : {} into {}", x.name,
                                   groups, sizes, x.typeText(), to.typeText()),
                       x.type, shape);
    }
    return x;
  }

  std::string scalarConstant(const GraphTensor &x, int64_t value, const std::string &name) {
    return isFloat(x) ? fmt::format("{} = arith.constant {:.1f} : {}", name, double(value), x.type)
                      : fmt::format("{} = arith.constant {} : {}", name, value, x.type);
  }
  GraphTensor pad(const GraphTensor &x, const Shape &low, const Shape &high, int64_t value) {
    Shape shape = x.shape;
    std::string lows, highs, arguments;
    for (size_t i = 0; i < shape.size(); ++i) {
      shape[i] += low[i] + high[i];
      lows += fmt::format("{}{}", i ? ", " : "", low[i]);
      highs += fmt::format("{}{}", i ? ", " : "", high[i]);
      arguments += fmt::format("{}%i{}: index", i ? ", " : "", i);
    }
    GraphTensor to{"", x.type, shape};
    return graph.tensor(
        fmt::format("tensor.pad {} low[{}] high[{}] {{\n  ^bb0({}):\n    {}\n    tensor.yield %v : {}\n  "
                    "}} : {} to {}",
                    x.name, lows, highs, arguments, scalarConstant(x, value, "%v"), x.type, x.typeText(),
                    to.typeText()),
        x.type, shape);
  }

  bool convolution() {
    GraphTensor x = withRank(somePrevious(), 4);
    int64_t channels = x.shape[3], height = x.shape[1], width = x.shape[2];
    if (choices.chance(50)) {
      Shape low = {0, choices.between(0, 2), choices.between(0, 2), 0};
      Shape high = {0, choices.between(0, 2), choices.between(0, 2), 0};
      x = pad(x, low, high, choices.between(0, 6) - 3);
      height = x.shape[1];
      width = x.shape[2];
    }
    int64_t kernelY = std::min<int64_t>(choices.between(1, 4), height),
            kernelX = std::min(choices.between(1, 4), width);
    int64_t strideY = choices.between(1, 3), strideX = choices.between(1, 3);
    int64_t dilationY = kernelY > 1 ? std::min(choices.between(1, 2), (height - 1) / (kernelY - 1)) : 1;
    int64_t dilationX = kernelX > 1 ? std::min(choices.between(1, 2), (width - 1) / (kernelX - 1)) : 1;
    int64_t outY = (height - 1 - (kernelY - 1) * dilationY) / strideY + 1;
    int64_t outX = (width - 1 - (kernelX - 1) * dilationX) / strideX + 1;
    int64_t groups = 1;
    if (choices.chance(40)) { // down to one channel a group
      groups = channels;
      if (channels % 2 == 0 && choices.chance(50))
        groups = channels / 2;
    }
    int64_t inGroup = channels / groups, outGroup = choices.between(1, groups > 1 ? 3 : 19);
    if (x.shape[0] * outY * outX * groups * outGroup > mostElements ||
        x.shape[0] * outY * outX * groups * outGroup * kernelY * kernelX * inGroup > mostPoints)
      return false;
    std::string at =
        fmt::format("d0, d1 * {} + d5 * {}, d2 * {} + d6 * {}", strideY, dilationY, strideX, dilationX);
    GraphTensor weights = someOperand(x.type, {groups, outGroup, kernelY, kernelX, inGroup});
    // d0 image, d1 d2 place, d3 group, d4 channel in the group, d5 d6 window, d7 channel that is read
    GraphTensor sum = graph.generic(
        {at + fmt::format(", d3 * {} + d7", inGroup), "d3, d4, d5, d6, d7", "d0, d1, d2, d3, d4"}, "ppppprrr",
        {x, weights}, zeros(x, {x.shape[0], outY, outX, groups, outGroup}), multiplyAdd(x));
    GraphTensor joined{"", sum.type, {x.shape[0], outY, outX, groups * outGroup}};
    keep(graph.tensor(fmt::format("tensor.collapse_shape {} [[0], [1], [2], [3, 4]] : {} into {}", sum.name,
                                  sum.typeText(), joined.typeText()),
                      sum.type, joined.shape));
    if (sum.type == "i32" && choices.chance(60))
      requant();
    return true;
  }

  std::vector<unsigned> someOrder(unsigned count) {
    std::vector<unsigned> order(count);
    std::iota(order.begin(), order.end(), 0U);
    for (unsigned i = 0; i + 1 < count; ++i)
      std::swap(order[i], order[i + choices.below(count - i)]);
    return order;
  }

  /// sum[g, m, n] += a[g, m, k] * b[g, k, n], the operands' axes in any order, g and m possibly not there.
  bool product() {
    GraphTensor x = somePrevious();
    bool batched = x.shape.size() >= 3;
    x = withRank(x, batched ? 3 : 2);
    std::vector<std::string> letters =
        batched ? std::vector<std::string>{"d0", "d1", "d3"} : std::vector<std::string>{"d0", "d2"};
    int64_t columns = choices.chance(20) ? 1 : choices.between(1, 20);
    int64_t depth = x.shape.back();
    std::vector<std::string> right =
        batched ? std::vector<std::string>{"d0", "d2", "d3"} : std::vector<std::string>{"d1", "d2"};
    Shape rightShape = batched ? Shape{x.shape[0], columns, depth} : Shape{columns, depth};
    if (x.elements() * columns > mostPoints || x.elements() / depth * columns > mostElements)
      return false;
    std::vector<unsigned> order = someOrder(unsigned(right.size()));
    std::string rightMap;
    Shape ordered;
    for (unsigned i : order) {
      rightMap += (rightMap.empty() ? "" : ", ") + right[i];
      ordered.push_back(rightShape[i]);
    }
    std::string leftMap;
    for (const std::string &letter : letters)
      leftMap += (leftMap.empty() ? "" : ", ") + letter;
    GraphTensor weights = someOperand(x.type, ordered);
    Shape result = batched ? Shape{x.shape[0], x.shape[1], columns} : Shape{x.shape[0], columns};
    keep(graph.generic({leftMap, rightMap, batched ? "d0, d1, d2" : "d0, d1"}, batched ? "pppr" : "ppr",
                       {x, weights}, zeros(x, result), multiplyAdd(x)));
    if (pool.back().type == "i32" && choices.chance(60))
      requant();
    return true;
  }

  /// i32 sums to int8, as TFLite does it; i32 and i8 to f32; f32 to int8.
  bool requant() {
    GraphTensor x = pool.back();
    std::string map = dimensions(unsigned(x.shape.size()));
    std::string last = fmt::format("d{}", x.shape.size() - 1);
    int64_t zeroPoint = choices.between(0, 20) - 10;
    if (isFloat(x))
      return elementwise({map, map}, {x}, "i8", x.shape,
                         {"%s = arith.constant 4.0 : f32",
                          fmt::format("%z = arith.constant {:.1f} : f32", double(zeroPoint)),
                          "%l = arith.constant -128.0 : f32", "%h = arith.constant 127.0 : f32",
                          "%b = arith.mulf %a0, %s : f32", "%c = math.roundeven %b : f32",
                          "%d = arith.addf %c, %z : f32", "%e = arith.maximumf %d, %l : f32",
                          "%f = arith.minimumf %e, %h : f32", "%y = arith.fptosi %f : f32 to i8"});
    if (choices.chance(25))
      return elementwise(
          {map, map}, {x}, "f32", x.shape,
          {fmt::format("%z = arith.constant {} : {}", zeroPoint, x.type),
           "%s = arith.constant 0.0078125 : f32", fmt::format("%b = arith.subi %a0, %z : {}", x.type),
           fmt::format("%c = arith.sitofp %b : {} to f32", x.type), "%y = arith.mulf %c, %s : f32"});
    if (x.type == "i8")
      return false;
    int64_t channels = x.shape.back();
    std::vector<int64_t> multipliers, shifts;
    for (int64_t i = 0; i < channels; ++i) {
      multipliers.push_back((int64_t(1) << 30) + (i * 7919 + 12345) % (int64_t(1) << 30));
      shifts.push_back(5 + i % 5);
    }
    GraphTensor bias = someConstant("i32", {channels});
    GraphTensor multiplier = graph.constant("i32", {channels}, multipliers);
    GraphTensor shift = graph.constant("i32", {channels}, shifts);
    std::string rounding = choices.chance(30) ? "half_up" : "half_away_from_zero";
    return elementwise({map, last, last, last, map}, {x, bias, multiplier, shift}, "i8", x.shape,
                       {"%b = arith.addi %a0, %a1 : i32",
                        "%c = tenon.saturating_rounding_doubling_high_multiply %b, %a2 : i32",
                        "%d = tenon.rounding_shift_right " + rounding + " %c, %a3 : i32",
                        fmt::format("%z = arith.constant {} : i32", zeroPoint),
                        "%e = arith.addi %d, %z : i32",
                        fmt::format("%l = arith.constant {} : i32", choices.chance(50) ? zeroPoint : -128),
                        "%h = arith.constant 127 : i32", "%f = arith.maxsi %e, %l : i32",
                        "%g = arith.minsi %f, %h : i32", "%y = arith.trunci %g : i32 to i8"});
  }

  bool reduction() {
    GraphTensor x = somePrevious();
    std::string map = dimensions(unsigned(x.shape.size())), kinds, kept;
    Shape shape;
    for (size_t dimension = 0; dimension < x.shape.size(); ++dimension) {
      bool stays = choices.chance(50);
      kinds += stays ? 'p' : 'r';
      if (stays) {
        shape.push_back(x.shape[dimension]);
        kept += fmt::format("{}d{}", kept.empty() ? "" : ", ", dimension);
      }
    }
    if (shape.empty()) { // a tensor of rank 0 has no shape to go on with
      kinds[0] = 'p';
      kept = "d0";
      shape = {x.shape[0]};
    }
    bool isMost = choices.chance(40);
    if (isMost) {
      std::string op = isFloat(x) ? "maximumf" : "maxsi";
      GraphTensor start = graph.filled(isFloat(x) ? "-1000.0" : "-100", x.type, shape);
      keep(graph.generic({map, kept}, kinds, {x}, start,
                         {fmt::format("%y = arith.{} %o, %a0 : {}", op, x.type)}));
      return true;
    }
    std::vector<std::string> body;
    std::string value = "%a0", type = sumType(x);
    if (x.type == "i8") {
      body.push_back("%w = arith.extsi %a0 : i8 to i32");
      value = "%w";
    }
    body.push_back(fmt::format("%y = arith.{} %o, {} : {}", isFloat(x) ? "addf" : "addi", value, type));
    keep(graph.generic({map, kept}, kinds, {x}, zeros(x, shape), body));
    return true;
  }

  bool transpose() {
    GraphTensor x = somePrevious();
    std::vector<unsigned> order = someOrder(unsigned(x.shape.size()));
    Shape shape;
    std::string map;
    for (unsigned i : order) {
      shape.push_back(x.shape[i]);
      map += fmt::format("{}d{}", map.empty() ? "" : ", ", i);
    }
    keep(graph.generic(
        {dimensions(unsigned(shape.size())), map}, std::string(shape.size(), 'p'), {x},
        graph.empty(x.type, shape),
        {fmt::format("%y = arith.{} %a0, %a0 : {}", isFloat(x) ? "maximumf" : "maxsi", x.type)}));
    return true;
  }

  bool padded() {
    GraphTensor x = somePrevious();
    Shape low, high;
    for (size_t i = 0; i < x.shape.size(); ++i) {
      low.push_back(choices.between(0, 2));
      high.push_back(choices.between(0, 2));
    }
    GraphTensor y = pad(x, low, high, choices.between(0, 6) - 3);
    if (y.elements() > 2 * mostElements)
      return false;
    std::string map = dimensions(unsigned(y.shape.size()));
    return elementwise({map, map}, {y}, y.type, y.shape,
                       {fmt::format("%y = arith.{} %a0, %a0 : {}", isFloat(y) ? "addf" : "addi", y.type)});
  }

  bool slice() {
    GraphTensor x = somePrevious();
    std::string offsets, sizes, strides;
    Shape shape;
    for (int64_t extent : x.shape) {
      int64_t offset = choices.below(uint32_t(extent)), stride = choices.between(1, 3);
      int64_t size = 1 + int64_t(choices.below(uint32_t((extent - 1 - offset) / stride + 1)));
      offsets += fmt::format("{}{}", offsets.empty() ? "" : ", ", offset);
      sizes += fmt::format("{}{}", sizes.empty() ? "" : ", ", size);
      strides += fmt::format("{}{}", strides.empty() ? "" : ", ", stride);
      shape.push_back(size);
    }
    GraphTensor to{"", x.type, shape};
    keep(graph.tensor(fmt::format("tensor.extract_slice {} [{}] [{}] [{}] : {} to {}", x.name, offsets, sizes,
                                  strides, x.typeText(), to.typeText()),
                      x.type, shape));
    return true;
  }

  bool reshaped() {
    GraphTensor x = somePrevious();
    keep(withRank(x, 1 + choices.below(4)));
    return unary();
  }

  bool concat() {
    GraphTensor x = somePrevious();
    unsigned dimension = choices.below(uint32_t(x.shape.size()));
    Shape other = x.shape, shape = x.shape;
    other[dimension] = choices.between(1, 5);
    shape[dimension] += other[dimension];
    GraphTensor y = someOperand(x.type, other), to{"", x.type, shape};
    keep(graph.tensor(fmt::format("tensor.concat dim({}) {}, {} : ({}, {}) -> {}", dimension, x.name, y.name,
                                  x.typeText(), y.typeText(), to.typeText()),
                      x.type, shape));
    return true;
  }

  bool pool2d() {
    GraphTensor x = withRank(somePrevious(), 4);
    int64_t kernelY = std::min(choices.between(1, 3), x.shape[1]),
            kernelX = std::min(choices.between(1, 3), x.shape[2]);
    int64_t stride = choices.between(1, 3);
    Shape shape = {x.shape[0], (x.shape[1] - kernelY) / stride + 1, (x.shape[2] - kernelX) / stride + 1,
                   x.shape[3]};
    GraphTensor window = graph.constant("i8", {kernelY, kernelX}, Shape(size_t(kernelY * kernelX), 0));
    GraphTensor start = graph.filled(isFloat(x) ? "-1000.0" : "-100", x.type, shape);
    keep(graph.generic(
        {fmt::format("d0, d1 * {0} + d4, d2 * {0} + d5, d3", stride), "d4, d5", "d0, d1, d2, d3"}, "pppprr",
        {x, window}, start,
        {fmt::format("%y = arith.{} %o, %a0 : {}", isFloat(x) ? "maximumf" : "maxsi", x.type)}));
    return true;
  }

  Choices &choices;
  GraphText graph;
  std::vector<GraphTensor> pool;
};

} // namespace

std::string randomGraph(Choices &choices) { return Generator(choices).generate(); }

} // namespace tenon::test
