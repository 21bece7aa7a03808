// The cycles of every layer of four models, as the NPU's description gives them. The page about its
// instruction set shows this table; the test prints it and compares.
#include "tests/isa/chips/ChipRun.h"

#include "core/isa/Instruction.h"

#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <sstream>

using namespace tenon;
using namespace tenon::test;

namespace {

using Numbers = ChipRun::Numbers;

/// What a layer costs: cycles of its commands one after the other, of the units that work beside them, and
/// the number of commands.
struct LayerCost {
  double cycles = 0, array = 0, loader = 0, load = 0;
  int64_t commands = 0;

  void operator+=(const LayerCost &other) {
    cycles += other.cycles;
    array += other.array;
    loader += other.loader;
    load += other.load;
    commands += other.commands;
  }
};

class Budget {
public:
  explicit Budget(const isa::Description &chip) : chip(chip) {}

  /// A convolution of `rows` x `columns` outputs in regions whose sums fit the accumulators.
  void convolution(const std::string &name, const std::string &intrinsic, Numbers sizes, int64_t rows,
                   int64_t columns, const Numbers &values, int64_t weightBytes, int64_t channels) {
    LayerCost cost;
    int64_t ownSums = *chip.parameter("ACC_BYTES") / 2 / (4 * *chip.parameter("DIM"));
    int64_t most = ownSums / columns;
    for (int64_t done = 0; done < rows; done += most) {
      sizes["y"] = std::min(most, rows - done);
      sizes["x"] = columns;
      addCommand(cost, intrinsic, sizes, values);
    }
    addLoads(cost, weightBytes, channels, llvm::StringRef(intrinsic).ends_with("_once"));
    layers.emplace_back(name, cost);
  }

  void dense(const std::string &name, const std::string &intrinsic, int64_t kernel, int64_t in, int64_t out,
             int64_t rows, int64_t columns) {
    Numbers sizes{{"nb", blocks(out)},
                  {"dy", kernel},
                  {"dx", kernel},
                  {"cb", blocks(in)},
                  {"c", std::min<int64_t>(in, 16)},
                  {"n", std::min<int64_t>(out, 16)}};
    convolution(name, intrinsic, sizes, rows, columns, {}, kernel * kernel * in * out, out);
  }

  void packed(const std::string &name, int64_t kernelRows, int64_t kernelBytes, int64_t imageBytes,
              int64_t out, int64_t rows, int64_t columns) {
    Numbers sizes{
        {"nb", blocks(out)}, {"dy", kernelRows}, {"j", kernelBytes}, {"n", std::min<int64_t>(out, 16)}};
    convolution(name, "conv_packed", sizes, rows, columns, {{"in_w", imageBytes}},
                kernelRows * kernelBytes * out, out);
  }

  void depthwise(const std::string &name, int64_t channels, int64_t rows, int64_t columns, int64_t stride) {
    Numbers sizes{{"cb", blocks(channels)}, {"dy", 3}, {"dx", 3}, {"c", std::min<int64_t>(channels, 16)}};
    convolution(name, "depthwise", sizes, rows, columns, {{"sx", stride}, {"left", stride == 1 ? 1 : 0}},
                9 * channels, channels);
  }

  /// The activations lie as weights do, pixels along k; a row of ones is what they are multiplied with.
  void averagePool(const std::string &name, int64_t channels, int64_t rows, int64_t columns) {
    Numbers sizes{{"nb", blocks(channels)}, {"dy", 1}, {"dx", 1}, {"cb", rows}, {"c", columns}, {"n", 16}};
    convolution(name, "conv_once", sizes, 1, 1, {}, 16, channels);
  }

  void input(int64_t bytes) {
    LayerCost cost;
    run(cost, "load_run", {{"r", 1}, {"e", bytes > 16384 ? 16384 : bytes}}, {});
    if (bytes > 16384)
      run(cost, "load_run", {{"r", 1}, {"e", bytes - 16384}}, {});
    layers.emplace_back("input", cost);
  }

  std::vector<std::pair<std::string, LayerCost>> layers;

private:
  static int64_t blocks(int64_t channels) { return (channels + 15) / 16; }

  void addCommand(LayerCost &cost, const std::string &intrinsic, const Numbers &sizes,
                  const Numbers &values) {
    run(cost, intrinsic, sizes, values);
    ++cost.commands;
  }

  /// Weights, a row for each of their columns' bytes; biases; for scales of channels multipliers and shifts.
  void addLoads(LayerCost &cost, int64_t weightBytes, int64_t channels, bool oneScale) {
    int64_t lanes = std::min<int64_t>(channels, 16);
    run(cost, "load", {{"b", 1}, {"r", 1}, {"p", weightBytes / lanes}, {"c", lanes}}, {});
    Numbers words{{"r", blocks(channels)}, {"e", lanes}};
    run(cost, "load_words", words, {});
    if (oneScale)
      return;
    run(cost, "load_words", words, {});
    run(cost, "load_run", words, {});
  }

