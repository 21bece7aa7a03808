// What the NPU's commands mean, against loops written out.
#include "tests/isa/chips/ChipRun.h"
#include "tests/isa/chips/Expected.h"

#include <gtest/gtest.h>

using namespace tenon;
using namespace tenon::test;

namespace {

using Numbers = ChipRun::Numbers;
using Ranges = std::map<std::string, std::pair<int64_t, int64_t>>;

/// Of a scale for each channel, which rounds twice, or once.
Ranges shifts(bool once) { return {{"shift", {once ? 20 : 0, once ? 48 : 31}}}; }

class Npu : public testing::Test {
protected:
  isa::Description chip = loadChip("npu-sim");
  Draw draw{4711};
};

/// A window's walk: sizes of a small convolution and where its input ends.
struct Window {
  Numbers sizes, values;
};

/// Padding on all sides, a stride and a dilation each, a region in the middle, an input smaller than the
/// window.
std::vector<Window> windows() {
  auto window = [](Numbers sizes, int64_t height, int64_t width, int64_t strides, int64_t dilation,
                   int64_t top, int64_t left) {
    return Window{std::move(sizes),
                  {{"in_h", height},
                   {"in_w", width},
                   {"sy", strides},
                   {"sx", strides},
                   {"dil_y", dilation},
                   {"dil_x", dilation},
                   {"top", top},
                   {"left", left},
                   {"zx", -128}}};
  };
  auto sizes = [](int64_t nb, int64_t dy, int64_t dx, int64_t cb, int64_t y, int64_t x, int64_t c,
                  int64_t n) {
    return Numbers{{"nb", nb}, {"dy", dy}, {"dx", dx}, {"cb", cb}, {"y", y}, {"x", x}, {"c", c}, {"n", n}};
  };
  return {window(sizes(1, 1, 1, 1, 1, 1, 1, 1), 1, 1, 1, 1, 0, 0),
          window(sizes(2, 3, 3, 2, 4, 5, 16, 16), 4, 5, 1, 1, 1, 1),
          window(sizes(1, 3, 3, 1, 3, 3, 5, 7), 6, 6, 2, 1, 0, 0),
          window(sizes(2, 2, 3, 2, 3, 4, 16, 3), 9, 9, 1, 3, 2, 3),
          window(sizes(1, 3, 3, 1, 2, 4, 4, 4), 8, 4, 1, 1, -3, 1),
          window(sizes(1, 4, 4, 1, 2, 2, 3, 16), 2, 2, 1, 1, 1, 1)};
}

Numbers with(Numbers numbers, const Numbers &more) {
  numbers.insert(more.begin(), more.end());
  return numbers;
}

Numbers range(Draw &draw) {
  return {{"zy", draw.between(-128, 127)}, {"lo", draw.between(-128, 0)}, {"hi", draw.between(1, 127)}};
}

/// Calls f for every output; its numbers are nb, y, x, n.
template <class F> void forOutputs(ChipRun &run, const char *blocks, const char *lanes, F f) {
  for (int64_t b = 0; b < run.size(blocks); ++b)
    for (int64_t y = 0; y < run.size("y"); ++y)
      for (int64_t x = 0; x < run.size("x"); ++x)
        for (int64_t n = 0; n < run.size(lanes); ++n)
          f(b, y, x, n);
}

/// The products of one output, without a bias.
int64_t products(ChipRun &run, int64_t b, int64_t y, int64_t x, int64_t n) {
  int64_t sum = 0;
  for (int64_t dy = 0; dy < run.size("dy"); ++dy)
    for (int64_t dx = 0; dx < run.size("dx"); ++dx)
      for (int64_t cb = 0; cb < run.size("cb"); ++cb)
        for (int64_t c = 0; c < run.size("c"); ++c) {
          int64_t row = y * run.value("sy") + dy * run.value("dil_y") - run.value("top");
          int64_t column = x * run.value("sx") + dx * run.value("dil_x") - run.value("left");
          sum += run["a"].atOr({cb, row, column, c}, run.value("zx")) * run["w"].at({b, dy, dx, cb, c, n});
        }
  return sum;
}

int64_t clampResult(ChipRun &run, int64_t scaled) {
  return clampTo(wrap32(scaled + run.value("zy")), run.value("lo"), run.value("hi"));
}

/// The byte of a sum whose channel has a scale of its own.
int64_t channelResult(ChipRun &run, bool once, int32_t sum, int64_t b, int64_t n) {
  int64_t multiplier = run["mult"].at({b, n}), shift = run["shift"].at({b, n});
  if (!once)
    return clampResult(run, scaleTwice(sum, multiplier, shift));
  return clampTo(scaleOnce(sum, multiplier, shift) + run.value("zy"), run.value("lo"), run.value("hi"));
}

TEST_F(Npu, ConvolutionScalesChannels) {
  for (bool once : {false, true})
    for (const Window &window : windows()) {
      ChipRun run(chip, once ? "conv_channel_once" : "conv", window.sizes, with(window.values, range(draw)));
      run.fill(draw, shifts(once));
      run.run();
      forOutputs(run, "nb", "n", [&](int64_t b, int64_t y, int64_t x, int64_t n) {
        int32_t sum = wrap32(run["bias"].at({b, n}) + products(run, b, y, x, n));
        ASSERT_EQ(run["out"].at({b, y, x, n}), channelResult(run, once, sum, b, n));
      });
    }
}

TEST_F(Npu, ConvolutionWithOneScale) {
  for (const Window &window : windows())
    for (int64_t shift : {0, 7, 31, 38}) {
      Numbers values = with(window.values, range(draw));
      values["m"] = draw.between(1, 2147483647);
      values["s"] = shift;
      ChipRun once(chip, "conv_once", window.sizes, values);
      once.fill(draw);
      once.run();
      forOutputs(once, "nb", "n", [&](int64_t b, int64_t y, int64_t x, int64_t n) {
        int32_t sum = wrap32(once["bias"].at({b, n}) + products(once, b, y, x, n));
        int64_t expected = scaleOnce(sum, values["m"], shift) + values["zy"];
        ASSERT_EQ(once["out"].at({b, y, x, n}), clampTo(expected, values["lo"], values["hi"]));
      });
      if (shift > 31)
        continue;
      ChipRun twice(chip, "conv_tensor", window.sizes, values);
      twice.fill(draw);
      twice.run();
      forOutputs(twice, "nb", "n", [&](int64_t b, int64_t y, int64_t x, int64_t n) {
        int32_t sum = wrap32(twice["bias"].at({b, n}) + products(twice, b, y, x, n));
        ASSERT_EQ(twice["out"].at({b, y, x, n}), clampResult(twice, scaleTwice(sum, values["m"], shift)));
      });
    }
}

AddScales randomScales(Draw &draw) {
  return {draw.between(-128, 127),
          draw.between(1 << 30, 2147483647),
          draw.between(0, 8),
          draw.between(-128, 127),
          draw.between(1 << 30, 2147483647),
          draw.between(0, 8),
          draw.between(1 << 30, 2147483647),
          draw.between(15, 20),
          draw.between(-128, 127),
          draw.between(-128, 0),
          draw.between(1, 127)};
}

Numbers named(const AddScales &p) {
  return {{"z1", p.z1}, {"m1", p.m1}, {"s1", p.s1},   {"z2", p.z2},   {"m2", p.m2},   {"s2", p.s2},
          {"m3", p.m3}, {"s3", p.s3}, {"z3", p.zero}, {"lo3", p.low}, {"hi3", p.high}};
}

/// Scales of a sum that is rounded once: around the byte, or of small numbers with many halves.
AddScales randomScalesOnce(Draw &draw) {
  AddScales scales = randomScales(draw);
  scales.s3 = draw.between(30, 33);
  if (draw.between(0, 1)) {
    scales.m1 = draw.between(-9, 9), scales.m2 = draw.between(-9, 9);
    scales.s3 = draw.between(0, 4);
  }
  return scales;
}

Numbers namedOnce(const AddScales &p) {
  return {{"z1", p.z1}, {"m1", p.m1},   {"z2", p.z2},   {"m2", p.m2},
          {"s3", p.s3}, {"z3", p.zero}, {"lo3", p.low}, {"hi3", p.high}};
}

int64_t sumWith(bool once, int64_t a, int64_t r, const AddScales &p) {
  return once ? addQuantizedOnce(a, r, p) : addQuantized(a, r, p);
}

TEST_F(Npu, ConvolutionAndResidual) {
  for (bool once : {false, true})
    for (const Window &window : windows()) {
      AddScales scales = once ? randomScalesOnce(draw) : randomScales(draw);
      Numbers values = with(with(window.values, range(draw)), once ? namedOnce(scales) : named(scales));
      ChipRun run(chip, once ? "conv_add_once" : "conv_add", window.sizes, values);
      run.fill(draw, shifts(once));
      run.run();
      forOutputs(run, "nb", "n", [&](int64_t b, int64_t y, int64_t x, int64_t n) {
        int32_t sum = wrap32(run["bias"].at({b, n}) + products(run, b, y, x, n));
        int64_t q = channelResult(run, once, sum, b, n);
        ASSERT_EQ(run["out"].at({b, y, x, n}), sumWith(once, q, run["r"].at({b, y, x, n}), scales));
      });
    }
}

TEST_F(Npu, ResidualByItself) {
  for (bool once : {false, true})
    for (int trial = 0; trial < 20; ++trial) {
      AddScales scales = once ? randomScalesOnce(draw) : randomScales(draw);
      ChipRun run(chip, once ? "add_once" : "add", {{"nb", 2}, {"y", 3}, {"x", 4}, {"n", 16}},
                  once ? namedOnce(scales) : named(scales));
      run.fill(draw);
      run.run();
      forOutputs(run, "nb", "n", [&](int64_t b, int64_t y, int64_t x, int64_t n) {
        ASSERT_EQ(run["out"].at({b, y, x, n}),
                  sumWith(once, run["a"].at({b, y, x, n}), run["r"].at({b, y, x, n}), scales));
      });
    }
}

TEST_F(Npu, AnotherScale) {
  for (int trial = 0; trial < 20; ++trial) {
    AddScales scales = randomScalesOnce(draw);
    scales.m2 = 0;
    Numbers values = namedOnce(scales);
    values.erase("z2");
    values.erase("m2");
    ChipRun run(chip, "rescale", {{"nb", 2}, {"y", 3}, {"x", 4}, {"n", 16}}, values);
    run.fill(draw);
    run.run();
    forOutputs(run, "nb", "n", [&](int64_t b, int64_t y, int64_t x, int64_t n) {
      ASSERT_EQ(run["out"].at({b, y, x, n}), addQuantizedOnce(run["a"].at({b, y, x, n}), 0, scales));
    });
  }
}

/// Start, more and drain of halves of the channels are the convolution of all of them.
TEST_F(Npu, ReductionsInPartsKeepTheirSums) {
  for (const Window &window : windows()) {
    ChipRun start(chip, "conv_start", window.sizes, window.values);
    start.fill(draw);
    start.run();
    ChipRun more(chip, "conv_more", window.sizes, window.values);
    more.fill(draw);
    more["sums"].elements = start["sums"].elements;
    more.run();
    Numbers outputs = window.sizes;
    for (const char *size : {"dy", "dx", "cb", "c"})
      outputs.erase(size);
    bool once = draw.between(0, 1) == 1;
    ChipRun drain(chip, once ? "drain_channel_once" : "drain", outputs, range(draw));
    drain.fill(draw, shifts(once));
    drain["sums"].elements = more["sums"].elements;
    drain.run();
    forOutputs(start, "nb", "n", [&](int64_t b, int64_t y, int64_t x, int64_t n) {
      int64_t first = start["bias"].at({b, n}) + products(start, b, y, x, n);
      ASSERT_EQ(start["sums"].at({b, y, x, n}), wrap32(first));
      int32_t sum = wrap32(first + products(more, b, y, x, n));
      ASSERT_EQ(more["sums"].at({b, y, x, n}), sum);
      ASSERT_EQ(drain["out"].at({b, y, x, n}), channelResult(drain, once, sum, b, n));
    });
  }
}

TEST_F(Npu, DrainsWithOneScale) {
  for (int64_t shift : {0, 5, 31, 36}) {
    Numbers values = range(draw);
    values["m"] = draw.between(1, 2147483647);
    values["s"] = shift;
    Numbers sizes{{"nb", 2}, {"y", 3}, {"x", 4}, {"n", 16}};
    ChipRun once(chip, "drain_once", sizes, values);
    once.fill(draw);
    once.run();
    forOutputs(once, "nb", "n", [&](int64_t b, int64_t y, int64_t x, int64_t n) {
      int64_t expected = scaleOnce(int32_t(once["sums"].at({b, y, x, n})), values["m"], shift) + values["zy"];
      ASSERT_EQ(once["out"].at({b, y, x, n}), clampTo(expected, values["lo"], values["hi"]));
    });
    if (shift > 31)
      continue;
    ChipRun twice(chip, "drain_tensor", sizes, values);
    twice.fill(draw);
    twice.run();
    forOutputs(twice, "nb", "n", [&](int64_t b, int64_t y, int64_t x, int64_t n) {
      int32_t sum = int32_t(twice["sums"].at({b, y, x, n}));
      ASSERT_EQ(twice["out"].at({b, y, x, n}), clampResult(twice, scaleTwice(sum, values["m"], shift)));
    });
  }
}

/// An image of C channels as rows of bytes: kernel column dx and channel c are byte dx * C + c of the window.
TEST_F(Npu, PackedConvolutionReadsRowsOfBytes) {
  struct Case {
    int64_t channels, height, width, dy, dx, stride, top, left;
  };
  for (const Case &image :
       {Case{3, 6, 7, 3, 3, 1, 1, 1}, Case{1, 12, 10, 10, 4, 2, 4, 1}, Case{4, 3, 3, 2, 2, 1, 0, 0}}) {
    int64_t rows = (image.height - 1) / image.stride + 1, columns = (image.width - 1) / image.stride + 1;
    Numbers sizes{{"nb", 2},   {"dy", image.dy}, {"j", image.dx * image.channels},
                  {"y", rows}, {"x", columns},   {"n", 16}};
    Numbers values{{"in_h", image.height},
                   {"in_w", image.width * image.channels},
                   {"sy", image.stride},
                   {"dil_y", 1},
                   {"step", image.stride * image.channels},
                   {"top", image.top},
                   {"left", image.left * image.channels},
                   {"zx", 83}};
    bool once = image.channels > 1;
    ChipRun run(chip, once ? "conv_packed_once" : "conv_packed", sizes, with(values, range(draw)));
    run.fill(draw, shifts(once));
    run.run();
    forOutputs(run, "nb", "n", [&](int64_t b, int64_t y, int64_t x, int64_t n) {
      int64_t sum = run["bias"].at({b, n});
      for (int64_t dy = 0; dy < image.dy; ++dy)
        for (int64_t dx = 0; dx < image.dx; ++dx)
          for (int64_t c = 0; c < image.channels; ++c) {
            int64_t row = y * image.stride + dy - image.top, column = x * image.stride + dx - image.left;
            bool inside = column >= 0 && column < image.width;
            int64_t pixel = inside ? run["a"].atOr({row, column * image.channels + c}, 83) : 83;
            sum += pixel * run["w"].at({b, dy, dx * image.channels + c, n});
          }
      ASSERT_EQ(run["out"].at({b, y, x, n}), channelResult(run, once, wrap32(sum), b, n));
    });
  }
}

/// The sum of one channel's window, with its bias.
int32_t channelSum(ChipRun &run, int64_t b, int64_t y, int64_t x, int64_t c) {
  int64_t sum = run["bias"].at({b, c});
  for (int64_t dy = 0; dy < run.size("dy"); ++dy)
    for (int64_t dx = 0; dx < run.size("dx"); ++dx) {
      int64_t row = y * run.value("sy") + dy - run.value("top");
      int64_t column = x * run.value("sx") + dx - run.value("left");
      sum += run["a"].atOr({b, row, column, c}, run.value("zx")) * run["w"].at({b, dy, dx, c});
    }
  return wrap32(sum);
}

TEST_F(Npu, DepthwiseKeepsChannelsApart) {
  for (int64_t stride : {1, 2, 3})
    for (int64_t kernel : {1, 3, 4, 6}) {
      Numbers sizes{{"cb", 2}, {"dy", kernel}, {"dx", kernel + 1}, {"y", 4}, {"x", 3}, {"c", 16}};
      Numbers values{{"in_h", 5}, {"in_w", 6}, {"sy", stride}, {"sx", stride},
                     {"top", 1},  {"left", 1}, {"zx", -7}};
      for (bool single : {false, true}) {
        ChipRun run(chip, single ? "depthwise_channel_once" : "depthwise", sizes, with(values, range(draw)));
        run.fill(draw, shifts(single));
        run.run();
        forOutputs(run, "cb", "c", [&](int64_t b, int64_t y, int64_t x, int64_t c) {
          ASSERT_EQ(run["out"].at({b, y, x, c}),
                    channelResult(run, single, channelSum(run, b, y, x, c), b, c));
        });
      }
      Numbers scale{{"m", draw.between(1, 2147483647)}, {"s", draw.between(30, 40)}};
      ChipRun once(chip, "depthwise_once", sizes, with(with(values, range(draw)), scale));
      once.fill(draw);
      once.run();
      forOutputs(once, "cb", "c", [&](int64_t b, int64_t y, int64_t x, int64_t c) {
        int64_t expected = scaleOnce(channelSum(once, b, y, x, c), scale["m"], scale["s"]) + once.value("zy");
        ASSERT_EQ(once["out"].at({b, y, x, c}), clampTo(expected, once.value("lo"), once.value("hi")));
      });
    }
}

TEST_F(Npu, MaximumOfAWindowAndLimits) {
  for (int64_t stride : {1, 2, 3})
    for (int64_t kernel : {1, 2, 5})
      for (int64_t outside : {-128, 5}) {
        Numbers sizes{{"cb", 2}, {"dy", kernel}, {"dx", kernel + 1}, {"y", 4}, {"x", 3}, {"c", 16}};
        Numbers values{{"in_h", 5}, {"in_w", 6},  {"sy", stride},  {"sx", stride}, {"top", 1},
                       {"left", 1}, {"lo", -100}, {"zx", outside}, {"hi", 90}};
        ChipRun run(chip, "max_pool", sizes, values);
        run.fill(draw);
        run.run();
        forOutputs(run, "cb", "c", [&](int64_t b, int64_t y, int64_t x, int64_t c) {
          int64_t largest = -128;
          for (int64_t dy = 0; dy < run.size("dy"); ++dy)
            for (int64_t dx = 0; dx < run.size("dx"); ++dx)
              largest =
                  std::max(largest, run["a"].atOr({b, y * stride + dy - 1, x * stride + dx - 1, c}, outside));
          ASSERT_EQ(run["out"].at({b, y, x, c}), clampTo(largest, -100, 90));
        });
      }
}

TEST_F(Npu, MovesCopy) {
  std::vector<std::pair<const char *, Numbers>> moves{{"load", {{"b", 2}, {"r", 3}, {"p", 5}, {"c", 16}}},
                                                      {"load", {{"b", 1}, {"r", 1}, {"p", 1}, {"c", 3}}},
                                                      {"load_run", {{"r", 3}, {"e", 40}}},
                                                      {"load_words", {{"r", 4}, {"e", 16}}},
                                                      {"store", {{"b", 2}, {"r", 2}, {"p", 3}, {"c", 10}}}};
  for (const auto &[name, sizes] : moves) {
    ChipRun run(chip, name, sizes);
    run.fill(draw);
    Tensor source = run["src"];
    run.run();
    EXPECT_EQ(run["dst"].elements, source.elements) << name;
  }
}

} // namespace
