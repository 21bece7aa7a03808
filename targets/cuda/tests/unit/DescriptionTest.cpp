// The descriptions load, and the fragments of every matrix row are the ones that the PTX manual prints:
// formulas of the lane and of the number of an element within the lane, as the manual has them, against
// `holds`, place by place.
#include "core/isa/Description.h"
#include "core/support/Error.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

using namespace tenon;

namespace {

isa::Description load(const std::string &level) {
  llvm::Expected<isa::Description> description =
      isa::loadDescription(std::string(TENON_CUDA) + "/" + level + ".yaml");
  if (!description) {
    ADD_FAILURE() << llvm::toString(description.takeError());
    std::abort();
  }
  return std::move(*description);
}

const isa::Intrinsic &row(const isa::Description &description, const std::string &name) {
  for (const isa::Intrinsic &one : description.intrinsics)
    if (one.name == name)
      return one;
  ADD_FAILURE() << "no row " << name;
  std::abort();
}

using Element = std::pair<int64_t, int64_t>;

/// The manual's formula of a fragment: row and column of element i of a lane.
struct Fragment {
  const char *operand;
  int64_t elements;    ///< of a lane
  int64_t perRegister; ///< of them
  std::function<Element(int64_t lane, int64_t i)> formula;
};

Element elementAt(const isa::Holds &holds, const std::map<std::string, int64_t> &units) {
  std::map<std::string, int64_t> names;
  for (const isa::Holds::Coordinate &one : holds.coordinates)
    names[one.name] = units.at(one.unit);
  auto lookup = [&](llvm::StringRef name) -> std::optional<int64_t> {
    auto found = names.find(name.str());
    return found == names.end() ? std::nullopt : std::optional(found->second);
  };
  std::vector<int64_t> at;
  for (const isa::Expression &index : holds.indices)
    at.push_back(llvm::cantFail(isa::evaluate(index, lookup)));
  return {at.at(0), at.at(1)};
}

void expectFragment(const isa::Description &description, const std::string &name, const Fragment &fragment) {
  const isa::Intrinsic &declared = row(description, name);
  auto operand = std::find_if(declared.operands.begin(), declared.operands.end(),
                              [&](const auto &one) { return one.name == fragment.operand; });
  ASSERT_NE(operand, declared.operands.end());
  ASSERT_TRUE(operand->holds);
  std::set<Element> seen;
  for (int64_t lane = 0; lane < 32; ++lane)
    for (int64_t i = 0; i < fragment.elements; ++i) {
      int64_t part = i % fragment.perRegister;
      Element element =
          elementAt(*operand->holds,
                    {{"lane", lane}, {"reg", i / fragment.perRegister}, {"byte", part}, {"word", part}});
      ASSERT_EQ(element, fragment.formula(lane, i))
          << name << " " << fragment.operand << " " << lane << " " << i;
      EXPECT_TRUE(seen.insert(element).second) << "two places hold one element";
    }
  int64_t extent = 1;
  for (const isa::Axis &axis : operand->axes)
    extent *= declared.sizes[size_t(axis.size)].high;
  EXPECT_EQ(int64_t(seen.size()), extent) << name << " " << fragment.operand;
}

/// groupID = lane / 4, threadID_in_group = lane % 4; the accumulators of m16n8 are the same for every type.
Fragment sums() {
  return {"c", 4, 1, [](int64_t lane, int64_t i) -> Element {
            return {i < 2 ? lane >> 2 : (lane >> 2) + 8, lane % 4 * 2 + (i & 1)};
          }};
}

TEST(Description, EveryLevelLoads) {
  for (const char *level : {"sm_80", "sm_90"}) {
    isa::Description description = load(level);
    ASSERT_TRUE(description.code);
    EXPECT_EQ(description.code->triple, "nvptx64-nvidia-cuda");
    EXPECT_EQ(description.levels.size(), 3u);
    for (const isa::Intrinsic &one : description.intrinsics)
      EXPECT_TRUE(description.has(one)) << one.name;
  }
}

TEST(Fragments, BytesK32) {
  isa::Description description = load("sm_80");
  expectFragment(description, "mma_s8_k32", {"a", 16, 4, [](int64_t lane, int64_t i) -> Element {
                                               bool upper = i < 4 || (i >= 8 && i < 12);
                                               return {upper ? lane >> 2 : (lane >> 2) + 8,
                                                       lane % 4 * 4 + (i & 3) + (i < 8 ? 0 : 16)};
                                             }});
  expectFragment(description, "mma_s8_k32", {"b", 8, 4, [](int64_t lane, int64_t i) -> Element {
                                               return {lane % 4 * 4 + (i & 3) + (i < 4 ? 0 : 16), lane >> 2};
                                             }});
  expectFragment(description, "mma_s8_k32", sums());
}

TEST(Fragments, BytesK16) {
  isa::Description description = load("sm_80");
  expectFragment(description, "mma_s8_k16", {"a", 8, 4, [](int64_t lane, int64_t i) -> Element {
                                               return {i < 4 ? lane >> 2 : (lane >> 2) + 8,
                                                       lane % 4 * 4 + (i & 3)};
                                             }});
  expectFragment(description, "mma_s8_k16", {"b", 4, 4, [](int64_t lane, int64_t i) -> Element {
                                               return {lane % 4 * 4 + i, lane >> 2};
                                             }});
  expectFragment(description, "mma_s8_k16", sums());
}

TEST(Fragments, HalvesK16) {
  isa::Description description = load("sm_80");
  for (std::string type : {"f16", "bf16"}) {
    std::string name = "mma_f32_k16{type: " + type + "}";
    expectFragment(description, name, {"a", 8, 2, [](int64_t lane, int64_t i) -> Element {
                                         bool upper = i < 2 || (i >= 4 && i < 6);
                                         return {upper ? lane >> 2 : (lane >> 2) + 8,
                                                 lane % 4 * 2 + (i & 1) + (i < 4 ? 0 : 8)};
                                       }});
    expectFragment(description, name, {"b", 4, 2, [](int64_t lane, int64_t i) -> Element {
                                         return {lane % 4 * 2 + (i & 1) + (i < 2 ? 0 : 8), lane >> 2};
                                       }});
    expectFragment(description, name, sums());
  }
}

TEST(Fragments, HalvesK8) {
  isa::Description description = load("sm_80");
  for (std::string type : {"f16", "bf16"}) {
    std::string name = "mma_f32_k8{type: " + type + "}";
    expectFragment(description, name, {"a", 4, 2, [](int64_t lane, int64_t i) -> Element {
                                         return {i < 2 ? lane >> 2 : (lane >> 2) + 8, lane % 4 * 2 + (i & 1)};
                                       }});
    expectFragment(description, name, {"b", 2, 2, [](int64_t lane, int64_t i) -> Element {
                                         return {lane % 4 * 2 + i, lane >> 2};
                                       }});
    expectFragment(description, name, sums());
  }
}

} // namespace
