// Assembling the text of operations.
#include "tests/conformance/GraphText.h"

#include <fmt/format.h>

namespace tenon::test {

namespace {

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t extent : shape)
    text += fmt::format("{}x", extent);
  return text;
}

/// The numbers from `next` on as nested lists of the shape.
std::string listText(const std::vector<int64_t> &shape, size_t dimension, const std::vector<int64_t> &numbers,
                     size_t &next, bool isFloat) {
  if (dimension == shape.size()) {
    int64_t number = numbers[next++];
    return isFloat ? fmt::format("{:.6e}", double(number) / 4) : std::to_string(number);
  }
  std::string text = "[";
  for (int64_t i = 0; i < shape[dimension]; ++i)
    text += (i ? ", " : "") + listText(shape, dimension + 1, numbers, next, isFloat);
  return text + "]";
}

} // namespace

std::string GraphTensor::typeText() const { return "tensor<" + shapeText(shape) + type + ">"; }

int64_t GraphTensor::elements() const {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

std::string dimensions(unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i)
    text += fmt::format("{}d{}", i ? ", " : "", i);
  return text;
}

GraphTensor GraphText::input(const std::string &type, std::vector<int64_t> shape) {
  GraphTensor tensor{fmt::format("%input{}", inputs++), type, std::move(shape)};
  arguments += (arguments.empty() ? "" : ", ") + tensor.name + ": " + tensor.typeText();
  return tensor;
}

GraphTensor GraphText::tensor(const std::string &text, const std::string &type, std::vector<int64_t> shape) {
  GraphTensor tensor{fmt::format("%t{}", next++), type, std::move(shape)};
  lines += "  " + tensor.name + " = " + text + "\n";
  return tensor;
}

GraphTensor GraphText::constant(const std::string &type, std::vector<int64_t> shape,
                                const std::vector<int64_t> &numbers) {
  size_t used = 0;
  GraphTensor like{"", type, shape};
  std::string list = listText(shape, 0, numbers, used, type[0] != 'i');
  return tensor("arith.constant dense<" + list + "> : " + like.typeText(), type, std::move(shape));
}

GraphTensor GraphText::empty(const std::string &type, std::vector<int64_t> shape) {
  GraphTensor like{"", type, shape};
  return tensor("tensor.empty() : " + like.typeText(), type, std::move(shape));
}

GraphTensor GraphText::filled(const std::string &scalar, const std::string &type,
                              std::vector<int64_t> shape) {
  GraphTensor to = empty(type, shape);
  std::string value = fmt::format("%c{}", next++);
  lines += fmt::format("  {} = arith.constant {} : {}\n", value, scalar, type);
  return tensor(fmt::format("linalg.fill ins({} : {}) outs({} : {}) -> {}", value, type, to.name,
                            to.typeText(), to.typeText()),
                type, std::move(shape));
}

GraphTensor GraphText::generic(const std::vector<std::string> &maps, const std::string &iterators,
                               const std::vector<GraphTensor> &from, const GraphTensor &output,
                               const std::vector<std::string> &body) {
  std::string all = dimensions(unsigned(iterators.size())), mapTexts, kinds, names, types, block;
  for (const std::string &map : maps)
    mapTexts += fmt::format("{}affine_map<({}) -> ({})>", mapTexts.empty() ? "" : ", ", all, map);
  for (char kind : iterators)
    kinds += fmt::format("{}\"{}\"", kinds.empty() ? "" : ", ", kind == 'p' ? "parallel" : "reduction");
  for (size_t i = 0; i < from.size(); ++i) {
    names += (i ? ", " : "") + from[i].name;
    types += (i ? ", " : "") + from[i].typeText();
    block += fmt::format("%a{}: {}, ", i, from[i].type);
  }
  std::string ins = from.empty() ? "" : fmt::format(" ins({} : {})", names, types);
  std::string text =
      fmt::format("linalg.generic {{indexing_maps = [{}], iterator_types = [{}]}}{} outs({} : {}) {{\n"
                  "  ^bb0({}%o: {}):\n",
                  mapTexts, kinds, ins, output.name, output.typeText(), block, output.type);
  for (const std::string &line : body)
    text += "    " + line + "\n";
  text += fmt::format("    linalg.yield %y : {}\n  }} -> {}", output.type, output.typeText());
  return tensor(text, output.type, output.shape);
}

std::string GraphText::module(const std::vector<GraphTensor> &outputs) const {
  std::string names, types;
  for (const GraphTensor &output : outputs) {
    names += (names.empty() ? "" : ", ") + output.name;
    types += (types.empty() ? "" : ", ") + output.typeText();
  }
  return fmt::format("func.func @main({}) -> ({}) {{\n{}  return {} : {}\n}}\n", arguments, types, lines,
                     names, types);
}

} // namespace tenon::test
