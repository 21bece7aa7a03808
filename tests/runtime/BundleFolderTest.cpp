// Bundles on disk: what is written is read, and whatever was cut, altered or added is found.
#include "core/support/Error.h"
#include "tests/driver/TemporaryFolder.h"
#include "tests/runtime/TestBundle.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <functional>

using namespace tenon;
using namespace tenon::runtime;
using namespace tenon::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
using Json = nlohmann::ordered_json;

namespace {

class BundleFolder : public TemporaryFolder {
protected:
  void writeTest() { ASSERT_EQ(llvm::toString(writeBundle(testBundle(), path("b"))), ""); }

  std::string readFailure(ExitCode code = ExitCode::WrongInput) {
    llvm::Expected<Bundle> bundle = readBundle(path("b"));
    if (bundle)
      return "it was read";
    FailureReport found = report(bundle.takeError());
    EXPECT_EQ(found.code, code);
    return toString(found.diagnostics.front());
  }

  /// The message for a manifest that was changed.
  std::string changed(const std::function<void(Json &)> &change) {
    writeTest();
    Json json = Json::parse(read("b/manifest.json"));
    change(json);
    write("b/manifest.json", json.dump());
    return readFailure();
  }
};

TEST_F(BundleFolder, IsReadAsItWasWritten) {
  writeTest();
  llvm::Expected<Bundle> bundle = readBundle(path("b"));
  ASSERT_TRUE(bool(bundle)) << llvm::toString(bundle.takeError());
  EXPECT_EQ(*bundle, testBundle());
  EXPECT_THAT(names(), UnorderedElementsAre("b")); // nothing is left beside it
}

TEST_F(BundleFolder, AnEmptyBundleToo) {
  Bundle empty;
  empty.descriptionHash = sha256(llvm::StringRef(""));
  ASSERT_EQ(llvm::toString(writeBundle(empty, path("b/"))), "");
  llvm::Expected<Bundle> bundle = readBundle(path("b"));
  ASSERT_TRUE(bool(bundle)) << llvm::toString(bundle.takeError());
  EXPECT_EQ(*bundle, empty);
}

TEST_F(BundleFolder, ReplacesABundleAndNothingElse) {
  writeTest();
  Bundle other = testBundle();
  other.productVersion = "0.2.0";
  ASSERT_EQ(llvm::toString(writeBundle(other, path("b"))), "");
  llvm::Expected<Bundle> bundle = readBundle(path("b"));
  ASSERT_TRUE(bool(bundle));
  EXPECT_EQ(bundle->productVersion, "0.2.0");
  write("b/thesis.txt", "precious");
  EXPECT_THAT(llvm::toString(writeBundle(other, path("b"))), HasSubstr("holds 'thesis.txt'"));
  EXPECT_EQ(read("b/thesis.txt"), "precious");
  write("file");
  EXPECT_THAT(llvm::toString(writeBundle(other, path("file"))), HasSubstr("is there and is no folder"));
  EXPECT_THAT(names(), UnorderedElementsAre("b", "file"));
}

TEST_F(BundleFolder, AWrongBundleIsNotWritten) {
  Bundle wrong = testBundle();
  wrong.steps[0].device->offset = 1000;
  EXPECT_THAT(llvm::toString(writeBundle(wrong, path("b"))), HasSubstr("step 0 has 32 bytes at 1000"));
  EXPECT_TRUE(names().empty());
}

TEST_F(BundleFolder, AFolderThatCannotBeWrittenIsSaid) {
  llvm::Error error = writeBundle(testBundle(), "/proc/bundle");
  ASSERT_TRUE(bool(error));
  FailureReport found = report(std::move(error));
  EXPECT_EQ(found.code, ExitCode::SystemFailed);
  EXPECT_EQ(found.diagnostics.front().file, "/proc/bundle");
}

TEST_F(BundleFolder, MissingFilesAreNamed) {
  EXPECT_THAT(readFailure(ExitCode::WrongUse), HasSubstr("is no folder"));
  for (const char *name : {"manifest.json", "commands.bin", "weights.bin", "host.c", "target.yaml"}) {
    writeTest();
    ASSERT_FALSE(llvm::sys::fs::remove(path(std::string("b/") + name)));
    EXPECT_THAT(readFailure(), AllOf(HasSubstr(name), HasSubstr("it is missing"))) << name;
  }
}

TEST_F(BundleFolder, EveryCutOfTheManifestIsFound) {
  writeTest();
  std::string whole = read("b/manifest.json");
  for (size_t size = 0; size + 2 < whole.size(); size += 7) {
    write("b/manifest.json", whole.substr(0, size));
    ASSERT_THAT(readFailure(), HasSubstr("is not JSON")) << size;
  }
}

TEST_F(BundleFolder, EveryCutAndAlteredFileIsFound) {
  for (const char *name : {"commands.bin", "weights.bin", "host.c", "target.yaml"}) {
    std::string file = std::string("b/") + name;
    writeTest();
    std::string whole = read(file);
    write(file, whole.substr(1));
    EXPECT_THAT(readFailure(),
                AllOf(HasSubstr(name), HasSubstr("has " + std::to_string(whole.size() - 1) + " bytes"),
                      HasSubstr("the manifest says " + std::to_string(whole.size()))));
    whole[whole.size() / 2] ^= 1;
    write(file, whole);
    EXPECT_THAT(readFailure(),
                AllOf(HasSubstr(name), HasSubstr("has SHA-256"), HasSubstr("the manifest says")));
  }
}

TEST_F(BundleFolder, AnotherSchemaIsRefused) {
  EXPECT_THAT(changed([](Json &json) { json["schema"] = "tenon.bundle/2"; }),
              AllOf(HasSubstr("version 2"), HasSubstr("reads version 1"), HasSubstr("a newer one")));
  EXPECT_THAT(changed([](Json &json) { json["schema"] = "tenon.bundle/0"; }),
              HasSubstr("compile the model again"));
  EXPECT_THAT(changed([](Json &json) { json["schema"] = "other"; }), HasSubstr("the schema is 'other'"));
  EXPECT_THAT(changed([](Json &json) { json.erase("schema"); }), HasSubstr("schema is missing"));
  EXPECT_THAT(changed([](Json &json) {
                json["schema"] = "tenon.bundle/2"; // and what else is new does not matter
                json["future"] = 1;
              }),
              HasSubstr("reads version 1"));
}

TEST_F(BundleFolder, EveryKeyIsNeededAndNoOtherIsTaken) {
  writeTest();
  Json whole = Json::parse(read("b/manifest.json"));
  for (const auto &[key, value] : whole.items()) {
    std::string name = key;
    EXPECT_THAT(changed([&](Json &json) { json.erase(name); }), HasSubstr(name + " is missing"));
    EXPECT_THAT(changed([&](Json &json) { json[name] = true; }), HasSubstr(name + " is boolean, it must be"));
  }
  EXPECT_THAT(changed([](Json &json) { json["extra"] = 1; }), HasSubstr("the key 'extra'"));
  EXPECT_THAT(changed([](Json &json) { json["steps"][0]["extra"] = 1; }),
              HasSubstr("steps[0] has the key 'extra'"));
  EXPECT_THAT(changed([](Json &json) { json["inputs"][0]["at"]["hostBuffer"] = 0; }), HasSubstr("'address'"));
}

TEST_F(BundleFolder, ValuesAreChecked) {
  EXPECT_THAT(changed([](Json &json) { json["memory"]["bytes"] = -1; }),
              HasSubstr("memory.bytes is number, it must be a whole number that is not negative"));
  EXPECT_THAT(changed([](Json &json) { json["memory"]["bytes"] = 64; }),
              HasSubstr("the memory dram has 64 bytes"));
  EXPECT_THAT(changed([](Json &json) { json["parameters"]["DIM"] = ~uint64_t(0); }),
              HasSubstr("parameters.DIM"));
  EXPECT_THAT(changed([](Json &json) { json["steps"][0]["where"] = "elsewhere"; }), HasSubstr("elsewhere"));
  EXPECT_THAT(changed([](Json &json) { json["steps"][1]["layer"] = uint64_t(1) << 32; }),
              HasSubstr("steps[1].layer is 4294967296, the most is 4294967295"));
  EXPECT_THAT(changed([](Json &json) { json["constants"][1]["offset"] = 0; }),
              HasSubstr("constant 1 has 4 bytes at 0 of the weights, it must start at 4"));
  EXPECT_THAT(changed([](Json &json) { json["constants"][1]["at"]["bytes"] = 5; }),
              HasSubstr("end within their 8 bytes"));
  EXPECT_THAT(changed([](Json &json) { json["constants"].erase(1); }),
              HasSubstr("the weights have 8 bytes, the constants need 4"));
  EXPECT_THAT(changed([](Json &json) { json["description"]["sha256"] = std::string(64, '0'); }),
              AllOf(HasSubstr("the description has SHA-256"), HasSubstr("the bundle says 0000")));
}

TEST_F(BundleFolder, WhatIsNoManifestIsRefused) {
  writeTest();
  write("b/manifest.json", "[1]");
  EXPECT_THAT(readFailure(), HasSubstr("the manifest is array, it must be an object"));
  write("b/manifest.json", std::string(100000, '['));
  EXPECT_THAT(readFailure(), HasSubstr("nested deeper than 16 levels"));
  write("b/manifest.json", "{\"schema\": \"\xff\"}");
  EXPECT_THAT(readFailure(), HasSubstr("is not JSON"));
  writeTest();
  llvm::Expected<Bundle> bundle = readBundle(path("b"), {.manifestBytes = 100});
  ASSERT_FALSE(bool(bundle));
  EXPECT_THAT(llvm::toString(bundle.takeError()), HasSubstr("100"));
}

} // namespace
