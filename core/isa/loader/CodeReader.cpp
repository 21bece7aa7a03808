// What a description of native code says of the machine: code, libraries, levels, and how a scratchpad's
// bytes are permuted.
#include "core/isa/loader/Readers.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/TargetParser/Triple.h"

namespace tenon::isa::loader {

bool isLlvmName(llvm::StringRef text) {
  auto part = [](char letter) {
    return llvm::isAlnum(letter) || letter == '-' || letter == '_' || letter == '.';
  };
  return !text.empty() && llvm::isAlnum(text.front()) && llvm::all_of(text, part);
}

namespace {

/// LLVM's text for one instruction without a result's name; where `locals` are allowed, lines before it
/// define them.
std::string instruction(Reading &reading, const TreeNode &node, const std::string &what, bool locals) {
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(node.text).split(lines, '\n', -1, /*KeepEmpty=*/false);
  llvm::erase_if(lines, [](llvm::StringRef line) { return line.trim().empty(); });
  auto wrong = [&](const std::string &problem, const std::string &repair) {
    reading.mistakes.add(node.place, what + problem, repair);
    return std::string();
  };
  if (lines.empty())
    return wrong(" is empty; it is an instruction of LLVM", "write call ... @NAME(...)");
  if (lines.size() > 1 && !locals)
    return wrong(" has " + std::to_string(lines.size()) + " lines; it is one instruction of LLVM",
                 "write call ... @NAME(...)");
  if (lines.back().ltrim().starts_with("%"))
    return wrong(" ends with " + quoted(lines.back().trim()) + ", which names its result",
                 "leave the name and = of the last line out: it is the value");
  for (llvm::StringRef line : llvm::ArrayRef(lines).drop_back())
    if (!line.ltrim().starts_with("%") || !line.contains('='))
      return wrong(" has the line " + quoted(line.trim()) + ", which defines no local",
                   "write %NAME = INSTRUCTION");
  return llvm::join(llvm::map_range(lines, [](llvm::StringRef line) { return line.trim().str(); }), "\n");
}

void readFeatures(Reading &reading, Code &code, const TreeNode &list) {
  for (const Piece &feature : piecesOf(list)) {
    if (!isLlvmName(feature.text))
      reading.mistakes.add(feature.place, quoted(feature.text) + " is no feature's name",
                           "write LLVM's name, without + and -");
    else if (llvm::is_contained(code.features, feature.text))
      reading.mistakes.add(feature.place, "feature " + quoted(feature.text) + " is there twice",
                           "remove one of them");
    else
      code.features.push_back(feature.text.str());
  }
}

} // namespace

void readCode(Reading &reading, const TreeNode &section) {
  Code code;
  code.place = section.place;
  if (const TreeNode *triple = section.find("triple")) {
    code.triple = triple->text;
    if (llvm::Triple(triple->text).getArch() == llvm::Triple::UnknownArch)
      reading.mistakes.add(triple->place,
                           "the triple " + quoted(triple->text) + " has no architecture that LLVM knows",
                           "write ARCHITECTURE-VENDOR-SYSTEM, as `llc --version` names architectures");
  }
  if (!section.find("triple"))
    reading.mistakes.add(section.place, "'code' of the description has no 'triple'",
                         "add triple: ARCHITECTURE-VENDOR-SYSTEM");
  if (const TreeNode *processor = section.find("processor")) {
    code.processor = processor->text;
    if (!isLlvmName(processor->text))
      reading.mistakes.add(processor->place, quoted(processor->text) + " is no processor's name",
                           "write LLVM's name of it");
  }
  if (const TreeNode *features = section.find("features"))
    readFeatures(reading, code, *features);
  if (const TreeNode *vector = section.find("vector")) {
    constexpr int64_t most = 4096;
    code.vectorBytes = readNumber(reading, vector->piece(), {"vector of the code", 1, most}).value_or(16);
    if (!llvm::isPowerOf2_64(uint64_t(code.vectorBytes)))
      reading.mistakes.add(vector->place,
                           "vector of the code is " + std::to_string(code.vectorBytes) + " bytes",
                           "make it a power of two");
  }
  if (const TreeNode *barrier = section.find("barrier"))
    code.barrier = instruction(reading, *barrier, "barrier of the code", /*locals=*/false);
  if (const TreeNode *kernel = section.find("kernel")) {
    code.kernelConvention = kernel->text;
    if (!isLabel(kernel->text))
      reading.mistakes.add(kernel->place, "calling convention " + noName(kernel->text),
                           "write LLVM's name of it");
  }
  reading.description.code = std::move(code);
}

void readLibraries(Reading &reading, const TreeNode &list) {
  if (!reading.description.code)
    return reading.mistakes.add(list.place, "there are libraries, and the description has no 'code'",
                                "add code: {triple: ...}, or remove them");
  std::vector<std::string> &libraries = reading.description.code->libraries;
  for (const Piece &path : piecesOf(list)) {
    if (path.text.trim().empty())
      reading.mistakes.add(path.place, "a library has no name", "write the path of a shared library");
    else if (llvm::is_contained(libraries, path.text))
      reading.mistakes.add(path.place, "library " + quoted(path.text) + " is there twice",
                           "remove one of them");
    else
      libraries.push_back(path.text.str());
  }
}

namespace {

Level::Kind levelKind(llvm::StringRef text) {
  return text == "grid"    ? Level::Kind::Grid
         : text == "group" ? Level::Kind::Group
         : text == "lanes" ? Level::Kind::Lanes
                           : Level::Kind::Threads;
}

Level readLevel(Reading &reading, const TreeKey &key, const TreeNode &node) {
  Level level;
  level.name = key.text;
  level.place = key.place;
  std::string what = "level " + quoted(key.text);
  const TreeNode *kind = node.find("kind");
  if (!kind)
    return level;
  level.kind = levelKind(kind->text);
  llvm::StringRef number = level.kind == Level::Kind::Lanes ? "count" : "most";
  std::vector<llvm::StringRef> needed = {number};
  if (level.kind != Level::Kind::Threads)
    needed.push_back("index");
  checkKindKeys(reading, node, Section::Level, kind->text, needed, what);
  if (const TreeNode *most = node.find(number))
    level.most =
        readNumber(reading, most->piece(), {number.str() + " of " + what, 1, mostOfAnything}).value_or(1);
  if (const TreeNode *index = node.find("index"))
    level.index = instruction(reading, *index, "index of " + what, /*locals=*/true);
  return level;
}

} // namespace

void readLevels(Reading &reading, const TreeNode &section) {
  if (!reading.description.code)
    return reading.mistakes.add(section.place, "there are levels, and the description has no 'code'",
                                "add code: {triple: ...}, or remove them");
  std::vector<Level> &levels = reading.description.levels;
  for (size_t i = 0; i < section.keys.size(); ++i) {
    Level level = readLevel(reading, section.keys[i], section.items[i]);
    // The kinds are listed from the outermost on; threads have nothing within them.
    if (!levels.empty() && (levels.back().kind == Level::Kind::Threads || level.kind <= levels.back().kind))
      reading.mistakes.add(level.place,
                           "level " + quoted(level.name) + " comes after level " +
                               quoted(levels.back().name) + " and does not lie in it",
                           "list threads alone, or one of each of grid, group and lanes in this order");
    levels.push_back(std::move(level));
  }
}

void readSwizzle(Reading &reading, Memory &memory, Piece text, const std::string &what) {
  std::optional<Expression> swizzle = readExpression(reading, text);
  NameSet known = reading.parameters;
  if (known.contains("p"))
    return reading.mistakes.add(text.place,
                                "swizzle of " + what + " is over the address p, and p is a parameter",
                                "rename the parameter");
  known.add("p");
  if (!swizzle || !checkNames(*swizzle, {known, "a swizzle"}, reading.mistakes))
    return;
  // What is an exchange of bits repeats; so many addresses show whether it permutes.
  constexpr uint64_t most = uint64_t(1) << 16;
  uint64_t addresses = std::min(memory.bytes, most);
  std::vector<bool> taken(memory.bytes < (uint64_t(1) << 32) ? memory.bytes : addresses);
  for (uint64_t p = 0; p < addresses; ++p) {
    llvm::Expected<int64_t> place = evaluate(*swizzle, [&](llvm::StringRef name) -> std::optional<int64_t> {
      return name == "p" ? int64_t(p) : reading.description.parameter(name);
    });
    if (!place)
      return reading.mistakes.add(place.takeError(), text.place, "change the expression");
    bool inside = *place >= 0 && uint64_t(*place) < memory.bytes;
    if (inside && uint64_t(*place) < taken.size() && !taken[size_t(*place)]) {
      taken[size_t(*place)] = true;
      continue;
    }
    std::string problem = !inside ? ", beyond its " + std::to_string(memory.bytes) + " bytes"
                                  : ", which holds another byte already";
    return reading.mistakes.add(text.place,
                                "swizzle of " + what + " puts byte " + std::to_string(p) + " at " +
                                    std::to_string(*place) + problem,
                                "write a permutation of the addresses, as p ^ (p >> 3 & 0x70)");
  }
  memory.swizzle = std::move(*swizzle);
}

} // namespace tenon::isa::loader
