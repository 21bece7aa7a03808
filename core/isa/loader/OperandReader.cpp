// An intrinsic's operands: type, memory, strides, outside, layout.
#include "core/isa/loader/Names.h"
#include "core/isa/loader/Readers.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::isa::loader {

namespace {

class OperandReader {
public:
  OperandReader(Reading &reading, const Intrinsic &intrinsic, const TreeKey &key, const TreeNode &node)
      : reading(reading), intrinsic(intrinsic), node(node),
        what("operand " + quoted(key.text) + " of intrinsic " + quoted(intrinsic.family)) {
    operand.name = key.text;
    operand.place = key.place;
  }

  OperandDeclaration read() {
    if (const TreeNode *access = node.find("access"))
      operand.access = access->text == "write"    ? OperandDeclaration::Access::Write
                       : access->text == "update" ? OperandDeclaration::Access::Update
                                                  : OperandDeclaration::Access::Read;
    if (const TreeNode *memory = node.find("memory"))
      for (const Piece &name : piecesOf(*memory))
        addMemory(name);
    if (const TreeNode *type = node.find("type"))
      readType(*type);
    if (const TreeNode *extents = node.find("extent"))
      readExtents(*extents);
    for (Axis &axis : operand.axes)
      settleAxis(axis);
    if (const TreeNode *strides = node.find("stride"))
      for (size_t i = 0; i < strides->keys.size(); ++i)
        readStride(strides->keys[i], strides->items[i].piece());
    if (const TreeNode *outside = node.find("outside"))
      readOutside(outside->piece());
    if (const TreeNode *holds = node.find("holds"))
      readHolds(holds->piece());
    return std::move(operand);
  }

private:
  Reading &reading;
  const Intrinsic &intrinsic;
  const TreeNode &node;
  std::string what;
  OperandDeclaration operand;

  void addMemory(const Piece &name) {
    int index = reference(reading, reading.description.memories, name, "memory");
    if (index >= 0 && llvm::is_contained(operand.memories, unsigned(index)))
      reading.mistakes.add(name.place, what + " has memory " + quoted(name.text) + " twice",
                           "remove one of them");
    else if (index >= 0 && reading.description.memories[size_t(index)].kind == Memory::Kind::Cache)
      reading.mistakes.add(name.place, what + " lives in " + quoted(name.text) + ", a cache",
                           "name the memory behind it");
    else if (index >= 0)
      operand.memories.push_back(unsigned(index));
  }

  void readType(const TreeNode &type) {
    std::optional<Bracketed> parts = readBracketed(reading, type.piece(), what);
    if (!parts)
      return;
    if (auto element = readElementType(reading, parts->head, what))
      operand.type = *element;
    if (parts->parts.empty())
      reading.mistakes.add(type.place, what + " has no axes",
                           "write " + parts->head.text.str() + "[AXIS, ...]");
    for (const Piece &part : parts->parts)
      addAxis(part);
  }

  void addAxis(const Piece &name) {
    bool number = !name.text.empty() && llvm::all_of(name.text, llvm::isDigit);
    if (!number && !isName(name.text))
      return reading.mistakes.add(name.place, "axis " + noName(name.text),
                                  "an axis is a size, a name with an extent, or a number");
    for (const Axis &other : operand.axes)
      if (!number && other.name == name.text)
        return reading.mistakes.add(name.place, what + " has axis " + quoted(name.text) + " twice",
                                    "name the second one differently and give its extent");
    Axis axis;
    axis.name = name.text.str();
    axis.stride.place = name.place; // until a stride has one of its own
    axis.size = number ? -1 : indexOf(intrinsic.sizes, name.text);
    if (number && !readNumber(reading, name, {"axis of " + what, 1, mostOfAnything}))
      return;
    if (number || (axis.size < 0 && reading.description.parameter(name.text)))
      axis.extent = readExpression(reading, name);
    operand.axes.push_back(std::move(axis));
  }

