// The few questions that a description answers about itself.
#include "core/isa/Description.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SHA256.h"

namespace tenon::isa {

std::string ElementType::str() const {
  return scalar.isInteger() && !isSigned ? "u" + std::to_string(scalar.width) : scalar.str();
}

std::optional<ElementType> parseElementType(llvm::StringRef text) {
  using nest::ScalarType;
  for (ScalarType type : {ScalarType::f16(), ScalarType::bf16(), ScalarType::f32(), ScalarType::f64()})
    if (text == type.str())
      return ElementType{type, true};
  llvm::StringRef digits = text;
  bool isSigned = digits.consume_front("i");
  unsigned width = 0;
  if ((!isSigned && !digits.consume_front("u")) || digits.starts_with("0") || digits.getAsInteger(10, width))
    return std::nullopt;
  if (width < 1 || width > 64)
    return std::nullopt;
  return ElementType{ScalarType::integer(width), isSigned};
}

bool fits(const ElementType &type, int64_t value) {
  if (!type.isSigned)
    return value >= 0 && llvm::isUIntN(type.scalar.width, uint64_t(value));
  return llvm::isIntN(type.scalar.width, value);
}

bool Size::allows(int64_t value) const {
  if (!choices.empty())
    return llvm::is_contained(choices, value);
  // Unsigned: the distance of two 64-bit numbers fits 64 bits without a sign.
  return value >= low && value <= high && (uint64_t(value) - uint64_t(low)) % uint64_t(step) == 0;
}

static bool sameIndex(const SymbolicIndex &a, const SymbolicIndex &b) {
  return llvm::equal(a, b, [](const IndexTerm &x, const IndexTerm &y) {
    return x.factor == y.factor && x.value == y.value && x.size == y.size;
  });
}

bool Intrinsic::isMove() const {
  if (semantics.statements.size() != 1 || !semantics.locals.empty())
    return false;
  const SemanticStatement &only = semantics.statements.front();
  if (only.update != nest::Update::Assign || only.body.size() != 1)
    return false;
  const SemanticNode &read = only.body.front();
  return read.kind == SemanticNode::Kind::Nest && read.node.op == nest::Opcode::Read &&
         read.node.access.operand != only.destination && llvm::equal(read.indices, only.indices, sameIndex);
}

std::optional<int64_t> Description::parameter(llvm::StringRef wanted) const {
  for (const Parameter &parameter : parameters)
    if (parameter.name == wanted)
      return parameter.value;
  return std::nullopt;
}

const SourceFile *fileOf(llvm::ArrayRef<SourceFile> files, unsigned line) {
  for (const SourceFile &file : llvm::reverse(files))
    if (file.before < line)
      return &file;
  return nullptr;
}

std::string Description::locate(Place place) const {
  const SourceFile *file = fileOf(files, place.line);
  if (!file)
    return path;
  return file->path + ":" + std::to_string(place.line - file->before) + ":" + std::to_string(place.column);
}

const Level *Description::level(Level::Kind kind) const {
  auto found = llvm::find_if(levels, [&](const Level &level) { return level.kind == kind; });
  return found == levels.end() ? nullptr : &*found;
}

bool Description::has(const Intrinsic &intrinsic) const {
  return llvm::all_of(intrinsic.requiredFeatures, [&](const std::string &feature) {
    return code && llvm::is_contained(code->features, feature);
  });
}

std::string Description::hash() const {
  return llvm::toHex(llvm::SHA256::hash(llvm::arrayRefFromStringRef(text)), /*LowerCase=*/true);
}

} // namespace tenon::isa
