// Random computations, and intrinsics that nearly compute them.
#include "tests/match/RandomCase.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::test {

using nest::Opcode;

namespace {

/// A stride of 0 repeats a tensor along the axis.
std::string strides(const CaseShape &shape, const std::vector<unsigned> &tensor) {
  std::vector<std::string> texts;
  for (unsigned index : tensor)
    texts.push_back(shape.indices[index] + ": any");
  return texts.empty() ? "" : ", stride: {" + llvm::join(texts, ", ") + "}";
}

std::string bracket(const CaseShape &shape, const std::vector<unsigned> &tensor) {
  std::vector<std::string> names;
  for (unsigned index : tensor)
    names.push_back(shape.indices[index]);
  return "[" + llvm::join(names, ", ") + "]";
}

std::vector<unsigned> resultIndices(const CaseShape &shape) {
  std::vector<unsigned> result;
  for (unsigned index = 0; index < shape.parallel; ++index)
    result.push_back(index);
  return result;
}

class Generator {
public:
  explicit Generator(uint64_t seed) : random(seed) {}

  CaseShape chip() {
    CaseShape shape;
    unsigned count = 1 + below(3);
    shape.parallel = 1 + below(count); // an operand of a description has an axis
    static const char *const names[] = {"m", "n", "j", "k"};
    for (unsigned i = 0; i < count; ++i) {
      shape.indices.push_back(names[i]);
      shape.extents.push_back(1 + below(4));
    }
    shape.hasCore = shape.parallel < count || chance(60);
    shape.body = CaseShape::Body(below(4));
    shape.final = CaseShape::Final(below(3));
    shape.hasStart = shape.hasCore && chance(30);
    if (shape.hasCore && chance(20))
      shape.update = nest::Update::Max;
    if (shape.final == CaseShape::Final::None && shape.hasCore && !shape.hasStart)
      shape.accumulates = shape.update == nest::Update::Max || chance(50) || shape.parallel == count;
    for (unsigned i = 0; i < count; ++i) {
      unsigned where = below(3);
      if (where != 1 || shape.body == CaseShape::Body::Alone)
        shape.x.push_back(i);
      if (where != 0)
        shape.w.push_back(i);
      if (i < shape.parallel && chance(60))
        shape.added.push_back(i);
      if (i < shape.parallel && chance(60))
        shape.start.push_back(i);
    }
    for (std::vector<unsigned> *tensor : {&shape.x, &shape.w, &shape.added, &shape.start})
      if (tensor->empty())
        tensor->push_back(0);
    if (count >= 2 && shape.parallel < count && chance(30)) {
      shape.window = true;
      shape.windowOuter = below(shape.parallel);
      shape.windowInner = shape.parallel + below(count - shape.parallel);
      llvm::erase(shape.x, shape.windowOuter);
      llvm::erase(shape.x, shape.windowInner);
    }
    return shape;
  }

