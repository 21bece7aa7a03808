// Finding a model by its path, or by one word of its name.
#include "core/driver/ModelPath.h"

#include "core/support/Error.h"
#include "tests/driver/TemporaryFolder.h"

#include <cstdlib>

namespace tenon::driver {
namespace {

class ModelPath : public test::TemporaryFolder {
protected:
  void expectFound(const std::string &model, const std::string &file) {
    auto found = findModel(model, {folder});
    ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
    EXPECT_EQ(*found, file);
  }

  void expectRefused(const std::string &model, const std::vector<std::string> &parts) {
    auto found = findModel(model, {folder});
    ASSERT_FALSE(bool(found)) << *found;
    FailureReport wrong = report(found.takeError());
    EXPECT_EQ(wrong.code, ExitCode::WrongUse);
    for (const std::string &part : parts)
      EXPECT_NE(toString(wrong.diagnostics.front()).find(part), std::string::npos)
          << toString(wrong.diagnostics.front());
  }
};

TEST_F(ModelPath, APathStaysAsItIs) {
  expectFound("some/where", "some/where"); // what is wrong with it is said where it is read
  expectFound("model.tflite", "model.tflite");
  expectFound("model.mlir", "model.mlir");
}

TEST_F(ModelPath, WholeWord) {
  std::string file = write("mlperf_tiny_resnet8_int8.tflite");
  expectFound("resnet8", file);
  expectFound("tiny_resnet8", file);
  expectFound("mlperf_tiny_resnet8_int8", file);
  expectRefused("resnet", {"there is no file 'resnet'", "known: ", "mlperf_tiny_resnet8_int8.tflite"});
  expectRefused("net8", {"there is no file 'net8'"});
  expectRefused("resnet8_", {"there is no file"});
}

TEST_F(ModelPath, InTheFolderModels) { expectFound("b", write("models/a_b.tflite")); }

TEST_F(ModelPath, Several) {
  write("net_small.tflite");
  write("models/net_large.mlir");
  expectRefused("net", {"'net' may be any of", "net_small.tflite", "net_large.mlir", "give the path"});
  expectFound("large", path("models/net_large.mlir"));
}

TEST_F(ModelPath, OtherFilesAreNoModels) {
  write("net.txt");
  write("net");
  expectRefused("net", {"there is no file 'net'"});
}

TEST_F(ModelPath, EmptyName) { expectRefused("", {"there is no file ''"}); }

TEST_F(ModelPath, FolderThatIsNotThere) {
  auto found = findModel("net", {path("no"), path("neither")});
  ASSERT_FALSE(bool(found));
  EXPECT_EQ(report(found.takeError()).code, ExitCode::WrongUse);
}

TEST_F(ModelPath, WithoutFolders) {
  auto found = findModel("net", {});
  ASSERT_FALSE(bool(found));
  FailureReport wrong = report(found.takeError());
  EXPECT_NE(wrong.diagnostics.front().message.find("TENON_MODELS, which is not set"), std::string::npos);
  EXPECT_NE(wrong.diagnostics.front().repair.find("set TENON_MODELS"), std::string::npos);
}

TEST_F(ModelPath, FoldersOfTheEnvironment) {
  setenv("TENON_MODELS", "a::b/c:", 1);
  EXPECT_EQ(modelFolders(), (std::vector<std::string>{"a", "b/c"}));
  unsetenv("TENON_MODELS");
  EXPECT_TRUE(modelFolders().empty());
}

} // namespace
} // namespace tenon::driver
