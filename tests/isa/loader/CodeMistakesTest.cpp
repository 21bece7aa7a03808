// Descriptions of native code: what is read of them, and their mistakes.
#include "tests/isa/loader/Sample.h"

#include <gmock/gmock.h>

using namespace tenon;
using namespace tenon::isa;
using namespace tenon::test;
using testing::ElementsAre;

namespace {

std::string nativeWith(llvm::StringRef before, llvm::StringRef after) {
  return changed(nativeSample(), before, after);
}

TEST(Native, Code) {
  Description chip = loaded(nativeSample());
  ASSERT_TRUE(chip.code);
  EXPECT_EQ(chip.code->triple, "x86_64-unknown-linux-gnu");
  EXPECT_EQ(chip.code->processor, "x86-64");
  EXPECT_THAT(chip.code->features, ElementsAre("avx2", "fma"));
  EXPECT_EQ(chip.code->vectorBytes, 32);
  EXPECT_EQ(chip.code->barrier, "call void @wait()");
  EXPECT_EQ(chip.code->kernelConvention, "own_kernel");
  EXPECT_THAT(chip.code->libraries, ElementsAre("libgemm.so"));
  EXPECT_FALSE(loaded(sample()).code);
}

TEST(Native, Levels) {
  Description chip = loaded(nativeSample());
  ASSERT_EQ(chip.levels.size(), 3U);
  EXPECT_EQ(chip.level(Level::Kind::Grid)->most, 65535);
  EXPECT_EQ(chip.level(Level::Kind::Group)->name, "warp");
  EXPECT_EQ(chip.level(Level::Kind::Lanes)->most, 32);
  EXPECT_EQ(chip.level(Level::Kind::Lanes)->index, "call i32 @lane()");
  EXPECT_EQ(chip.level(Level::Kind::Threads), nullptr);
}

TEST(Native, Memories) {
  Description chip = loaded(nativeSample());
  EXPECT_EQ(chip.memories[0].space, 1U);
  EXPECT_EQ(chip.memories[2].kind, Memory::Kind::Cache);
  EXPECT_EQ(chip.memories[2].bytes, 32U << 10);
  EXPECT_EQ(chip.memories[2].lineBytes, 128);
  EXPECT_EQ(chip.memories[3].space, 3U);
  ASSERT_TRUE(chip.memories[3].swizzle);
  auto at = [](llvm::StringRef) { return std::optional<int64_t>(0x3f8); };
  EXPECT_EQ(llvm::cantFail(evaluate(*chip.memories[3].swizzle, at)), 0x388);
}

TEST(Native, Texts) {
  Description chip = loaded(nativeSample());
  const Intrinsic &add = intrinsicOf(chip, "multiply_add");
  ASSERT_EQ(add.llvmLines.size(), 2U);
  EXPECT_EQ(add.llvmLines[1].text, "c = fadd <8 x float> c, %product");
  EXPECT_EQ(chip.locate(add.llvmLines[1].place), "sample.yaml:26:7");
  EXPECT_THAT(add.requiredFeatures, ElementsAre("fma"));
  EXPECT_TRUE(add.numerics.fused && add.numerics.anyOrder);
  const Intrinsic &load = intrinsicOf(chip, "load");
  ASSERT_EQ(load.assemblyLines.size(), 1U);
  EXPECT_FALSE(load.numerics.fused || load.numerics.anyOrder);
  const Intrinsic &product = intrinsicOf(chip, "product");
  ASSERT_TRUE(product.callText);
  EXPECT_EQ(product.callText->symbol, "gemm");
  ASSERT_EQ(product.callText->arguments.size(), 7U);
  EXPECT_EQ(product.callText->arguments[6].str(), "a.stride.m / 4");
}

TEST(Native, ARowIsThereWithItsFeatures) {
  EXPECT_TRUE(loaded(nativeSample()).has(intrinsicOf(loaded(nativeSample()), "multiply_add")));
  Description without = loaded(nativeWith("[avx2, fma]", "[avx2]"));
  EXPECT_FALSE(without.has(intrinsicOf(without, "multiply_add")));
  EXPECT_TRUE(without.has(intrinsicOf(without, "load")));
}

TEST(NativeMistakes, Triple) {
  expectMistake(nativeWith("x86_64-unknown-linux-gnu", "x87-unknown-linux-gnu"), "x87",
                "the triple 'x87-unknown-linux-gnu' has no architecture that LLVM knows",
                "write ARCHITECTURE");
}

TEST(NativeMistakes, NoTriple) {
  expectMistake(nativeWith("triple: x86_64-unknown-linux-gnu, ", ""), "{processor",
                "'code' of the description has no 'triple'", "add triple");
}

TEST(NativeMistakes, Processor) {
  expectMistake(nativeWith("processor: x86-64", "processor: the best"), "the best", "is no processor's name",
                "LLVM's name");
}

TEST(NativeMistakes, FeatureWithASign) {
  expectMistake(nativeWith("[avx2, fma]", "[+avx2, fma]"), "+avx2", "'+avx2' is no feature's name",
                "without +");
}

TEST(NativeMistakes, FeatureTwice) {
  expectMistake(nativeWith("[avx2, fma]", "[avx2, avx2]"), "avx2]", "feature 'avx2' is there twice",
                "remove");
}

TEST(NativeMistakes, VectorThatIsNoPowerOfTwo) {
  expectMistake(nativeWith("vector: 32", "vector: 24"), "24", "vector of the code is 24 bytes",
                "power of two");
}

TEST(NativeMistakes, EmptyBarrier) {
  expectMistake(nativeWith("\"call void @wait()\"", "\"\""), "\", kernel", "barrier of the code is empty",
                "write call");
}

TEST(NativeMistakes, BarrierOfSeveralLines) {
  expectMistake(nativeWith("\"call void @wait()\"", "\"call void @wait()\\nret void\""), "call void @wait",
                "barrier of the code has 2 lines", "write call");
}

TEST(NativeMistakes, ConventionThatIsNoName) {
  expectMistake(nativeWith("own_kernel", "own kernel"), "own kernel", "'own kernel' is no name",
                "LLVM's name");
}

TEST(Native, IndexOfSeveralLines) {
  Description chip = loaded(
      nativeWith("index: \"call i32 @lane()\"", "index: \"%t = call i32 @lane()\\n  and i32 %t, 31\""));
  EXPECT_EQ(chip.levels[2].index, "%t = call i32 @lane()\nand i32 %t, 31");
}

TEST(NativeMistakes, IndexThatNamesItsResult) {
  expectMistake(nativeWith("index: \"call i32 @lane()\"", "index: \"%t = call i32 @lane()\""),
                "%t =", "index of level 'lane' ends with '%t = call i32 @lane()', which names its result",
                "leave the name");
}

TEST(NativeMistakes, IndexWithALineThatDefinesNothing) {
  expectMistake(nativeWith("index: \"call i32 @lane()\"", "index: \"call i32 @lane()\\nadd i32 1, 2\""),
                "call i32 @lane", "has the line 'call i32 @lane()', which defines no local", "write %NAME");
}

TEST(NativeMistakes, LibraryTwice) {
  expectMistake(nativeWith("[libgemm.so]", "[libgemm.so, libgemm.so]"), "libgemm.so]",
                "library 'libgemm.so' is there twice", "remove");
}

TEST(NativeMistakes, LibraryWithoutName) {
  expectMistake(nativeWith("[libgemm.so]", "[\" \"]"), " \"]", "a library has no name", "path");
}

TEST(NativeMistakes, LibrariesWithoutCode) {
  expectMistake(sample() + "libraries: [a.so]\n", "[a.so]", "the description has no 'code'", "add code");
}

TEST(NativeMistakes, LevelsWithoutCode) {
  expectMistake(sample() + "levels:\n  t: {kind: threads, most: 4}\n", "t: {kind: threads",
                "the description has no 'code'", "add code");
}

TEST(NativeMistakes, LevelsOutOfOrder) {
  std::string text = nativeWith("  warp: {kind: group, most: 8, index: \"call i32 @warp()\"}\n", "");
  text = changed(text, "  grid:", "  warp: {kind: group, most: 8, index: \"call i32 @warp()\"}\n  grid:");
  expectMistake(text, "grid:", "level 'grid' comes after level 'warp' and does not lie in it",
                "in this order");
}

TEST(NativeMistakes, LevelOfOneKindTwice) {
  expectMistake(nativeWith("kind: group, most: 8", "kind: grid, most: 8"),
                "warp:", "level 'warp' comes after level 'grid'", "one of each");
}

TEST(NativeMistakes, ThreadsWithLanes) {
  std::string text =
      nativeWith("kind: grid, most: 65535, index: \"call i32 @block()\"", "kind: threads, most: 4");
  expectMistake(text, "warp:", "level 'warp' comes after level 'grid'", "threads alone");
}

TEST(NativeMistakes, ThreadsWithAnIndex) {
  std::string text = nativeWith("kind: grid, most: 65535, index: \"call i32 @block()\"",
                                "kind: threads, most: 4, index: \"call i32 @block()\"");
  expectMistake(text, "index: \"call i32 @block", "'index' belongs to kind grid, group, lanes", "remove");
}

TEST(NativeMistakes, LanesWithoutCount) {
  expectMistake(nativeWith("kind: lanes, count: 32", "kind: lanes"), "{kind: lanes",
                "level 'lane' has no 'count'", "add count");
}

TEST(NativeMistakes, GroupWithoutIndex) {
  expectMistake(nativeWith("most: 8, index: \"call i32 @warp()\"", "most: 8"), "{kind: group",
                "level 'warp' has no 'index'", "add index");
}

TEST(NativeMistakes, RowOfACache) {
  expectMistake(nativeWith("line: 128", "row: [16, i8]"), "row: [16", "'row' belongs to kind global",
                "remove");
}

TEST(NativeMistakes, LineOfAScratchpad) {
  expectMistake(nativeWith("bytes: 48 KiB, space: 3", "bytes: 48 KiB, line: 64"), "line: 64",
                "'line' belongs to kind cache", "remove");
}

TEST(NativeMistakes, SpaceOfRegisters) {
  expectMistake(nativeWith("count: 16, row: [32, i8]", "count: 16, row: [32, i8], space: 1"),
                "space: 1}\n  l1", "'space' belongs to kind global, scratchpad", "remove");
}

TEST(NativeMistakes, OperandInACache) {
  expectMistake(nativeWith("src: {type: \"f32[j]\", memory: mem}", "src: {type: \"f32[j]\", memory: l1}"),
                "l1}", "operand 'src' of intrinsic 'load' lives in 'l1', a cache", "memory behind it");
}

TEST(NativeMistakes, SwizzleThatIsNoPermutation) {
  expectMistake(nativeWith("p ^ (p >> 3 & 0x70)", "p - p % 2"), "p - p",
                "puts byte 1 at 0, which holds another byte already", "permutation");
}

TEST(NativeMistakes, SwizzleThatLeavesTheMemory) {
  expectMistake(nativeWith("p ^ (p >> 3 & 0x70)", "p + 1"), "p + 1",
                "puts byte 49151 at 49152, beyond its 49152 bytes", "permutation");
}

TEST(NativeMistakes, SwizzleOfAnotherName) {
  expectMistake(nativeWith("p ^ (p >> 3 & 0x70)", "q"), "q\"", "'q' is not known in a swizzle", "known: p");
}

TEST(NativeMistakes, SwizzleWhereAParameterIsP) {
  expectMistake(nativeWith("memories:", "parameters: {p: 1}\nmemories:"), "p ^", "p is a parameter",
                "rename");
}

TEST(NativeMistakes, OperandThatTheTextForgets) {
  expectMistake(nativeWith("fmul <8 x float> a, b", "fmul <8 x float> %a, b"), "%product = fmul",
                "llvm of intrinsic 'multiply_add' never mentions operand 'a'", "write the operand's name");
}

TEST(NativeMistakes, OperandThatTheAssemblyForgets) {
  expectMistake(nativeWith("vmovups dst, [src]", "vmovups dst, [src2]"), "vmovups",
                "never mentions operand 'src'", "write the operand's name");
}

TEST(NativeMistakes, EmptyText) {
  expectMistake(nativeWith("asm: vmovups dst, [src]", "asm: \" \""), " \"\n  product",
                "asm of intrinsic 'load' is empty", "write its instruction");
}

TEST(NativeMistakes, CallThatIsNone) {
  expectMistake(nativeWith("gemm(a.addr, b.addr, c.addr, m, n, k, a.stride.m / 4)", "gemm"), "gemm\n",
                "call of intrinsic 'product' is 'gemm', no call", "write SYMBOL(");
}

TEST(NativeMistakes, CallWithAnUnknownArgument) {
  expectMistake(nativeWith("m, n, k, a.stride.m / 4", "m, n, k, a.stride.q"), "a.stride.q",
                "'a.stride.q' is not known", "did you mean");
}

TEST(NativeMistakes, CallWithoutAnAddress) {
  expectMistake(nativeWith("gemm(a.addr, b.addr, c.addr,", "gemm(a.addr, c.addr,"), "gemm(",
                "does not get the address of operand 'b'", "add b.addr");
}

TEST(NativeMistakes, RequiredFeatureWithASign) {
  expectMistake(nativeWith("requires: [fma]", "requires: [-fma]"), "-fma", "'-fma' is no feature's name",
                "without +");
}

TEST(NativeMistakes, RequiresWithoutCode) {
  expectMistake(sampleWith("    llvm: llvm.x86", "    requires: avx\n    llvm: llvm.x86"), "avx\n",
                "intrinsic 'dot' requires features, and the description has no 'code'", "add code");
}

TEST(NativeMistakes, NumericsOfIntegers) {
  expectMistake(sampleWith("    llvm: llvm.x86", "    numerics: {order: any}\n    llvm: llvm.x86"), "{order",
                "intrinsic 'dot' has numerics and writes no float", "integers are exact");
}

TEST(NativeMistakes, NumericsWithAnotherWord) {
  expectMistake(nativeWith("order: any", "order: some"), "some",
                "'order' of 'numerics' of intrinsic 'multiply_add' is 'some'", "known: listed, any");
}

TEST(NativeMistakes, CommandWithCode) {
  std::string text = sample() + "code: {triple: x86_64-unknown-linux-gnu}\n";
  expectMistake(text, "{word: cfg, which",
                "is encoded as a command, and the description encodes to native code", "llvm, asm or call");
}

} // namespace
