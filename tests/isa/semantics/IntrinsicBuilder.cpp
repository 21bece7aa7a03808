// Descriptions in few words, and elements in and out of the interpreter's buffers.
#include "tests/isa/semantics/IntrinsicBuilder.h"

#include "core/reference/Interpreter.h"

#include <cstring>

namespace tenon::test {

using namespace isa;

Expression parsed(llvm::StringRef text) { return llvm::cantFail(parseExpression(text, {1, 1})); }

Outside outsideValue(llvm::StringRef text) {
  Outside outside;
  outside.kind = Outside::Kind::Value;
  outside.value = parsed(text);
  return outside;
}

IntrinsicBuilder::IntrinsicBuilder() {
  intrinsic.name = "probe";
  description.path = "probe.yaml";
  for (Memory::Kind kind : {Memory::Kind::Scratchpad, Memory::Kind::Table}) {
    Memory memory;
    memory.kind = kind;
    memory.name = kind == Memory::Kind::Table ? "tables" : "spad";
    memory.bytes = 1 << 20;
    description.memories.push_back(memory);
  }
}

IntrinsicBuilder &IntrinsicBuilder::parameter(llvm::StringRef name, int64_t value) {
  description.parameters.push_back({name.str(), value, {}});
  return *this;
}

IntrinsicBuilder &IntrinsicBuilder::size(llvm::StringRef name, int64_t low, int64_t high) {
  Size size;
  size.name = name.str();
  size.low = low;
  size.high = high;
  intrinsic.sizes.push_back(size);
  return *this;
}

IntrinsicBuilder &IntrinsicBuilder::value(llvm::StringRef name, llvm::StringRef type, int64_t low,
                                          int64_t high) {
  intrinsic.values.push_back({name.str(), *parseElementType(type), low, high, {}});
  return *this;
}

OperandDeclaration &IntrinsicBuilder::operand(llvm::StringRef name, llvm::StringRef type,
                                              OperandDeclaration::Access access,
                                              std::map<std::string, std::string> extents) {
  OperandDeclaration operand;
  operand.name = name.str();
  operand.access = access;
  Expression tree = parsed(type);
  operand.type = *parseElementType(tree.text);
  for (const Expression &index : tree.arguments) {
    Axis axis;
    axis.name = index.str();
    for (size_t i = 0; i < intrinsic.sizes.size(); ++i)
      if (intrinsic.sizes[i].name == axis.name)
        axis.size = int(i);
    if (extents.count(axis.name))
      axis.extent = parsed(extents[axis.name]);
    else if (axis.size < 0)
      axis.extent = index;
    operand.axes.push_back(axis);
  }
  operand.memories.push_back(0);
  intrinsic.operands.push_back(operand);
  return intrinsic.operands.back();
}

OperandDeclaration &IntrinsicBuilder::table(llvm::StringRef name, llvm::StringRef type) {
  OperandDeclaration &result = reads(name, type);
  result.memories[0] = 1;
  return result;
}

bool IntrinsicBuilder::check(llvm::ArrayRef<std::string> statements) {
  std::vector<StatementText> texts;
  for (const std::string &statement : statements)
    texts.push_back({statement, {10 + unsigned(texts.size()), 5}});
  return checkSemantics(intrinsic, description, texts, mistakes);
}

std::string IntrinsicBuilder::messages() const {
  std::string text;
  for (Diagnostic diagnostic : mistakes) {
    diagnostic.file = "f";
    text += toString(diagnostic) + "\n";
  }
  return text;
}

llvm::Expected<nest::Nest> IntrinsicBuilder::nest(llvm::ArrayRef<int64_t> sizes,
                                                  llvm::ArrayRef<int64_t> values) {
  return nestOf(description, intrinsic, sizes, values, context);
}

namespace {

/// `store` moves an element into the interpreter's buffers, `load` out of them.
template <typename Element, typename Store, typename Load>
std::string runOn(const nest::Nest &nest, std::vector<std::vector<Element>> &buffers, Store store,
                  Load load) {
  std::vector<std::vector<char>> memory;
  std::vector<reference::BufferView> views;
  for (const nest::Operand &operand : nest.operands) {
    if (operand.local)
      continue;
    std::vector<Element> &elements = buffers[memory.size()];
    size_t count = 1;
    for (int64_t extent : operand.shape)
      count *= size_t(extent);
    elements.resize(count);
    size_t bytes = operand.type.storageBytes();
    memory.emplace_back(count * bytes);
    for (size_t i = 0; i < count; ++i)
      store(operand.type, elements[i], memory.back().data() + i * bytes);
  }
  size_t number = 0;
  for (const nest::Operand &operand : nest.operands)
    if (!operand.local) {
      std::vector<char> &bytes = memory[number++];
      views.push_back({operand.type, operand.shape, bytes.data(), bytes.size()});
    }
  if (llvm::Error error = reference::interpret(nest, views))
    return llvm::toString(std::move(error));
  for (size_t i = 0; i < views.size(); ++i)
    for (size_t e = 0; e < buffers[i].size(); ++e)
      buffers[i][e] = load(views[i].type, memory[i].data() + e * views[i].type.storageBytes());
  return "";
}

} // namespace

std::string IntrinsicBuilder::run(llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> values,
                                  std::vector<std::vector<int64_t>> &buffers) {
  llvm::Expected<nest::Nest> bound = nest(sizes, values);
  if (!bound)
    return llvm::toString(bound.takeError());
  auto store = [](const nest::ScalarType &type, int64_t element, char *to) {
    int64_t extended = llvm::SignExtend64(uint64_t(element), type.width);
    std::memcpy(to, &extended, type.storageBytes());
  };
  auto load = [](const nest::ScalarType &type, const char *from) {
    uint64_t element = 0;
    std::memcpy(&element, from, type.storageBytes());
    return llvm::SignExtend64(element, type.width);
  };
  return runOn(*bound, buffers, store, load);
}

std::string IntrinsicBuilder::run(llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> values,
                                  std::vector<std::vector<double>> &buffers) {
  llvm::Expected<nest::Nest> bound = nest(sizes, values);
  if (!bound)
    return llvm::toString(bound.takeError());
  auto store = [](const nest::ScalarType &type, double element, char *to) {
    float single = float(element);
    if (type.kind == nest::ScalarType::Kind::Float32)
      std::memcpy(to, &single, sizeof(single));
    else if (type.kind == nest::ScalarType::Kind::Float64)
      std::memcpy(to, &element, sizeof(element));
    else
      assert(false && "the floats here are f32 and f64");
  };
  auto load = [](const nest::ScalarType &type, const char *from) {
    float single = 0;
    double element = 0;
    if (type.kind == nest::ScalarType::Kind::Float32) {
      std::memcpy(&single, from, sizeof(single));
      return double(single);
    }
    std::memcpy(&element, from, sizeof(element));
    return element;
  };
  return runOn(*bound, buffers, store, load);
}

} // namespace tenon::test
