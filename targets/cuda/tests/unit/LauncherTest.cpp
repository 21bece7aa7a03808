// The launcher of GPUs: what it says where there is no driver, and its calls on a driver that notes them and
// runs kernels lane by lane.
#include "core/runtime/native/tenon_launcher.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const char *const kernels = R"TEXT(
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
define ptx_kernel void @twice(ptr addrspace(1) %from, ptr addrspace(1) %to, ptr addrspace(1) %status) {
  %b = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %f = mul i32 %b, 64
  %i = add i32 %f, %t
  %p = getelementptr i32, ptr addrspace(1) %from, i32 %i
  %q = getelementptr i32, ptr addrspace(1) %to, i32 %i
  %v = load i32, ptr addrspace(1) %p
  %w = add i32 %v, %v
  store i32 %w, ptr addrspace(1) %q
  store i32 0, ptr addrspace(1) %status
  ret void
}
)TEXT";

class Launcher : public ::testing::Test {
protected:
  void SetUp() override {
    void *library = dlopen(TENON_CUDA_LAUNCHER, RTLD_NOW);
    ASSERT_TRUE(library) << dlerror();
    auto function =
        reinterpret_cast<decltype(&tenonLauncherInterface)>(dlsym(library, TENON_LAUNCHER_SYMBOL));
    ASSERT_TRUE(function);
    table = function(TENON_LAUNCHER_VERSION);
    set("TENON_CUDA_DRIVER", TENON_FAKE_DRIVER);
    set("TENON_FAKE_DESCRIPTION", TENON_CUDA "/sm_80.yaml");
  }
  void TearDown() override {
    if (launcher)
      table->close(launcher);
    for (const std::string &name : variables)
      unsetenv(name.c_str());
  }

  void set(const std::string &name, const std::string &value) {
    variables.push_back(name);
    setenv(name.c_str(), value.c_str(), 1);
  }
  int32_t open(std::vector<TenonLauncherSetting> settings = {}) {
    TenonLauncherOpenOptions options{sizeof options, TENON_LAUNCHER_VERSION, settings.data(),
                                     settings.size()};
    return table->open(&options, &launcher);
  }
  int32_t load(const std::string &text, const char *processor = "sm_80",
               const char *triple = "nvptx64-nvidia-cuda") {
    TenonLauncherModule module{sizeof module, TENON_LAUNCHER_VERSION, text.c_str(), text.size(), triple,
                               processor};
    return table->load(launcher, &module);
  }
  int32_t launch(const char *kernel, std::vector<uint64_t> pointers, uint64_t blocks = 1,
                 uint64_t threads = 64) {
    TenonLauncherLaunch call{sizeof call, TENON_LAUNCHER_VERSION, kernel,         blocks, threads,
                             0,           pointers.data(),        pointers.size()};
    return table->launch(launcher, &call);
  }
  std::string message() const { return table->lastError(launcher); }
  /// What was called on the fake driver since the last time.
  std::string calls() {
    void *library = dlopen(TENON_FAKE_DRIVER, RTLD_NOW);
    auto function = reinterpret_cast<const char *(*)()>(dlsym(library, "tenonFakeDriverCalls"));
    static size_t read = 0;
    std::string all = function();
    std::string fresh = all.substr(read);
    read = all.size();
    return fresh;
  }

  const TenonLauncherInterface *table = nullptr;
  TenonLauncher *launcher = nullptr;
  std::vector<std::string> variables;
};

TEST_F(Launcher, WithoutADriverItSaysWhatItLookedFor) {
  if (dlopen("libcuda.so.1", RTLD_NOW))
    GTEST_SKIP() << "this machine has an NVIDIA driver";
  unsetenv("TENON_CUDA_DRIVER");
  EXPECT_EQ(open(), TENON_LAUNCHER_UNSUPPORTED);
  EXPECT_FALSE(launcher);
  EXPECT_THAT(message(),
              AllOf(HasSubstr("no NVIDIA driver here: looked for libcuda.so.1 in the loader's folders and in "
                              "LD_LIBRARY_PATH ("),
                    HasSubstr("libcuda.so.1: cannot open shared object file"),
                    HasSubstr("set TENON_CUDA_DRIVER to its library")));
}