  /// A computation of the same kind: some indices fewer, some more, other orders, now and then a difference.
  CaseShape model(const CaseShape &chip) {
    CaseShape shape = chip;
    shape.accumulates = false;
    std::vector<int> kept(chip.indices.size(), -1);
    shape.indices.clear();
    shape.extents.clear();
    shape.parallel = 0;
    for (bool parallel : {true, false}) {
      std::vector<unsigned> order;
      for (unsigned i = 0; i < chip.indices.size(); ++i)
        if ((i < chip.parallel) == parallel)
          order.push_back(i);
      std::shuffle(order.begin(), order.end(), random);
      for (unsigned i : order)
        if (chance(85) || (chip.window && (i == chip.windowOuter || i == chip.windowInner))) {
          kept[i] = int(shape.indices.size());
          addIndex(shape, parallel);
        }
      if (chance(40))
        addIndex(shape, parallel);
    }
    for (auto [mine, theirs] : {std::pair(&shape.x, &chip.x), std::pair(&shape.w, &chip.w),
                                std::pair(&shape.added, &chip.added), std::pair(&shape.start, &chip.start)}) {
      mine->clear();
      for (unsigned index : *theirs)
        if (kept[index] >= 0)
          mine->push_back(unsigned(kept[index]));
    }
    for (unsigned i = 0; i < shape.indices.size(); ++i) {
      bool old = llvm::is_contained(kept, int(i));
      if (old)
        continue;
      for (std::vector<unsigned> *tensor : {&shape.x, &shape.w})
        if (chance(60))
          tensor->push_back(i);
      if (i < shape.parallel && chance(50))
        shape.added.push_back(i);
    }
    if (chip.window) {
      shape.windowOuter = unsigned(kept[chip.windowOuter]);
      shape.windowInner = unsigned(kept[chip.windowInner]);
      shape.step = 1 + below(2);
      shape.dilation = 1 + below(2);
      shape.pad = below(2);
    }
    if (chip.hasCore && shape.parallel == shape.indices.size())
      addIndex(shape, false);
    shape.zero = below(2) ? 20 + below(30) : -20 - below(30);
    shape.out = below(5) - 2;
    shape.low = -100;
    shape.high = 100;
    change(shape);
    // A maximum is the same however often a loop that nothing reads runs.
    for (unsigned i = shape.parallel; i < shape.indices.size(); ++i) {
      bool read = llvm::is_contained(shape.x, i) || (shape.window && i == shape.windowInner) ||
                  (shape.body != CaseShape::Body::Alone && llvm::is_contained(shape.w, i));
      if (!read)
        shape.x.push_back(i);
    }
    // Most results are inside the range, and differ.
    bool product = shape.body == CaseShape::Body::Product || shape.body == CaseShape::Body::ZeroPoint;
    shape.shift = product ? 6 + below(3) : 1 + below(2);
    for (std::vector<unsigned> *tensor : {&shape.x, &shape.w, &shape.added, &shape.start})
      std::shuffle(tensor->begin(), tensor->end(), random);
    return shape;
  }

  int64_t below(int64_t end) { return int64_t(random() % uint64_t(end)); }
  bool chance(int percent) { return below(100) < percent; }

private:
  void addIndex(CaseShape &shape, bool parallel) {
    shape.indices.push_back("d" + std::to_string(shape.indices.size()));
    shape.extents.push_back(2 + below(3));
    shape.parallel += parallel;
  }

  void change(CaseShape &shape) {
    switch (below(12)) {
    case 0:
      shape.update = shape.update == nest::Update::Add ? nest::Update::Max : nest::Update::Add;
      break;
    case 1:
      shape.narrow = "i16";
      break;
    case 2:
      shape.body = CaseShape::Body(below(4));
      break;
    case 3:
      shape.hasStart = shape.hasCore && !shape.hasStart;
      break;
    case 4:
      shape.final = CaseShape::Final(below(3));
      break;
    default:
      break;
    }
  }

  std::mt19937_64 random;
};

} // namespace

