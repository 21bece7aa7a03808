// The warp's fragments and the dwords of VNNI: each layout against the formulas of the manuals, and whether
// every element has its place.
#include "tests/isa/chips/ChipRun.h"

#include <gtest/gtest.h>

#include <set>

using namespace tenon;
using namespace tenon::test;

namespace {

using Element = std::vector<int64_t>;

/// The element that the layout says is at a place; coordinates in the order in which the layout names them.
Element elementAt(const isa::Holds &holds, const std::map<std::string, int64_t> &units) {
  std::map<std::string, int64_t> coordinates;
  for (const isa::Holds::Coordinate &coordinate : holds.coordinates)
    coordinates[coordinate.name] = units.at(coordinate.unit);
  Element element;
  for (const isa::Expression &index : holds.indices) {
    llvm::Expected<int64_t> value = isa::evaluate(index, [&](llvm::StringRef name) -> std::optional<int64_t> {
      auto found = coordinates.find(name.str());
      return found == coordinates.end() ? std::nullopt : std::optional(found->second);
    });
    if (!value) {
      ADD_FAILURE() << llvm::toString(value.takeError());
      return {};
    }
    element.push_back(*value);
  }
  return element;
}

const isa::Holds &holdsOf(const isa::Description &chip, const std::string &intrinsic, const char *operand) {
  static const isa::Holds none;
  const isa::Intrinsic *found = findIntrinsic(chip, intrinsic);
  for (const isa::OperandDeclaration &declared : found->operands)
    if (declared.name == operand && declared.holds)
      return *declared.holds;
  ADD_FAILURE() << intrinsic << " has no layout for " << operand;
  return none;
}

/// A fragment as the PTX manual has it: lane `lane` holds elements 0 .. count - 1, `perRegister` of them in
/// each of its registers; `formula` gives row and column of element i.
struct Fragment {
  const char *operand;
  int64_t count, perRegister, rows, columns;
  Element (*formula)(int64_t lane, int64_t i);
};

void expectFragment(const isa::Description &chip, const std::string &intrinsic, const Fragment &fragment) {
  const isa::Holds &holds = holdsOf(chip, intrinsic, fragment.operand);
  std::set<Element> seen;
  for (int64_t lane = 0; lane < 32; ++lane)
    for (int64_t i = 0; i < fragment.count; ++i) {
      int64_t part = i % fragment.perRegister;
      Element element = elementAt(
          holds, {{"lane", lane}, {"reg", i / fragment.perRegister}, {"byte", part}, {"word", part}});
      ASSERT_EQ(element, fragment.formula(lane, i)) << intrinsic << " " << fragment.operand << " " << i;
      EXPECT_TRUE(element[0] >= 0 && element[0] < fragment.rows && element[1] >= 0 &&
                  element[1] < fragment.columns);
      EXPECT_TRUE(seen.insert(element).second) << "two places hold one element";
    }
  EXPECT_EQ(int64_t(seen.size()), fragment.rows * fragment.columns);
}

/// The 16 x 8 accumulator, the same for every type.
Element accumulator(int64_t lane, int64_t i) {
  return {i < 2 ? lane >> 2 : (lane >> 2) + 8, lane % 4 * 2 + (i & 1)};
}

TEST(Fragments, BytesWithK32AreAsInTheManual) {
  isa::Description chip = loadChip("mma-sync");
  expectFragment(chip, "mma_s8_k32", {"a", 16, 4, 16, 32, [](int64_t lane, int64_t i) -> Element {
                                        bool upper = i < 4 || (i >= 8 && i < 12);
                                        return {upper ? lane >> 2 : (lane >> 2) + 8,
                                                lane % 4 * 4 + (i & 3) + (i < 8 ? 0 : 16)};
                                      }});
  expectFragment(chip, "mma_s8_k32", {"b", 8, 4, 32, 8, [](int64_t lane, int64_t i) -> Element {
                                        return {lane % 4 * 4 + (i & 3) + (i < 4 ? 0 : 16), lane >> 2};
                                      }});
  expectFragment(chip, "mma_s8_k32", {"c", 4, 1, 16, 8, accumulator});
}

TEST(Fragments, BytesWithK16AreAsInTheManual) {
  isa::Description chip = loadChip("mma-sync");
  expectFragment(chip, "mma_s8_k16", {"a", 8, 4, 16, 16, [](int64_t lane, int64_t i) -> Element {
                                        return {i < 4 ? lane >> 2 : (lane >> 2) + 8, lane % 4 * 4 + (i & 3)};
                                      }});
  expectFragment(chip, "mma_s8_k16", {"b", 4, 4, 16, 8, [](int64_t lane, int64_t i) -> Element {
                                        return {lane % 4 * 4 + i, lane >> 2};
                                      }});
  expectFragment(chip, "mma_s8_k16", {"c", 4, 1, 16, 8, accumulator});
}

TEST(Fragments, HalvesAreAsInTheManual) {
  isa::Description chip = loadChip("mma-sync");
  for (std::string name : {"mma_f32{type: f16}", "mma_f32{type: bf16}"}) {
    expectFragment(chip, name, {"a", 8, 2, 16, 16, [](int64_t lane, int64_t i) -> Element {
                                  bool upper = i < 2 || (i >= 4 && i < 6);
                                  return {upper ? lane >> 2 : (lane >> 2) + 8,
                                          lane % 4 * 2 + (i & 1) + (i < 4 ? 0 : 8)};
                                }});
    expectFragment(chip, name, {"b", 4, 2, 16, 8, [](int64_t lane, int64_t i) -> Element {
                                  return {lane % 4 * 2 + (i & 1) + (i < 2 ? 0 : 8), lane >> 2};
                                }});
    expectFragment(chip, name, {"c", 4, 1, 16, 8, accumulator});
  }
}

TEST(Fragments, ProductsAreSums) {
  isa::Description chip = loadChip("mma-sync");
  Draw draw(7);
  for (std::string name : {"mma_s8_k16", "mma_s8_k32", "mma_f32{type: f16}", "mma_f32{type: bf16}"})
    for (int trial = 0; trial < 5; ++trial) {
      ChipRun run(chip, name, {});
      run.fill(draw);
      Tensor a = run["a"], b = run["b"], c = run["c"];
      run.run();
      for (int64_t m = 0; m < 16; ++m)
        for (int64_t n = 0; n < 8; ++n) {
          int64_t sum = c.at({m, n});
          for (int64_t k = 0; k < a.shape[1]; ++k)
            sum += a.at({m, k}) * b.at({k, n});
          ASSERT_EQ(run["c"].at({m, n}), int64_t(int32_t(sum))) << name;
        }
    }
}

/// Byte 4 l + t of a register is element (l, t); a broadcast row's is element t, 16 times.
TEST(Fragments, DwordsOfVnni) {
  isa::Description chip = loadChip("avx512-vnni");
  for (int64_t place = 0; place < 64; ++place) {
    std::map<std::string, int64_t> units{{"dword", place / 4}, {"byte", place % 4}};
    EXPECT_EQ(elementAt(holdsOf(chip, "vpdpbusd", "b"), units), (Element{place / 4, place % 4}));
    EXPECT_EQ(elementAt(holdsOf(chip, "vpdpbusd", "a"), units), (Element{place / 4, place % 4}));
    EXPECT_EQ(elementAt(holdsOf(chip, "vpdpbusd_row", "a"), units), (Element{place % 4}));
    EXPECT_EQ(elementAt(holdsOf(chip, "vpdpbusds", "c"), units), (Element{place / 4}));
  }
}

} // namespace