  std::vector<std::string> axisNames() const { return namesOf(operand.axes); }

  Axis *axisOf(const TreeKey &key, llvm::StringRef property) {
    int index = indexOf(operand.axes, key.text);
    if (index >= 0)
      return &operand.axes[size_t(index)];
    reading.mistakes.add(key.place,
                         property.str() + " of " + what + " names " + quoted(key.text) +
                             ", which is none of its axes",
                         suggestion(key.text, axisNames()));
    return nullptr;
  }

  void readExtents(const TreeNode &extents) {
    for (size_t i = 0; i < extents.keys.size(); ++i) {
      Axis *axis = axisOf(extents.keys[i], "extent");
      std::optional<Expression> value = readExpression(reading, extents.items[i].piece());
      if (!axis || !value)
        continue;
      if (axis->size >= 0)
        reading.mistakes.add(extents.keys[i].place,
                             "axis " + quoted(axis->name) + " of " + what + " is a size; that is its extent",
                             "remove the extent, or name the axis differently");
      else if (checkNames(*value, {scalarNames(reading.parameters, intrinsic), "an extent"},
                          reading.mistakes))
        axis->extent = std::move(value);
    }
  }

  /// Every axis has an extent.
  void settleAxis(const Axis &axis) {
    const TreeNode *extents = node.find("extent");
    if (axis.size >= 0 || axis.extent || (extents && extents->find(axis.name)))
      return;
    reading.mistakes.add(axis.stride.place,
                         "axis " + quoted(axis.name) + " of " + what + " is no size and has no extent",
                         "declare it in sizes, or add extent: {" + axis.name +
                             ": ...}; sizes: " + listed(namesOf(intrinsic.sizes)));
  }

  bool inRows() const {
    return llvm::any_of(operand.memories, [&](unsigned memory) {
      return reading.description.memories[memory].unit == Memory::Unit::Row;
    });
  }

  void readStride(const TreeKey &key, Piece text) {
    Axis *axis = axisOf(key, "stride");
    if (!axis)
      return;
    text = text.trimmed();
    Stride &stride = axis->stride;
    stride.place = text.place;
    std::string whose = "stride of axis " + quoted(key.text) + " of " + what;
    if (text.text == "table" || text.text == "row")
      return reading.mistakes.add(text.place, "stride " + quoted(text.text) + " is not yet supported",
                                  "write any, dense, or an expression");
    if (text.text == "dense")
      return;
    if (text.text == "any") {
      stride.kind = Stride::Kind::Any;
    } else if (text.text.starts_with("any by ")) {
      stride.kind = Stride::Kind::Any;
      stride.multiple =
          readNumber(reading, text.from(7), {"the multiple of the " + whose, 1, mostOfAnything}).value_or(1);
    } else {
      stride.kind = Stride::Kind::Fixed;
      std::optional<Expression> value = readExpression(reading, text);
      NameSet known = reading.parameters;
      known.addAll(namesOf(intrinsic.sizes));
      if (value && checkNames(*value, {known, "a stride"}, reading.mistakes))
        stride.value = std::move(*value);
    }
    bool one = stride.value.kind == Expression::Kind::Integer && stride.value.integer == 1;
    if (inRows() && axis == &operand.axes.back() && !(stride.kind == Stride::Kind::Fixed && one))
      reading.mistakes.add(
          text.place, "the last axis of " + what + " lies along the row; its stride is " + quoted(text.text),
          "remove the stride of " + quoted(key.text));
  }

  void readOutside(Piece text) {
    text = text.trimmed();
    Outside &outside = operand.outside;
    outside.place = text.place;
    bool read = operand.access == OperandDeclaration::Access::Read;
    if (text.text == "keep" || text.text == "undefined") {
      outside.kind = text.text == "keep" ? Outside::Kind::Keep : Outside::Kind::Undefined;
      if (read)
        reading.mistakes.add(text.place,
                             what + " is read, and " + text.text.str() + " says what a write leaves",
                             "give the value that a read outside yields, or access: write");
      return;
    }
    std::optional<Expression> value = readExpression(reading, text);
    NameSet known = reading.parameters;
    known.addAll(namesOf(intrinsic.values));
    if (!value || !checkNames(*value, {known, "outside", true}, reading.mistakes))
      return;
    outside.kind = Outside::Kind::Value;
    outside.value = std::move(*value);
  }

