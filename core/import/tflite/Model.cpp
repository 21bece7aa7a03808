// From the bytes of a TFLite file to a Model: FlatBuffers' verifier first, then all that it does not check.
#include "core/import/tflite/Model.h"

#include "core/import/Mistakes.h"
#include "core/import/tflite/ModelChecks.h"
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"

#include <cstring>

namespace tenon::import::tflite {

int64_t Tensor::elements() const {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

std::string Node::text() const { return opName + " #" + std::to_string(index) + " (" + name + ")"; }

unsigned elementBytes(schema::TensorType type) {
  using T = schema::TensorType;
  switch (type) {
  case T::INT8:
  case T::UINT8:
  case T::BOOL:
    return 1;
  case T::INT16:
  case T::UINT16:
  case T::FLOAT16:
  case T::BFLOAT16:
    return 2;
  case T::INT32:
  case T::UINT32:
  case T::FLOAT32:
    return 4;
  case T::INT64:
  case T::UINT64:
  case T::FLOAT64:
    return 8;
  default:
    return 0;
  }
}

std::string typeName(schema::TensorType type) {
  llvm::StringRef name = schema::EnumNameTensorType(type);
  if (name.empty())
    return "type " + std::to_string(static_cast<int>(type));
  return name.lower();
}

bool isTfliteFile(llvm::StringRef bytes) {
  return bytes.size() >= 8 && bytes.substr(4, 4) == schema::ModelIdentifier();
}

namespace {

/// Reads one subgraph; every mistake goes to `mistakes`, and reading goes on where it can.
class SubgraphReader {
public:
  SubgraphReader(llvm::StringRef fileBytes, const schema::Model &root, const ImportLimits &importLimits)
      : bytes(fileBytes), file(root), limits(importLimits), mistakes(importLimits) {}

  llvm::Expected<Model> read();

private:
  void readTensor(const schema::Tensor *source, unsigned index);
  bool readShape(const schema::Tensor &source, Tensor &tensor);
  void readData(const schema::Tensor &source, Tensor &tensor);
  void readQuantization(const schema::QuantizationParameters &source, Tensor &tensor);
  void readNode(const schema::Operator *source, unsigned index);
  uint64_t shareOf(const Node &node) const;
  void readNodeName(const schema::Operator &source, Node &node);
  bool readTensorNumbers(const flatbuffers::Vector<int32_t> *source, int lowest, const llvm::Twine &what,
                         llvm::SmallVectorImpl<int> &numbers);
  void readEdges(const schema::SubGraph &graph);
  bool takeShare(uint64_t size);
  std::string takeName(const flatbuffers::String *source, const llvm::Twine &owner);
  void mistake(const llvm::Twine &message, llvm::StringRef node = "") {
    mistakes.add(message.str(), node.str());
  }

  llvm::StringRef bytes;
  const schema::Model &file;
  const ImportLimits &limits;
  Model model;
  Mistakes mistakes;
  uint64_t shared =
      0; ///< bytes of the file that tensors and nodes have, a part that several have counted often
  bool isExhausted = false; ///< too many of them
};

/// Counts a part of the file that a tensor or node has, before it is copied. FlatBuffers lets any number of
/// them have the same part, so a small file could ask for any amount of memory.
bool SubgraphReader::takeShare(uint64_t size) {
  constexpr uint64_t small = uint64_t(1) << 20;
  uint64_t most = limits.copies * bytes.size() + small;
  shared += size;
  if (shared > most && !isExhausted)
    mistake("the tensors and nodes share parts of the file and have more than " + llvm::Twine(most) +
            " bytes together, " + llvm::Twine(limits.copies) + " times the file's " +
            llvm::Twine(bytes.size()) + " and a MiB");
  isExhausted |= shared > most;
  return !isExhausted;
}

std::string SubgraphReader::takeName(const flatbuffers::String *source, const llvm::Twine &owner) {
  if (source && source->size() > limits.nameBytes)
    mistake(owner + " has a name of " + llvm::Twine(source->size()) + " bytes, at most " +
            llvm::Twine(limits.nameBytes) + " are supported");
  else if (source && takeShare(source->size()))
    return source->str();
  return {};
}

bool SubgraphReader::readShape(const schema::Tensor &source, Tensor &tensor) {
  std::string what = "tensor " + std::to_string(tensor.index);
  if (!source.shape())
    return true;
  if (source.shape()->size() > limits.rank) {
    mistake(what + " has rank " + llvm::Twine(source.shape()->size()) + ", at most " +
            llvm::Twine(limits.rank) + " is supported");
    return false;
  }
  uint64_t size = std::max(1u, elementBytes(tensor.type));
  for (int32_t extent : *source.shape()) {
    if (extent < 0) {
      mistakes.add(what + " (" + tensor.name + ") has a dimension of " + std::to_string(extent) +
                       ", every dimension must be known",
                   "", "convert the model with a fixed shape");
      return false;
    }
    tensor.shape.push_back(extent);
    if (extent > 0 && size > limits.tensorBytes / static_cast<uint64_t>(extent)) {
      llvm::SmallVector<int64_t> shape(source.shape()->begin(), source.shape()->end());
      mistake(what + " (" + tensor.name + ") has the shape " + shapeText(shape) + " of " +
              typeName(tensor.type) + ", at most " + llvm::Twine(limits.tensorBytes) +
              " bytes a tensor are supported");
      return false;
    }
    size *= static_cast<uint64_t>(std::max(extent, 1)); // the other dimensions keep their bound beside a 0
  }
  return true;
}

void SubgraphReader::readData(const schema::Tensor &source, Tensor &tensor) {
  std::string what = "tensor " + std::to_string(tensor.index) + " (" + tensor.name + ")";
  unsigned count = file.buffers() ? file.buffers()->size() : 0;
  if (source.buffer() >= count && !(source.buffer() == 0 && count == 0)) {
    mistake(what + " has its data in buffer " + llvm::Twine(source.buffer()) + ", the file has " +
            llvm::Twine(count) + " buffers");
    return;
  }
  const schema::Buffer *buffer = count ? file.buffers()->Get(source.buffer()) : nullptr;
  if (!buffer)
    return;
  if (buffer->data() && buffer->data()->size()) {
    tensor.data = {buffer->data()->data(), buffer->data()->size()};
  } else if (buffer->offset() > 1) {
    if (buffer->offset() > bytes.size() || buffer->size() > bytes.size() - buffer->offset()) {
      mistake(what + " has its data at bytes " + llvm::Twine(buffer->offset()) + " to " +
              llvm::Twine(buffer->offset()) + " + " + llvm::Twine(buffer->size()) + ", the file has " +
              llvm::Twine(bytes.size()));
      return;
    }
    tensor.data = {bytes.bytes_begin() + buffer->offset(), static_cast<size_t>(buffer->size())};
  }
  if (!takeShare(tensor.data.size()))
    return;
  tensor.isConstant = !tensor.data.empty() || tensor.elements() == 0;
  unsigned element = elementBytes(tensor.type);
  if (!tensor.isConstant || element == 0)
    return;
  uint64_t needed = static_cast<uint64_t>(tensor.elements()) * element;
  if (tensor.data.size() != needed)
    mistake(what + " has " + llvm::Twine(tensor.data.size()) + " bytes of data, its shape and type need " +
            llvm::Twine(needed));
}

void SubgraphReader::readQuantization(const schema::QuantizationParameters &source, Tensor &tensor) {
  if (!source.scale() || source.scale()->size() == 0)
    return;
  constexpr uint64_t bytesOfScale = sizeof(float) + sizeof(int64_t);
  if (!takeShare(source.scale()->size() * bytesOfScale +
                 (source.zero_point() ? source.zero_point()->size() * sizeof(int64_t) : 0)))
    return;
  Quantization quantization;
  quantization.scales.assign(source.scale()->begin(), source.scale()->end());
  quantization.zeroPoints.assign(
      source.zero_point() ? source.zero_point()->size() : quantization.scales.size(), 0);
  // Copied as bytes: FlatBuffers' verifier lets a vector of 8-byte numbers lie at a multiple of 4.
  if (source.zero_point() && source.zero_point()->size())
    std::memcpy(quantization.zeroPoints.data(), source.zero_point()->Data(),
                quantization.zeroPoints.size() * sizeof(int64_t));
  std::string place = "tensor " + std::to_string(tensor.index) + " (" + tensor.name + ")";
  if (source.quantized_dimension() < 0) {
    mistake(place + " has its scales along dimension " + llvm::Twine(source.quantized_dimension()) +
            ", dimensions count from 0");
    return;
  }
  quantization.dimension = static_cast<unsigned>(source.quantized_dimension());
  if (std::string wrong = checkQuantization(quantization, tensor); !wrong.empty())
    mistake(place + " " + wrong);
  else
    tensor.quantization = std::move(quantization);
}

void SubgraphReader::readTensor(const schema::Tensor *source, unsigned index) {
  Tensor tensor;
  tensor.index = index;
  if (source) {
    tensor.name = source->name() ? takeName(source->name(), "tensor " + llvm::Twine(index))
                                 : "tensor " + std::to_string(index);
    tensor.type = source->type();
    if (readShape(*source, tensor)) {
      readData(*source, tensor);
      if (source->quantization())
        readQuantization(*source->quantization(), tensor);
    }
    if (source->is_variable())
      mistake("tensor " + llvm::Twine(index) + " (" + tensor.name +
              ") is a variable, state is not supported");
    if (source->sparsity())
      mistake("tensor " + llvm::Twine(index) + " (" + tensor.name +
              ") is sparse, only dense tensors are supported");
  }
  model.tensors.push_back(std::move(tensor));
}

bool SubgraphReader::readTensorNumbers(const flatbuffers::Vector<int32_t> *source, int lowest,
                                       const llvm::Twine &what, llvm::SmallVectorImpl<int> &numbers) {
  constexpr unsigned mostNumbers = 1024;
  if (!source)
    return true;
  if (source->size() > mostNumbers) {
    mistake(what + " names " + llvm::Twine(source->size()) + " tensors, at most " + llvm::Twine(mostNumbers) +
            " are supported");
    return false;
  }
  bool good = true;
  for (int32_t number : *source) {
    if (number < lowest || number >= static_cast<int64_t>(model.tensors.size())) {
      mistake(what + " names tensor " + llvm::Twine(number) + ", the file has " +
              llvm::Twine(model.tensors.size()) + " tensors");
      good = false;
    }
    numbers.push_back(number);
  }
  return good;
}

void SubgraphReader::readNodeName(const schema::Operator &source, Node &node) {
  unsigned codes = file.operator_codes() ? file.operator_codes()->size() : 0;
  if (source.opcode_index() >= codes || !file.operator_codes()->Get(source.opcode_index())) {
    mistake("node " + llvm::Twine(node.index) + " has operator code " + llvm::Twine(source.opcode_index()) +
            ", the file has " + llvm::Twine(codes) + " codes");
    return;
  }
  const schema::OperatorCode *code = file.operator_codes()->Get(source.opcode_index());
  // Files from before 2020 have only the old field, later ones both; the larger is the operator.
  node.op =
      std::max(static_cast<schema::BuiltinOperator>(code->deprecated_builtin_code()), code->builtin_code());
  node.opName = schema::EnumNameBuiltinOperator(node.op);
  if (node.op == schema::BuiltinOperator::CUSTOM)
    node.opName +=
        ":" + takeName(code->custom_code(), "the custom operator of node " + llvm::Twine(node.index));
  if (node.opName.empty())
    node.opName = "operator " + std::to_string(static_cast<int>(node.op));
}

/// What a conversion does with its tensors grows with their numbers, names and scales.
uint64_t SubgraphReader::shareOf(const Node &node) const {
  uint64_t count = node.inputs.size(), size = (count + node.outputs.size()) * sizeof(int32_t);
  constexpr uint64_t pairsOfByte = 8; // a concatenation's loops are compared with each other
  size += count * count / pairsOfByte;
  for (int input : node.inputs)
    if (input >= 0)
      size += model.tensors[input].quantization.scales.size() * sizeof(float);
  for (int output : node.outputs)
    size += model.tensors[output].name.size();
  return size;
}

void SubgraphReader::readNode(const schema::Operator *source, unsigned index) {
  Node node;
  node.index = index;
  node.source = source;
  if (!source) {
    mistake("node " + llvm::Twine(index) + " is empty");
    return;
  }
  readNodeName(*source, node);
  std::string what = "node " + std::to_string(index);
  bool good = readTensorNumbers(source->inputs(), -1, what + "'s inputs", node.inputs);
  good &= readTensorNumbers(source->outputs(), 0, what + "'s outputs", node.outputs);
  if (good && node.outputs.empty())
    mistake("has no output", what);
  if (good && !takeShare(shareOf(node)))
    return;
  if (good && !node.outputs.empty())
    node.name = model.tensors[node.outputs.front()].name;
  model.nodes.push_back(std::move(node));
}

llvm::Expected<Model> SubgraphReader::read() {
  const schema::SubGraph *graph = file.subgraphs()->Get(0);
  unsigned tensors = graph->tensors() ? graph->tensors()->size() : 0;
  unsigned nodes = graph->operators() ? graph->operators()->size() : 0;
  if (tensors > limits.tensors || nodes > limits.nodes)
    return wrongInput("the model has " + std::to_string(tensors) + " tensors and " + std::to_string(nodes) +
                      " nodes, at most " + std::to_string(limits.tensors) + " and " +
                      std::to_string(limits.nodes) + " are supported");
  auto goesOn = [&] { return !isExhausted && !mistakes.full(); };
  for (unsigned i = 0; i < tensors && goesOn(); ++i)
    readTensor(graph->tensors()->Get(i), i);
  for (unsigned i = 0; i < nodes && goesOn(); ++i)
    readNode(graph->operators()->Get(i), i);
  if (goesOn())
    readEdges(*graph);
  if (mistakes.empty()) // the checks of the graph need indices that can be trusted
    checkGraph(model, mistakes);
  if (llvm::Error wrong = mistakes.take())
    return std::move(wrong);
  return std::move(model);
}

void SubgraphReader::readEdges(const schema::SubGraph &graph) {
  llvm::SmallVector<int> numbers;
  readTensorNumbers(graph.inputs(), 0, "the graph's inputs", numbers);
  model.inputs.assign(numbers.begin(), numbers.end());
  numbers.clear();
  readTensorNumbers(graph.outputs(), 0, "the graph's outputs", numbers);
  model.outputs.assign(numbers.begin(), numbers.end());
  if (model.outputs.empty())
    mistake("the graph has no output");
}

} // namespace

llvm::Expected<Model> readModel(llvm::StringRef bytes, const ImportLimits &limits) {
  constexpr unsigned deepest = 64, mostTables = 4'000'000, oldestVersion = 3;
  if (!isTfliteFile(bytes))
    return wrongInput("the file does not have TFLite's identifier TFL3 at byte 4");
  flatbuffers::Verifier verifier(bytes.bytes_begin(), bytes.size(), deepest, mostTables);
  if (!schema::VerifyModelBuffer(verifier))
    return wrongInput("the file is not a whole FlatBuffer: an offset leads out of its " +
                      std::to_string(bytes.size()) + " bytes, or it is cut short");
  const schema::Model *root = schema::GetModel(bytes.data());
  if (root->version() != oldestVersion)
    return wrongInput("the file has TFLite's schema version " + std::to_string(root->version()) +
                      ", version 3 is supported");
  unsigned graphs = root->subgraphs() ? root->subgraphs()->size() : 0;
  if (graphs != 1 || !root->subgraphs()->Get(0))
    return wrongInput("the model has " + std::to_string(graphs) + " subgraphs, exactly 1 is supported");
  return SubgraphReader(bytes, *root, limits).read();
}

} // namespace tenon::import::tflite