std::string yamlOf(const CaseShape &shape) {
  std::string text = "tenon: 1\ntarget: chip\nmemories:\n  ram: {kind: global, bytes: 1 MiB}\nintrinsics:\n"
                     "  op:\n    sizes: {";
  for (unsigned i = 0; i < shape.indices.size(); ++i)
    text += (i ? ", " : "") + shape.indices[i] + ": 1.." + std::to_string(shape.extents[i]);
  text += "}\n";
  bool zero = shape.body == CaseShape::Body::ZeroPoint,
       quantised = shape.final == CaseShape::Final::Quantised;
  bool alone = shape.body == CaseShape::Body::Alone;
  std::vector<std::string> values;
  if (zero)
    values.push_back("zero: i8");
  if (quantised)
    for (const char *value : {"out: i8", "low: i8", "high: i8", "shift: 0..31"})
      values.push_back(value);
  if (shape.window)
    for (const char *value : {"height: 1..64", "step: 0..7", "dilation: 0..7", "pad: -64..63"})
      values.push_back(value);
  if (!values.empty())
    text += "    values: {" + llvm::join(values, ", ") + "}\n";
  std::vector<unsigned> result = resultIndices(shape);
  std::string axes = bracket(shape, shape.x), at = axes, extent;
  if (shape.window) {
    std::string rest = shape.x.empty() ? "]" : ", " + axes.substr(1);
    at = "[" + shape.indices[shape.windowOuter] + "*step + " + shape.indices[shape.windowInner] +
         "*dilation - pad" + rest;
    axes = "[h" + rest;
    extent = ", extent: {h: height}, outside: 0";
  }
  std::string resultType = quantised ? "i8" : "i32";
  text += "    operands:\n      x: {type: \"" + shape.narrow + axes + "\", memory: ram" +
          strides(shape, shape.x) + extent + "}\n";
  if (!alone)
    text += "      w: {type: \"" + shape.narrow + bracket(shape, shape.w) + "\", memory: ram" +
            strides(shape, shape.w) + "}\n";
  if (shape.final != CaseShape::Final::None)
    text += "      added: {type: \"i32" + bracket(shape, shape.added) + "\", memory: ram" +
            strides(shape, shape.added) + "}\n";
  if (shape.hasStart)
    text += "      start: {type: \"i32" + bracket(shape, shape.start) + "\", memory: ram" +
            strides(shape, shape.start) + "}\n";
  text += "      y: {type: \"" + resultType + bracket(shape, result) +
          "\", memory: ram, access: " + (shape.accumulates ? "update" : "write") + "}\n    semantics:\n";
  std::string x = "i32(x" + at + ")", w = "i32(w" + bracket(shape, shape.w) + ")";
  std::string body = shape.body == CaseShape::Body::Product     ? x + " * " + w
                     : shape.body == CaseShape::Body::ZeroPoint ? "(" + x + " - zero) * " + w
                     : shape.body == CaseShape::Body::Sum       ? x + " + " + w
                                                                : x;
  std::string sum = body, place = bracket(shape, result);
  std::string sign = shape.update == nest::Update::Max ? " max= " : " += ";
  if (shape.hasCore && shape.accumulates) {
    text += "      - \"y" + place + sign + body + "\"\n";
    return text;
  }
  if (shape.hasCore) {
    std::string start = shape.hasStart                      ? "start" + bracket(shape, shape.start)
                        : shape.update == nest::Update::Max ? "-1000000"
                                                            : "0";
    text += "      - \"t" + place + " = i32(" + start + ")\"\n";
    text += "      - \"t" + place + sign + body + "\"\n";
    sum = "t" + place;
  }
  if (shape.final != CaseShape::Final::None)
    sum += " + added" + bracket(shape, shape.added);
  if (quantised)
    sum = "i8(clamp(round_shift_half_up(" + sum + ", shift) + out, low, high))";
  return text + "      - \"y" + place + " = " + sum + "\"\n";
}

namespace {

class ComputationBuilder {
public:
  ComputationBuilder(const CaseShape &source, NestBuilder &into) : shape(source), b(into) {}

  match::Computation build() {
    for (unsigned i = 0; i < shape.indices.size(); ++i)
      b.loop(shape.indices[i], shape.extents[i]);
    narrow = nest::ScalarType::integer(shape.narrow == "i8" ? 8 : 16);
    nest::ScalarType resultType = shape.final == CaseShape::Final::Quantised ? i8 : i32;
    addInputs();
    unsigned y = tensor("y", resultType, result());
    unsigned sum = y;
    made.result = y;
    if (shape.hasCore) {
      if (shape.final != CaseShape::Final::None) {
        sum = tensor("t", i32, result(), true);
        made.sources[sum].kind = match::TensorSource::Kind::Local;
      }
      addCore(sum);
    }
    if (!shape.hasCore || shape.final != CaseShape::Final::None)
      addFinal(sum);
    made.nest = b.nest;
    return made;
  }

private:
  std::vector<unsigned> result() const { return resultIndices(shape); }

  unsigned tensor(llvm::StringRef name, nest::ScalarType type, const std::vector<unsigned> &indices,
                  bool local = false) {
    llvm::SmallVector<int64_t> extents;
    for (unsigned index : indices)
      extents.push_back(shape.extents[index]);
    unsigned number = b.operand(name, type, extents, local);
    match::TensorSource source;
    source.value = number;
    made.sources.push_back(source);
    return number;
  }

  nest::Access at(unsigned operand, const std::vector<unsigned> &indices) {
    llvm::SmallVector<mlir::AffineExpr> expressions;
    for (unsigned index : indices)
      expressions.push_back(b.at(index));
    return b.access(operand, expressions);
  }

