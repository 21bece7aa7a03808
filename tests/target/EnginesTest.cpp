// device.json: what it says, everything that it may not say, and where plugins are looked for.
#include "core/target/Engines.h"

#include "core/support/Error.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::target {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string failed(llvm::Error error, ExitCode code) {
  EXPECT_TRUE(bool(error));
  FailureReport found = report(std::move(error));
  EXPECT_EQ(found.code, code);
  return found.diagnostics.empty() ? "" : toString(found.diagnostics.front());
}

std::string manifest(const std::string &engines) {
  return R"({"schema": "tenon.device/1", "engines": [)" + engines + "]}";
}

std::string mistake(const std::string &text) {
  auto engines = parseEngines(text, "chip");
  return engines ? "none" : failed(engines.takeError(), ExitCode::WrongInput);
}

TEST(Engines, AreReadInTheirOrder) {
  auto engines = parseEngines(manifest(R"({"name": "rtl", "plugin": "libchip.so",
      "options": {"latency": 40, "order": "in"}, "random": {"option": "random", "seed": "seed"},
      "sources": ["../hw", "a.f"]}, {"name": "spec"})"),
                              "chip");
  ASSERT_TRUE(bool(engines)) << llvm::toString(engines.takeError());
  ASSERT_EQ(engines->size(), 2U);
  const Engine &rtl = engines->front();
  EXPECT_EQ(rtl.name, "rtl");
  EXPECT_EQ(rtl.plugin, "libchip.so");
  EXPECT_THAT(rtl.options, ElementsAre(Pair("latency", "40"), Pair("order", "in")));
  EXPECT_EQ(rtl.random, (RandomOptions{"random", "seed"}));
  EXPECT_THAT(rtl.sources, ElementsAre("chip/../hw", "chip/a.f"));
  EXPECT_EQ(engines->back().name, "spec");
  EXPECT_EQ(engines->back().plugin, "");
}

struct Wrong {
  const char *text, *said;
};

class WrongManifest : public testing::TestWithParam<Wrong> {};

TEST_P(WrongManifest, IsRefused) { EXPECT_THAT(mistake(GetParam().text), HasSubstr(GetParam().said)); }

#define HEAD R"({"schema": "tenon.device/1", "engines": )"
INSTANTIATE_TEST_SUITE_P(
    Each, WrongManifest,
    testing::Values(
        Wrong{"", "is not JSON"}, Wrong{"[]", "the manifest is array, it must be an object"},
        Wrong{R"({"engines": [{"name": "spec"}]})", "schema is missing"},
        Wrong{R"({"schema": "tenon.device/2", "engines": [{"name": "spec"}]})",
              "schema is 'tenon.device/2', this version reads tenon.device/1"},
        Wrong{HEAD R"([{"name": "spec"}], "engine": 1})", "the key 'engine'"},
        Wrong{HEAD R"([{"name": "spec"}], "engines": []})", "the key 'engines' twice"},
        Wrong{HEAD "[]}", "engines is an empty list"},
        Wrong{HEAD "{}}", "engines is object, it must be a list"},
        Wrong{HEAD "[{}]}", "engines[0].name is missing"},
        Wrong{HEAD R"([{"name": "a b", "plugin": "l.so"}]})", "engines[0].name is 'a b'"},
        Wrong{HEAD R"([{"name": "spec"}, {"name": "spec"}]})", "engines[1] is a second engine spec"},
        Wrong{HEAD R"([{"name": "rtl"}]})", "spec alone needs none, this is rtl"},
        Wrong{HEAD R"([{"name": "rtl", "plugin": "lib/l.so"}]})", "a file name without a folder"},
        Wrong{HEAD R"([{"name": "rtl", "plugin": 1}]})", "engines[0].plugin is number, it must be a text"},
        Wrong{HEAD R"([{"name": "rtl", "plugin": "l.so", "pluggin": 1}]})",
              "engines[0] has the key 'pluggin'"},
        Wrong{HEAD R"([{"name": "rtl", "plugin": "l.so", "options": {"a": 1.5}}]})",
              "engines[0].options.a is number, it must be a whole number"},
        Wrong{HEAD R"([{"name": "rtl", "plugin": "l.so", "random": {"option": "r"}}]})",
              "engines[0].random.seed is missing"},
        Wrong{HEAD R"([{"name": "rtl", "plugin": "l.so", "sources": "hw"}]})",
              "engines[0].sources is string, it must be a list"},
        Wrong{HEAD "[[[[[[[[[[[]]]]]]]]]]]}", "is nested deeper than 8 levels"}));

class PluginFolders : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("tenon-engines", root)); }
  void TearDown() override { (void)llvm::sys::fs::remove_directories(root); }

  std::string write(const std::string &name, const std::string &text) {
    std::string path = (root + "/" + name).str();
    llvm::SmallString<128> folder(path);
    llvm::sys::path::remove_filename(folder);
    EXPECT_FALSE(llvm::sys::fs::create_directories(folder));
    std::error_code code;
    llvm::raw_fd_ostream(path, code) << text;
    EXPECT_FALSE(code);
    return path;
  }

  llvm::SmallString<128> root;
};

TEST_F(PluginFolders, WithoutAManifestThereIsTheSimulator) {
  auto engines = enginesOf(write("chip/target.yaml", ""));
  ASSERT_TRUE(bool(engines)) << llvm::toString(engines.takeError());
  ASSERT_EQ(engines->size(), 1U);
  EXPECT_EQ(engines->front().name, "spec");
  auto plugin = findPlugin(engines->front(), {});
  ASSERT_TRUE(bool(plugin)) << llvm::toString(plugin.takeError());
  EXPECT_EQ(*plugin, "");
}

TEST_F(PluginFolders, AMistakeNamesTheManifest) {
  std::string path = write("chip/device.json", "{}");
  auto engines = enginesOf((root + "/chip/target.yaml").str());
  ASSERT_FALSE(bool(engines));
  EXPECT_THAT(failed(engines.takeError(), ExitCode::WrongInput), HasSubstr(path + ": "));
}

TEST_F(PluginFolders, ThePluginIsLookedForInOrder) {
  std::string description = write("chip/target.yaml", "");
  write("chip/device.json", manifest(R"({"name": "rtl", "plugin": "libchip.so"})"));
  auto engines = enginesOf(description);
  ASSERT_TRUE(bool(engines)) << llvm::toString(engines.takeError());
  std::string first = (root + "/one").str(), second = (root + "/two").str();
  PluginPath path = pluginPath(first + "::" + second, (root + "/build/bin/tenon").str());
  auto nowhere = findPlugin(engines->front(), path);
  ASSERT_FALSE(bool(nowhere));
  EXPECT_EQ(failed(nowhere.takeError(), ExitCode::DeviceFailed),
            ("the engine rtl needs the plugin libchip.so, which is none of " + root + "/chip/libchip.so, " +
             first + "/libchip.so, " + second + "/libchip.so, " + root +
             "/build/lib/libchip.so; build it, or name its folder in TENON_PLUGIN_PATH")
                .str());
  for (const char *place : {"build/lib", "two", "one", "chip"}) { // each before those that were there
    std::string wanted = write(std::string(place) + "/libchip.so", "");
    auto found = findPlugin(engines->front(), path);
    ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
    EXPECT_EQ(*found, wanted);
  }
}

} // namespace
} // namespace tenon::target