TEST_F(Launcher, DriverThatIsNamedAndNotThere) {
  set("TENON_CUDA_DRIVER", "nowhere/libcuda.so.1");
  EXPECT_EQ(open(), TENON_LAUNCHER_UNSUPPORTED);
  EXPECT_THAT(message(), HasSubstr("that TENON_CUDA_DRIVER names cannot be opened: nowhere/libcuda.so.1"));
}

TEST_F(Launcher, LibraryThatIsNoDriver) {
  set("TENON_CUDA_DRIVER", "libm.so.6");
  EXPECT_EQ(open(), TENON_LAUNCHER_UNSUPPORTED);
  EXPECT_THAT(message(), AllOf(HasSubstr("libm.so.6"), HasSubstr("has no cuInit: it is no NVIDIA driver")));
}

TEST_F(Launcher, DriverWithoutAGpu) {
  set("TENON_FAKE_FAILS", "cuInit=100");
  EXPECT_EQ(open(), TENON_LAUNCHER_UNSUPPORTED);
  EXPECT_THAT(message(),
              AllOf(HasSubstr(TENON_FAKE_DRIVER),
                    HasSubstr("is there, and finds no NVIDIA GPU that it can use: FAKE_ERROR_100 (100)")));
}

TEST_F(Launcher, OptionsThatAreNone) {
  EXPECT_EQ(open({{"colour", "red"}}), TENON_LAUNCHER_WRONG_USE);
  EXPECT_EQ(message(), "no option is called 'colour'; there is device");
  EXPECT_EQ(open({{"device", "first"}}), TENON_LAUNCHER_WRONG_USE);
  EXPECT_EQ(message(), "device is 'first', a number from 0 is needed");
  EXPECT_EQ(open({{"device", "3"}}), TENON_LAUNCHER_UNSUPPORTED);
  EXPECT_THAT(message(), AllOf(StartsWith("device 3 is asked for"), HasSubstr("finds 1, numbered from 0")));
}

TEST_F(Launcher, KernelsRun) {
  calls();
  ASSERT_EQ(open(), TENON_LAUNCHER_DONE) << message();
  EXPECT_STREQ(table->deviceName(launcher), "lane interpreter");
  EXPECT_EQ(calls(),
            "cuInit()\ncuDeviceGetCount()\ncuDeviceGet(0)\ncuDeviceGetName()\ncuDeviceGetAttribute(75)\n"
            "cuDeviceGetAttribute(76)\ncuDevicePrimaryCtxRetain()\n");
  ASSERT_EQ(load(kernels), TENON_LAUNCHER_DONE) << message();
  uint64_t from = 0, to = 0, status = 0;
  std::vector<int32_t> numbers(192), result(192);
  for (int i = 0; i < 192; ++i)
    numbers[size_t(i)] = 7 * i - 300;
  for (uint64_t *address : {&from, &to})
    ASSERT_EQ(table->allocate(launcher, 768, address), TENON_LAUNCHER_DONE);
  ASSERT_EQ(table->allocate(launcher, 4, &status), TENON_LAUNCHER_DONE);
  ASSERT_EQ(table->copyIn(launcher, from, numbers.data(), 768), TENON_LAUNCHER_DONE);
  ASSERT_EQ(launch("twice", {from, to, status}, 3), TENON_LAUNCHER_DONE) << message();
  ASSERT_EQ(table->wait(launcher), TENON_LAUNCHER_DONE);
  ASSERT_EQ(table->copyOut(launcher, to, result.data(), 768), TENON_LAUNCHER_DONE) << message();
  for (int i = 0; i < 192; ++i)
    EXPECT_EQ(result[size_t(i)], 2 * numbers[size_t(i)]);
  ASSERT_EQ(table->free(launcher, from), TENON_LAUNCHER_DONE);
  table->close(launcher);
  launcher = nullptr;
  EXPECT_EQ(
      calls(),
      "cuModuleLoadDataEx()\ncuMemAlloc_v2(768)\ncuMemAlloc_v2(768)\ncuMemAlloc_v2(4)\ncuMemcpyHtoD_v2(768)\n"
      "cuModuleGetFunction(twice)\ncuLaunchKernel(twice, 3, 64, 0)\ncuCtxSynchronize()\n"
      "cuMemcpyDtoH_v2(768)\ncuMemFree_v2()\ncuModuleUnload()\ncuDevicePrimaryCtxRelease_v2()\n");
}