  void addInputs() {
    x = tensor("x", narrow, shape.x);
    if (shape.window) {
      int64_t height = (shape.extents[shape.windowOuter] - 1) * shape.step +
                       (shape.extents[shape.windowInner] - 1) * shape.dilation + 1 - shape.pad;
      b.nest.operands[x].shape.insert(b.nest.operands[x].shape.begin(), std::max<int64_t>(height, 1));
    }
    if (shape.body != CaseShape::Body::Alone)
      w = tensor("w", narrow, shape.w);
    if (shape.final != CaseShape::Final::None)
      added = tensor("added", i32, shape.added);
    if (shape.hasStart)
      start = tensor("start", i32, shape.start);
  }

  nest::Access readOfX() {
    nest::Access access = at(x, shape.x);
    if (!shape.window)
      return access;
    llvm::SmallVector<mlir::AffineExpr> indices = {b.at(shape.windowOuter) * shape.step +
                                                   b.at(shape.windowInner) * shape.dilation - shape.pad};
    llvm::append_range(indices, access.indices.getResults());
    return b.access(x, indices, nest::Constant::ofInteger(0));
  }

  unsigned wide(unsigned node) { return b.node(Opcode::ExtSI, i32, {node}); }

  unsigned body() {
    unsigned left = wide(b.read(readOfX()));
    if (shape.body == CaseShape::Body::Alone)
      return left;
    if (shape.body == CaseShape::Body::ZeroPoint)
      left = b.node(Opcode::SubI, i32, {left, b.integer(i32, shape.zero)});
    unsigned right = wide(b.read(at(w, shape.w)));
    return b.node(shape.body == CaseShape::Body::Sum ? Opcode::AddI : Opcode::MulI, i32, {left, right});
  }

  void addCore(unsigned sum) {
    llvm::SmallVector<unsigned> all, parallel;
    for (unsigned i = 0; i < shape.indices.size(); ++i) {
      all.push_back(i);
      if (i < shape.parallel)
        parallel.push_back(i);
    }
    if (shape.hasStart) {
      made.init = int(b.nest.statements.size());
      b.statement(parallel, at(sum, result()));
      b.read(at(start, shape.start));
    }
    made.core = int(b.nest.statements.size());
    std::optional<nest::Constant> from;
    if (!shape.hasStart)
      from = nest::Constant::ofInteger(shape.update == nest::Update::Max ? -1000000 : 0);
    b.statement(all, at(sum, result()), shape.update, from);
    body();
  }

  void addFinal(unsigned sum) {
    made.final = int(b.nest.statements.size());
    llvm::SmallVector<unsigned> parallel;
    for (unsigned i = 0; i < shape.parallel; ++i)
      parallel.push_back(i);
    b.statement(parallel, at(made.result, result()));
    unsigned value = shape.hasCore ? b.read(at(sum, result())) : body();
    if (shape.final == CaseShape::Final::None)
      return;
    value = b.node(Opcode::AddI, i32, {b.read(at(added, shape.added)), value});
    if (shape.final != CaseShape::Final::Quantised)
      return;
    value = b.node(Opcode::RoundingShiftRight, i32, {value, b.integer(i32, shape.shift)});
    value = b.node(Opcode::AddI, i32, {value, b.integer(i32, shape.out)});
    value = b.node(Opcode::MaxSI, i32, {value, b.integer(i32, shape.low)});
    value = b.node(Opcode::MinSI, i32, {value, b.integer(i32, shape.high)});
    b.node(Opcode::TruncI, i8, {value});
  }

  const CaseShape &shape;
  NestBuilder &b;
  match::Computation made;
  nest::ScalarType narrow;
  unsigned x = 0, w = 0, added = 0, start = 0;
};

} // namespace

match::Computation computationOf(const CaseShape &shape, NestBuilder &builder) {
  return ComputationBuilder(shape, builder).build();
}

RandomCase::RandomCase(uint64_t seed) {
  Generator generator(seed);
  chip = generator.chip();
  // Without a core there is no reduction.
  if (!chip.hasCore)
    chip.parallel = unsigned(chip.indices.size());
  model = generator.model(chip);
  if (!model.hasCore && model.parallel < model.indices.size()) {
    model.parallel = unsigned(model.indices.size());
  }
  yaml = yamlOf(chip);
  computation = computationOf(model, builder);
}

std::string RandomCase::text() const {
  std::string result = yaml + "\n";
  llvm::raw_string_ostream stream(result);
  nest::print(computation.nest, stream);
  return result;
}

} // namespace tenon::test
