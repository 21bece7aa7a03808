// The child as it is used: good modules for several machines, and everything that can be wrong with a row or
// with the child itself.
#include "core/codegen/Codegen.h"
#include "core/support/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sys/stat.h>

namespace tenon::codegen {
namespace {

using testing::HasSubstr;

CodegenOptions options() {
  CodegenOptions made;
  made.program = TENON_CODEGEN;
  made.seconds = 60;
  return made;
}

CodegenRequest request(std::string module, std::vector<std::string> features = {}) {
  CodegenRequest made;
  made.module = std::move(module);
  made.triple = "x86_64-unknown-linux-gnu";
  made.features = std::move(features);
  return made;
}

FailureReport refused(const CodegenRequest &wrong, const CodegenOptions &how = options()) {
  llvm::Expected<CodegenResult> result = generateCode(wrong, how);
  if (result) {
    ADD_FAILURE() << "code was generated";
    return {};
  }
  return report(result.takeError());
}

constexpr const char *addVectors = R"(
define void @add(ptr %a, ptr %b, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %pa = getelementptr float, ptr %a, i64 %i
  %pb = getelementptr float, ptr %b, i64 %i
  %x = load float, ptr %pa
  %y = load float, ptr %pb
  %z = fadd float %x, %y
  store float %z, ptr %pa
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %n
  br i1 %more, label %loop, label %end
end:
  ret void
}
)";

std::string vnni(const std::string &declaration, const std::string &row) {
  return declaration +
         "\ndefine void @dot(ptr %p) {\n  %c = load <16 x i32>, ptr %p, align 4\n  %d = " + row +
         "\n  store <16 x i32> %d, ptr %p, align 4\n  ret void\n}\n";
}

const std::string declareDot =
    "declare <16 x i32> @llvm.x86.avx512.vpdpbusd.512(<16 x i32>, <16 x i32>, <16 x i32>)";
const std::string callDot = "call <16 x i32> @llvm.x86.avx512.vpdpbusd.512(<16 x i32> %c, <16 x i32> %c, "
                            "<16 x i32> %c) ; row chips/mine.yaml:41:12";

TEST(Codegen, ObjectForAProcessor) {
  llvm::Expected<CodegenResult> result = generateCode(request(addVectors), options());
  ASSERT_TRUE(bool(result)) << llvm::toString(result.takeError());
  ASSERT_GT(result->bytes.size(), 4u);
  EXPECT_EQ(std::string(result->bytes.data() + 1, 3), "ELF");
}

TEST(Codegen, LoopsBecomeVectorsOfTheFeatures) {
  CodegenRequest wanted = request(addVectors, {"avx2"});
  wanted.output = CodegenRequest::Output::Assembly;
  llvm::Expected<CodegenResult> result = generateCode(wanted, options());
  ASSERT_TRUE(bool(result)) << llvm::toString(result.takeError());
  EXPECT_THAT(std::string(result->bytes.begin(), result->bytes.end()), HasSubstr("ymm"));
}

TEST(Codegen, ProductsAndSumsAreNotFused) {
  CodegenRequest wanted = request("define float @f(float %a, float %b, float %c) {\n %m = fmul float %a, %b\n"
                                  " %s = fadd float %m, %c\n ret float %s\n}\n",
                                  {"fma"});
  wanted.output = CodegenRequest::Output::Assembly;
  llvm::Expected<CodegenResult> result = generateCode(wanted, options());
  ASSERT_TRUE(bool(result)) << llvm::toString(result.takeError());
  EXPECT_THAT(std::string(result->bytes.begin(), result->bytes.end()), testing::Not(HasSubstr("vfmadd")));
}

TEST(Codegen, AssemblyForOtherMachines) {
  using Case = std::tuple<const char *, const char *, const char *>;
  for (auto [triple, cpu, word] : {Case{"aarch64-unknown-linux-gnu", "", "fadd"},
                                   Case{"nvptx64-nvidia-cuda", "sm_80", ".target sm_80"}}) {
    CodegenRequest wanted = request(addVectors);
    wanted.triple = triple;
    wanted.processor = cpu;
    wanted.output = CodegenRequest::Output::Assembly;
    llvm::Expected<CodegenResult> result = generateCode(wanted, options());
    ASSERT_TRUE(bool(result)) << llvm::toString(result.takeError());
    EXPECT_THAT(std::string(result->bytes.begin(), result->bytes.end()), HasSubstr(word));
  }
}

TEST(Codegen, RowThatItsFeaturesAllow) {
  llvm::Expected<CodegenResult> result =
      generateCode(request(vnni(declareDot, callDot), {"avx512f", "avx512vnni"}), options());
  EXPECT_TRUE(bool(result)) << llvm::toString(result.takeError());
}

void expectRow(const FailureReport &found, unsigned line, const std::string &says) {
  EXPECT_EQ(found.code, ExitCode::WrongInput);
  ASSERT_EQ(found.diagnostics.size(), 1u);
  EXPECT_EQ(found.diagnostics[0].file, "chips/mine.yaml");
  EXPECT_EQ(found.diagnostics[0].line, line);
  EXPECT_EQ(found.diagnostics[0].column, 12u);
  EXPECT_THAT(found.diagnostics[0].message, HasSubstr(says));
}

TEST(Codegen, RowWhoseFeatureIsOffIsNamed) {
  expectRow(refused(request(vnni(declareDot, callDot), {"avx512f"})), 41, "annot select");
}

TEST(Codegen, RowThatIsNoIrIsNamed) {
  expectRow(refused(request(vnni("", "calk <16 x i32> @x() ; row chips/mine.yaml:7:12"))), 7,
            "expected instruction opcode");
}

TEST(Codegen, RowWithAnUnknownIntrinsicIsNamed) {
  expectRow(refused(request(vnni("declare <16 x i32> @llvm.x86.avx512.nonsense(<16 x i32>)",
                                 "call <16 x i32> @llvm.x86.avx512.nonsense(<16 x i32> %c) ; row "
                                 "chips/mine.yaml:8:12"))),
            8, "knows no intrinsic llvm.x86.avx512.nonsense");
}

TEST(Codegen, RowWithWrongTypesIsNamed) {
  expectRow(refused(request(
                vnni("declare <16 x i32> @llvm.x86.avx512.vpdpbusd.512(<8 x i32>, <16 x i32>, <16 x i32>)",
                     "call <16 x i32> @llvm.x86.avx512.vpdpbusd.512(<8 x i32> zeroinitializer, "
                     "<16 x i32> %c, <16 x i32> %c) ; row chips/mine.yaml:9:12"),
                {"avx512vnni"})),
            9, "ntrinsic");
}

TEST(Codegen, RowWhoseAssemblyIsWrongIsNamed) {
  expectRow(
      refused(request(vnni("", "call <16 x i32> asm \"vnonsense $1, $0\", \"=v,v\"(<16 x i32> %c) ; row "
                               "chips/mine.yaml:10:12"),
                      {"avx512f"})),
      10, "invalid instruction mnemonic");
}

TEST(Codegen, RowWhoseAssemblyHasAWrongConstraintIsNamed) {
  expectRow(refused(request(vnni("", "call <16 x i32> asm \"nop\", \"={nowhere},v\"(<16 x i32> %c) ; row "
                                     "chips/mine.yaml:11:12"),
                            {"avx512f"})),
            11, "constraint");
}

TEST(Codegen, RowBesideTheLineThatIsNoIrIsNamed) {
  std::string good = "add <16 x i32> %c, %c ; row chips/mine.yaml:";
  FailureReport found =
      refused(request("define void @f(ptr %p) {\n  %c = load <16 x i32>, ptr %p\n  %a = " + good +
                      "1:12\n  store <16 x i32> %a, ptr %p\n  store <16 x i32> %a, ptr %p\n"
                      "  store <16 x i32> %a, ptr %p\n  %b = bitcast <16 x i32> %c to <16 x i33>\n  %d = " +
                      good + "12:12\n  ret void\n}\n"));
  expectRow(found, 12, "invalid cast opcode");
}

TEST(Codegen, TextThatIsNoIrFarFromRowsIsNoRows) {
  FailureReport found = refused(request("define void @f() {\n  %a = add i32 1, 2 ; row chips/mine.yaml:1:12\n"
                                        "  ret void\n}\n\n\n\nnonsense\n"));
  EXPECT_EQ(found.code, ExitCode::OwnFault);
  EXPECT_THAT(found.diagnostics.at(0).message, HasSubstr("line 8 of the IR: nonsense"));
}

TEST(Codegen, EveryBadRowIsNamedOnce) {
  std::string body;
  for (int i = 0; i < 30; ++i) {
    std::string n = std::to_string(i);
    bool bad = i == 3 || i == 17;
    body +=
        "  %v" + n + " = " +
        (bad ? "call <16 x i32> @llvm.x86.avx512.vpdpbusd.512(<16 x i32> %c, <16 x i32> %c, <16 x i32> %c)"
             : "add <16 x i32> %c, %c") +
        " ; row chips/mine.yaml:" + std::to_string(100 + i) + ":12\n  store volatile <16 x i32> %v" + n +
        ", ptr %p, align 4\n";
  }
  FailureReport found =
      refused(request(declareDot + "\ndefine void @f(ptr %p) {\n  %c = load <16 x i32>, ptr %p\n" + body +
                      "  ret void\n}\n"));
  ASSERT_EQ(found.diagnostics.size(), 2u);
  EXPECT_EQ(found.diagnostics[0].line, 103u);
  EXPECT_EQ(found.diagnostics[1].line, 117u);
}

TEST(Codegen, WrongIrOfNoRowIsOurFault) {
  FailureReport found = refused(request("define void @f() {\n  %x = add i32 1, 2.0\n  ret void\n}\n"));
  EXPECT_EQ(found.code, ExitCode::OwnFault);
  ASSERT_EQ(found.diagnostics.size(), 1u);
  EXPECT_THAT(found.diagnostics[0].message, HasSubstr("line 2 of the IR: %x = add i32 1, 2.0"));
}

TEST(Codegen, UnknownMachinesAreRefused) {
  CodegenRequest wrong = request(addVectors);
  wrong.triple = "nonsense-unknown";
  EXPECT_EQ(refused(wrong).code, ExitCode::WrongInput);
  wrong = request(addVectors, {"avx2", "avx2048"});
  FailureReport found = refused(wrong);
  EXPECT_EQ(found.code, ExitCode::WrongInput);
  EXPECT_THAT(found.diagnostics.at(0).message, HasSubstr("no feature 'avx2048'"));
  wrong = request(addVectors);
  wrong.processor = "abacus";
  EXPECT_THAT(refused(wrong).diagnostics.at(0).message, HasSubstr("no processor 'abacus'"));
}

/// A stand-in for the child: a shell script.
class Script {
public:
  explicit Script(const std::string &body) {
    path = testing::TempDir() + "/codegen_script_" + std::to_string(::getpid()) + ".sh";
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    ::chmod(path.c_str(), 0700);
  }
  ~Script() { std::remove(path.c_str()); }
  CodegenOptions options() const {
    CodegenOptions made;
    made.program = path;
    made.seconds = 0.3;
    return made;
  }

private:
  std::string path;
};

TEST(Codegen, ChildThatHangsIsEnded) {
  Script script("echo thinking; exec sleep 100");
  FailureReport found = refused(request(addVectors), script.options());
  EXPECT_EQ(found.code, ExitCode::SystemFailed);
  EXPECT_THAT(found.diagnostics.at(0).message, HasSubstr("did not finish within 0.3 seconds"));
  EXPECT_THAT(found.diagnostics.at(0).message, HasSubstr("thinking"));
}

TEST(Codegen, ChildThatAbortsSaysWhatItPrinted) {
  Script script("echo 'LLVM ERROR: something odd' >&2; kill -ABRT $$");
  FailureReport found = refused(request(addVectors), script.options());
  EXPECT_EQ(found.code, ExitCode::SystemFailed);
  EXPECT_THAT(found.diagnostics.at(0).message, HasSubstr("signal 6 (SIGABRT)"));
  EXPECT_THAT(found.diagnostics.at(0).message, HasSubstr("something odd"));
}

TEST(Codegen, RowThatCrashesTheChildIsFound) {
  // Crashes as soon as the row of the module's line 4 is in it; the whole module has no list of rows.
  Script script("if grep -q '\"rows\":\\[\\]' $1/request.json || grep -q '\"rows\":.*[[,]4[],]' "
                "$1/request.json; then kill -SEGV $$; fi\n"
                "echo '{\"end\":\"done\",\"mistakes\":[],\"warnings\":[]}' >$1/answer.json; : >$1/result");
  FailureReport found = refused(request("define void @f() {\n"
                                        "  %a = add i32 1, 2 ; row chips/mine.yaml:20:12\n"
                                        "  %b = add i32 1, 3 ; row chips/mine.yaml:21:12\n"
                                        "  %c = add i32 1, 4 ; row chips/mine.yaml:22:12\n"
                                        "  ret void\n}\n"),
                                script.options());
  expectRow(found, 22, "SIGSEGV");
}

TEST(Codegen, TooLittleMemoryIsAnError) {
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "AddressSanitizer needs the whole address space, so the child sets itself no limit";
#endif
  CodegenOptions small = options();
  small.memoryBytes = uint64_t(64) << 20;
  EXPECT_EQ(refused(request(addVectors), small).code, ExitCode::SystemFailed);
}

TEST(Codegen, MissingChildIsAnError) {
  CodegenOptions missing = options();
  missing.program = "nowhere/tenon-codegen";
  EXPECT_EQ(refused(request(addVectors), missing).code, ExitCode::SystemFailed);
  llvm::Expected<std::string> found = findCodegen("nowhere/tenon");
  ASSERT_FALSE(bool(found));
  EXPECT_EQ(report(found.takeError()).code, ExitCode::SystemFailed);
}

} // namespace
} // namespace tenon::codegen