TEST_F(Launcher, ModulesThatDoNotFit) {
  set("TENON_FAKE_LEVEL", "86");
  ASSERT_EQ(open(), TENON_LAUNCHER_DONE) << message();
  EXPECT_EQ(load(kernels, "sm_90"), TENON_LAUNCHER_UNSUPPORTED);
  EXPECT_EQ(message(), "the module is for sm_90, and lane interpreter is sm_86");
  EXPECT_EQ(load(kernels, "sm_80a"), TENON_LAUNCHER_UNSUPPORTED); // for that level alone
  EXPECT_EQ(load(kernels, "sm_86a"), TENON_LAUNCHER_DONE);
  EXPECT_EQ(load(kernels, "sm_80"), TENON_LAUNCHER_DONE);
  EXPECT_EQ(load(kernels, "", "x86_64-unknown-linux-gnu"), TENON_LAUNCHER_WRONG_INPUT);
  EXPECT_EQ(message(), "the module is for x86_64-unknown-linux-gnu, this launcher takes nvptx64");
  EXPECT_EQ(load("no module"), TENON_LAUNCHER_WRONG_INPUT);
  EXPECT_THAT(message(), AllOf(StartsWith("the driver refuses the module: FAKE_ERROR_218 (218)"),
                               HasSubstr("; it says: a kernel's text is no LLVM IR: line 1")));
}

TEST_F(Launcher, LaunchesThatFail) {
  ASSERT_EQ(open(), TENON_LAUNCHER_DONE) << message();
  ASSERT_EQ(load(kernels), TENON_LAUNCHER_DONE);
  uint64_t memory = 0;
  ASSERT_EQ(table->allocate(launcher, 256, &memory), TENON_LAUNCHER_DONE);
  EXPECT_EQ(launch("thrice", {memory}), TENON_LAUNCHER_WRONG_INPUT);
  EXPECT_EQ(message(), "none of the 1 modules that are loaded has a kernel thrice");
  EXPECT_EQ(launch("twice", {memory, memory, memory}, 0), TENON_LAUNCHER_WRONG_USE);
  EXPECT_THAT(message(), HasSubstr("kernel twice: 0 blocks of 64 threads; a GPU takes 1 to"));
  EXPECT_EQ(launch("twice", {memory, memory, memory}, 9), TENON_LAUNCHER_FAILED); // reads what is not written
  EXPECT_THAT(message(), AllOf(StartsWith("kernel twice with 9 blocks of 64 threads: FAKE_ERROR_700"),
                               HasSubstr("is in no allocation")));
  set("TENON_FAKE_FAILS", "cuMemAlloc_v2=2");
  EXPECT_EQ(table->allocate(launcher, 1000, &memory), TENON_LAUNCHER_OUT_OF_MEMORY);
  EXPECT_THAT(message(), StartsWith("1000 bytes of the GPU's memory are not to be had: FAKE_ERROR_2"));
  set("TENON_FAKE_FAILS", "cuCtxSynchronize=700");
  EXPECT_EQ(table->wait(launcher), TENON_LAUNCHER_FAILED);
  EXPECT_THAT(message(), StartsWith("what was launched has failed: FAKE_ERROR_700"));
}

TEST_F(Launcher, OtherVersionsAreRefused) {
  TenonLauncherOpenOptions options{sizeof options, TENON_LAUNCHER_VERSION + 1, nullptr, 0};
  EXPECT_EQ(table->open(&options, &launcher), TENON_LAUNCHER_WRONG_USE);
  EXPECT_THAT(message(), StartsWith("the options have version 2"));
}

} // namespace