  void run(LayerCost &layer, const std::string &name, const Numbers &sizes, const Numbers &values) {
    const isa::Intrinsic *intrinsic = findIntrinsic(chip, name);
    ASSERT_NE(intrinsic, nullptr);
    isa::Instruction instruction;
    instruction.intrinsic = unsigned(intrinsic - chip.intrinsics.data());
    for (const isa::Size &size : intrinsic->sizes)
      instruction.sizes.push_back(sizes.at(size.name));
    for (const isa::ValueDeclaration &value : intrinsic->values) {
      auto given = values.find(value.name);
      instruction.values.push_back(given == values.end() ? std::max<int64_t>(value.low, 0) : given->second);
    }
    for (unsigned operand = 0; operand < intrinsic->operands.size(); ++operand) {
      isa::OperandUse use;
      use.memory = intrinsic->operands[operand].memories.front();
      use.strides =
          isa::denseStrides(chip, *intrinsic, operand, use.memory, instruction.sizes, instruction.values);
      instruction.operands.push_back(use);
    }
    llvm::Expected<isa::Cost> cost = isa::cost(chip, instruction);
    if (!cost) {
      ADD_FAILURE() << llvm::toString(cost.takeError());
      return;
    }
    bool executes = chip.queues[size_t(intrinsic->queue)].name == "execute";
    (executes ? layer.cycles : layer.load) += cost->bound();
    for (const auto &[unit, cycles] : cost->busy) {
      layer.array += unit == "execute" ? cycles : 0;
      layer.loader += unit == "weights" ? cycles : 0;
    }
  }

  const isa::Description &chip;
};

void resnet8(Budget &budget) {
  budget.input(3072);
  budget.packed("stem 3x3x3", 3, 9, 96, 16, 32, 32);
  budget.dense("s1a 3x3", "conv", 3, 16, 16, 32, 32);
  budget.dense("s1b 3x3 + add", "conv_add", 3, 16, 16, 32, 32);
  budget.dense("s2s 1x1/2", "conv", 1, 16, 32, 16, 16);
  budget.dense("s2a 3x3/2", "conv", 3, 16, 32, 16, 16);
  budget.dense("s2b 3x3 + add", "conv_add", 3, 32, 32, 16, 16);
  budget.dense("s3s 1x1/2", "conv", 1, 32, 64, 8, 8);
  budget.dense("s3a 3x3/2", "conv", 3, 32, 64, 8, 8);
  budget.dense("s3b 3x3 + add", "conv_add", 3, 64, 64, 8, 8);
  budget.averagePool("average pool 8x8", 64, 8, 8);
  budget.dense("fully connected", "conv_once", 1, 64, 10, 1, 1);
}

void keywords(Budget &budget) {
  budget.input(490);
  budget.packed("stem 10x4", 10, 4, 10, 64, 25, 5);
  for (int block = 1; block <= 4; ++block) {
    budget.depthwise(llvm::formatv("depthwise {0}", block), 64, 5, 25, 1);
    budget.dense(llvm::formatv("pointwise {0}", block), "conv", 1, 64, 64, 25, 5);
  }
  budget.averagePool("average pool 25x5", 64, 25, 5);
  budget.dense("fully connected", "conv_once", 1, 64, 12, 1, 1);
}

void autoencoder(Budget &budget) {
  budget.input(640);
  std::vector<int64_t> widths{640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640};
  for (size_t i = 0; i + 1 < widths.size(); ++i)
    budget.dense(llvm::formatv("fc{0} {1}x{2}", i, widths[i], widths[i + 1]), "conv_once", 1, widths[i],
                 widths[i + 1], 1, 1);
}

void mobilenet(Budget &budget) {
  budget.input(27648);
  budget.packed("stem 3x3x3/2", 3, 9, 288, 8, 48, 48);
  struct Block {
    int64_t in, out, side, stride;
  };
  std::vector<Block> blocks{{8, 16, 48, 1},  {16, 32, 24, 2}, {32, 32, 24, 1},
                            {32, 64, 12, 2}, {64, 64, 12, 1}, {64, 128, 6, 2}};
  blocks.insert(blocks.end(), 5, {128, 128, 6, 1});
  blocks.insert(blocks.end(), {{128, 256, 3, 2}, {256, 256, 3, 1}});
  for (auto [i, block] : llvm::enumerate(blocks)) {
    budget.depthwise(llvm::formatv("depthwise {0}{1}", i + 1, block.stride == 2 ? "/2" : ""), block.in,
                     block.side, block.side, block.stride);
    budget.dense(llvm::formatv("pointwise {0}", i + 1), "conv", 1, block.in, block.out, block.side,
                 block.side);
  }
  budget.averagePool("average pool 3x3", 256, 3, 3);
  budget.dense("fully connected", "conv_once", 1, 256, 2, 1, 1);
}

std::string row(const std::string &name, const LayerCost &cost) {
  return llvm::formatv("| {0} | {1} | {2} | {3} | {4} | {5} |", name, cost.commands, int64_t(cost.cycles),
                       int64_t(cost.array), int64_t(cost.loader), int64_t(cost.load));
}

TEST(NpuBudget, ThePageShowsTheDescriptionsCycles) {
  isa::Description chip = loadChip("npu-sim");
  std::ifstream file(std::string(TENON_RATIONALE) + "/npu-instruction-set.md");
  std::stringstream page;
  page << file.rdbuf();
  std::vector<std::pair<const char *, void (*)(Budget &)>> models{{"ResNet-8", resnet8},
                                                                  {"DS-CNN KWS", keywords},
                                                                  {"FC autoencoder", autoencoder},
                                                                  {"MobileNetV1 0.25, 96x96", mobilenet}};
  for (const auto &[model, describe] : models) {
    Budget budget(chip);
    describe(budget);
    LayerCost sum;
    std::vector<std::string> lines;
    for (const auto &[name, cost] : budget.layers) {
      lines.push_back(row(name, cost));
      sum += cost;
    }
    lines.push_back(row("**" + std::string(model) + "**", sum));
    std::string table;
    for (const std::string &line : lines)
      table += line + "\n";
    std::cout << table << "\n";
    EXPECT_NE(page.str().find(table), std::string::npos) << "the page has other cycles for " << model;
  }
}

} // namespace