  void readHolds(Piece text) {
    Holds holds;
    text = text.trimmed();
    holds.text = text.text.str();
    holds.place = text.place;
    size_t equals = text.text.find('=');
    if (equals == llvm::StringRef::npos)
      return reading.mistakes.add(text.place, "the layout of " + what + " has no =",
                                  "write UNIT NAME, ... = " + operand.name + "[INDEX, ...]");
    if (readCoordinates(holds, text.until(equals)) && readIndices(holds, text.from(equals + 1)))
      operand.holds = std::move(holds);
  }

  bool readCoordinates(Holds &holds, Piece text) {
    const std::vector<std::string> units = {"row", "lane", "reg", "vector", "qword", "dword", "word", "byte"};
    for (size_t at = 0; at <= text.text.size();) {
      size_t comma = std::min(text.text.find(',', at), text.text.size());
      Piece part = text.until(comma).from(at).trimmed();
      at = comma + 1;
      auto [unit, rest] = part.text.split(' ');
      llvm::StringRef name = rest.trim();
      if (!llvm::is_contained(units, unit)) {
        reading.mistakes.add(part.place,
                             quoted(unit) + " in the layout of " + what + " is no unit of a place",
                             suggestion(unit, units));
        return false;
      }
      bool twice = llvm::any_of(holds.coordinates, [&](const auto &other) { return other.name == name; });
      if (!isName(name) || twice) {
        reading.mistakes.add(part.place,
                             twice ? quoted(name) + " is there twice in the layout of " + what : noName(name),
                             "write UNIT NAME, as in dword l");
        return false;
      }
      holds.coordinates.push_back({unit.str(), name.str()});
    }
    return true;
  }

  bool readIndices(Holds &holds, Piece text) {
    std::optional<Expression> element = readExpression(reading, text);
    if (!element)
      return false;
    size_t count = element->arguments.size();
    if (element->kind != Expression::Kind::Index || element->text != operand.name ||
        count != operand.axes.size()) {
      reading.mistakes.add(element->place,
                           "the layout of " + what + " gives " + quoted(element->str()) +
                               "; the operand has " + std::to_string(operand.axes.size()) + " axes",
                           "write " + operand.name + "[INDEX, ...]");
      return false;
    }
    NameSet known = reading.parameters;
    for (const Holds::Coordinate &coordinate : holds.coordinates)
      known.add(coordinate.name);
    bool right = true;
    for (Expression &index : element->arguments) {
      right &= checkNames(index, {known, "a layout"}, reading.mistakes);
      bindParameters(index, holds);
    }
    holds.indices = std::move(element->arguments);
    return right;
  }

  /// A layout is over coordinates alone: parameters become their numbers.
  void bindParameters(Expression &expression, const Holds &holds) const {
    for (Expression &argument : expression.arguments)
      bindParameters(argument, holds);
    bool coordinate =
        llvm::any_of(holds.coordinates, [&](const auto &one) { return one.name == expression.text; });
    if (expression.kind != Expression::Kind::Name || coordinate)
      return;
    if (std::optional<int64_t> value = reading.description.parameter(expression.text)) {
      expression.kind = Expression::Kind::Integer;
      expression.integer = *value;
      expression.text.clear();
    }
  }
};

} // namespace

void readOperands(Reading &reading, Intrinsic &intrinsic, const TreeNode &section) {
  for (size_t i = 0; i < section.keys.size(); ++i)
    intrinsic.operands.push_back(OperandReader(reading, intrinsic, section.keys[i], section.items[i]).read());
}

} // namespace tenon::isa::loader
