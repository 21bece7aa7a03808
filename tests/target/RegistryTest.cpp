// Looking targets and their variants up, on hosts that are made up.
#include "core/target/Registry.h"

#include "core/support/Error.h"
#include "tests/driver/TemporaryFolder.h"

#include <gmock/gmock.h>

using namespace tenon;
using namespace tenon::target;
using testing::HasSubstr;

namespace {

constexpr const char *plain = R"yaml(tenon: 1
target: plain
code: {triple: x86_64-unknown-linux-gnu, features: [sse2]}
memories:
  mem: {kind: global, bytes: 1 GiB}
intrinsics: {}
)yaml";

class Lookup : public test::TemporaryFolder {
protected:
  void SetUp() override {
    TemporaryFolder::SetUp();
    write("chip/plain.yaml", plain);
    write("chip/rich.yaml", "tenon: 1\ntarget: rich\nextends: plain.yaml\ncode: {features: [avx2, fma]}\n");
    write("chip/arm.yaml", "tenon: 1\ntarget: arm\nextends: plain.yaml\ncode: {triple: "
                           "aarch64-unknown-linux-gnu, features: [neon]}\n");
    write("whole/target.yaml", plain);
    list("host");
    registry.targets = {{"reference", "built in", "", {}},
                        {"chip", path("chip/target.yaml"), path("chip/target.yaml"), {}},
                        {"whole", path("whole/target.yaml"), path("whole/target.yaml"), {}}};
    registry.host = {"x86_64-pc-linux-gnu", {"sse2", "avx2", "fma"}};
  }

  void list(const std::string &choice) {
    write("chip/target.yaml",
          "tenon: 1\ntarget: chip\nvariants: {plain: plain.yaml, rich: rich.yaml, arm: arm.yaml}\n"
          "choose: " +
              choice + "\n");
  }

  std::string found(const std::string &name) {
    auto entry = registry.find(name);
    if (!entry) {
      FailureReport wrong = report(entry.takeError());
      return std::to_string(int(wrong.code)) + " " + toString(wrong.diagnostics.front());
    }
    std::string description = entry->description;
    if (llvm::StringRef(description).starts_with(folder))
      description.erase(0, folder.size() + 1);
    return entry->name + " " + description;
  }

  Registry registry;
};

TEST_F(Lookup, TheLastVariantThatTheHostCanRun) {
  EXPECT_EQ(found("chip"), "chip/rich chip/rich.yaml");
  registry.host.features.erase("fma");
  EXPECT_EQ(found("chip"), "chip/plain chip/plain.yaml");
}

TEST_F(Lookup, OfTheHostsArchitecture) {
  registry.host = {"aarch64-unknown-linux-gnu", {"neon", "sse2"}};
  EXPECT_EQ(found("chip"), "chip/arm chip/arm.yaml");
}

TEST_F(Lookup, AVariantByName) {
  registry.host = {"riscv64-unknown-linux-gnu", {}};
  EXPECT_EQ(found("chip/plain"), "chip/plain chip/plain.yaml");
  EXPECT_EQ(found("chip/arm"), "chip/arm chip/arm.yaml");
}

TEST_F(Lookup, TheHostByName) { EXPECT_EQ(found("chip/host"), "chip/rich chip/rich.yaml"); }

TEST_F(Lookup, TheFileChooses) {
  list("plain");
  EXPECT_EQ(found("chip"), "chip/plain chip/plain.yaml");
  EXPECT_EQ(found("chip/host"), "chip/rich chip/rich.yaml");
}

TEST_F(Lookup, ByPath) {
  EXPECT_EQ(found(path("chip")), path("chip") + "/rich chip/rich.yaml");
  EXPECT_EQ(found(path("chip/")), path("chip") + "/rich chip/rich.yaml");
  EXPECT_EQ(found(path("chip/plain")), path("chip") + "/plain chip/plain.yaml");
  EXPECT_EQ(found(path("chip/target.yaml")), path("chip") + "/rich chip/rich.yaml");
  EXPECT_EQ(found(path("chip/rich.yaml")), path("chip/rich.yaml") + " chip/rich.yaml");
}

TEST_F(Lookup, AnUnknownVariant) {
  EXPECT_EQ(found("chip/ritch"),
            "2 the target chip has no variant 'ritch'; it has: plain, rich, arm; or host, the last "
            "that this host can run");
  EXPECT_THAT(found(path("chip/ritch")), HasSubstr("has no variant 'ritch'; it has: plain, rich, arm"));
}

TEST_F(Lookup, AVariantOfATargetWithout) {
  EXPECT_EQ(found("whole/rich"),
            "2 the target whole has no variants, --target whole/rich names one; write --target whole");
}

TEST_F(Lookup, AHostThatCanRunNone) {
  registry.host = {"x86_64-pc-linux-gnu", {"avx2"}};
  EXPECT_EQ(found("chip"),
            "4 this host can run no variant of the target chip (plain: this host lacks sse2; rich: this "
            "host lacks sse2, fma; arm: it is code for aarch64-unknown-linux-gnu, this host is "
            "x86_64-pc-linux-gnu); name the variant to compile for: chip/plain");
}

TEST_F(Lookup, AMistakeInAVariantIsTold) {
  write("chip/arm.yaml", "tenon: 1\ntarget: arm\nintrinsics: {}\n");
  EXPECT_THAT(found("chip"), HasSubstr("chip/arm.yaml:1:1: the description has no 'memories'"));
  EXPECT_EQ(found("chip/rich"), "chip/rich chip/rich.yaml");
}

TEST_F(Lookup, AMistakeInTheList) {
  list("none");
  EXPECT_THAT(found("chip/plain"), HasSubstr("3 " + path("chip/target.yaml") + ":4:9: 'none' is no variant"));
}

TEST_F(Lookup, NothingOfThatName) {
  EXPECT_THAT(found("chop"), HasSubstr("2 there is no target 'chop'; known: reference, chip, whole"));
  EXPECT_THAT(found(path("chip/plain.yml")), HasSubstr("there is no file '" + path("chip/plain.yml") + "'"));
  EXPECT_THAT(found("chop/plain"), HasSubstr("2 there is no file 'chop/plain'"));
}

TEST_F(Lookup, VariantsAreListedWithWhatTheHostLacks) {
  registry.host.features.erase("fma");
  auto variants = registry.variantsOf(registry.targets[1]);
  ASSERT_TRUE(bool(variants));
  ASSERT_EQ(variants->size(), 3U);
  EXPECT_EQ((*variants)[0].whyNot, "");
  EXPECT_EQ((*variants)[1].name, "chip/rich");
  EXPECT_EQ((*variants)[1].whyNot, "this host lacks fma");
  EXPECT_THAT((*variants)[2].whyNot, HasSubstr("it is code for aarch64-unknown-linux-gnu"));
  auto none = registry.variantsOf(registry.targets[2]);
  EXPECT_TRUE(none && none->empty());
}

TEST(Host, HasWhatEveryProcessorOfItsKindHas) {
  HostMachine host = hostMachine();
  EXPECT_FALSE(host.triple.empty());
#if defined(__x86_64__)
  EXPECT_TRUE(host.features.contains("sse2"));
#elif defined(__aarch64__)
  EXPECT_TRUE(host.features.contains("neon"));
#endif
}

} // namespace
