// Instructions on registers, against what LLVM itself makes of them where it folds constants.
#include "tests/lanes/LanesBench.h"

#include "llvm/Analysis/ConstantFolding.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/Constants.h"
#include "llvm/Support/SourceMgr.h"

#include <cstring>
#include <random>

namespace tenon::lanes::test {
namespace {

using ::testing::HasSubstr;

/// Which bits an operand gets.
uint64_t drawBits(std::mt19937_64 &random, const std::string &type) {
  static const uint64_t corners[] = {
      0,          1,          2,          ~uint64_t(0),       0x7f,
      0x80,       0x7fff,     0x8000,     0x7fffffff,         0x80000000,
      0x3f800000, 0xbfc00000, 0x42fe8000, 0x4020000000000000, 0xc05fc00000000000};
  if (random() % 2)
    return corners[random() % std::size(corners)];
  uint64_t value = random() >> random() % 64;
  if (type == "float") // mostly of a size that integers have too
    return std::bit_cast<uint32_t>(float(int64_t(value) >> 40) / 8);
  if (type == "double")
    return std::bit_cast<uint64_t>(double(int64_t(value)) / 16);
  if (type == "half" || type == "bfloat")
    return 0x3000 + value % 0x2000 + (value >> 20) % 2 * 0x8000;
  return value;
}

struct Case {
  std::vector<std::string> types; ///< of the operands %a, %b, %c
  std::string result;
  std::string text; ///< of the instruction
  std::string declaration = "";
};

uint64_t bytesOf(const std::string &type) {
  if (type == "double" || type == "i64")
    return 8;
  return type == "float" || type == "i32" ? 4 : type == "i1" || type == "i8" ? 1 : 2;
}

std::string kernelOf(const Case &test) {
  std::string text = test.declaration + "\ndefine ptx_kernel void @k(ptr %base) {\n"
                                        "  %l = call i32 @llvm.nvvm.read.ptx.sreg.laneid()\n";
  for (size_t i = 0; i <= test.types.size(); ++i) {
    std::string n = i == test.types.size() ? "r" : std::string(1, char('a' + i));
    std::string type = i == test.types.size() ? test.result : test.types[i];
    text += "  %p" + n + " = getelementptr [4 x i64], ptr %base, i32 %l, i32 " + std::to_string(i) + "\n";
    if (i == test.types.size())
      text += "  %r = " + test.text + "\n";
    else
      text += "  %" + n + " = load " + type + ", ptr %p" + n + "\n";
    if (i == test.types.size())
      text += "  store " + type + " %r, ptr %pr\n";
  }
  return text + "  ret void\n}\n";
}

/// What LLVM folds the instruction to; nothing where it does not, or to something undefined.
std::optional<uint64_t> fold(const Case &test, llvm::ArrayRef<uint64_t> bits) {
  llvm::LLVMContext context;
  std::string arguments;
  for (size_t i = 0; i < test.types.size(); ++i)
    arguments += (i ? ", " : "") + test.types[i] + " %" + char('a' + i);
  llvm::SMDiagnostic diagnostic;
  auto module =
      llvm::parseAssemblyString(test.declaration + "\ndefine " + test.result + " @f(" + arguments +
                                    ") {\n  %r = " + test.text + "\n  ret " + test.result + " %r\n}\n",
                                diagnostic, context);
  EXPECT_TRUE(module) << test.text << ": " << diagnostic.getMessage().str();
  llvm::Function &function = *module->getFunction("f");
  llvm::Instruction &instruction = function.getEntryBlock().front();
  llvm::DenseMap<const llvm::Value *, llvm::Constant *> values;
  for (auto [i, argument] : llvm::enumerate(function.args())) {
    auto *number = llvm::ConstantInt::get(
        context, llvm::APInt(argument.getType()->getPrimitiveSizeInBits().getFixedValue(), bits[i]));
    values[&argument] = argument.getType()->isFloatingPointTy()
                            ? llvm::ConstantFoldCastOperand(llvm::Instruction::BitCast, number,
                                                            argument.getType(), module->getDataLayout())
                            : number;
  }
  llvm::SmallVector<llvm::Constant *> operands;
  for (llvm::Value *operand : instruction.operands())
    operands.push_back(values.contains(operand) ? values[operand] : llvm::cast<llvm::Constant>(operand));
  llvm::Constant *folded = nullptr;
  if (auto *compare = llvm::dyn_cast<llvm::CmpInst>(&instruction))
    folded = llvm::ConstantFoldCompareInstOperands(compare->getPredicate(), operands[0], operands[1],
                                                   module->getDataLayout());
  else
    folded = llvm::ConstantFoldInstOperands(&instruction, operands, module->getDataLayout());
  if (auto *integer = llvm::dyn_cast_or_null<llvm::ConstantInt>(folded))
    return integer->getZExtValue();
  if (auto *real = llvm::dyn_cast_or_null<llvm::ConstantFP>(folded))
    return real->isNaN() ? std::nullopt : std::optional(real->getValueAPF().bitcastToAPInt().getZExtValue());
  return std::nullopt;
}

/// Compares on random operands; at least some of them must have a result.
void compareWithFolding(const Case &test) {
  std::mt19937_64 random(std::hash<std::string>()(test.text + test.types[0]));
  LanesBench bench(kernelOf(test));
  ASSERT_TRUE(bench.interpreter) << bench.error;
  uint64_t mask = bytesOf(test.result) == 8 ? ~uint64_t(0) : (uint64_t(1) << bytesOf(test.result) * 8) - 1;
  int compared = 0;
  for (int round = 0; round < 12; ++round) {
    std::vector<int> words(32 * 8);
    std::vector<std::optional<uint64_t>> expected(32);
    for (int lane = 0; lane < 32; ++lane) {
      // Division is only asked for what it can do: its own test has the rest.
      llvm::SmallVector<uint64_t> bits;
      for (int tries = 0; tries < 100 && !expected[size_t(lane)]; ++tries) {
        bits.clear();
        for (const std::string &type : test.types) {
          uint64_t drawn = drawBits(random, type);
          bits.push_back(type == "i1"         ? drawn & 1
                         : bytesOf(type) == 8 ? drawn
                                              : drawn & ((uint64_t(1) << bytesOf(type) * 8) - 1));
        }
        expected[size_t(lane)] = fold(test, bits);
      }
      ASSERT_TRUE(expected[size_t(lane)]) << test.text << " is never folded";
      for (size_t i = 0; i < bits.size(); ++i)
        std::memcpy(&words[size_t(lane) * 8 + i * 2], &bits[i], 8);
    }
    uint64_t base = bench.allocate("operands", words);
    bench.launch({base});
    for (int lane = 0; lane < 32; ++lane, ++compared) {
      std::vector<int> found = bench.read(base + uint64_t(lane) * 32 + test.types.size() * 8, 2);
      ASSERT_EQ(found.size(), 2U);
      uint64_t bits = 0;
      std::memcpy(&bits, found.data(), 8);
      ASSERT_EQ(bits & mask, *expected[size_t(lane)] & mask)
          << test.text << " on " << words[size_t(lane) * 8];
    }
  }
  EXPECT_EQ(compared, 384);
}

TEST(Values, IntegersAsLlvmFoldsThem) {
  for (const char *type : {"i8", "i16", "i32", "i64"})
    for (const char *opcode :
         {"add", "sub", "mul", "sdiv", "udiv", "srem", "urem", "and", "or", "xor", "shl", "lshr", "ashr"})
      compareWithFolding({{type, type}, type, std::string(opcode) + " " + type + " %a, %b"});
}

TEST(Values, ComparisonsAsLlvmFoldsThem) {
  for (const char *predicate : {"eq", "ne", "ugt", "uge", "ult", "ule", "sgt", "sge", "slt", "sle"})
    for (const char *type : {"i8", "i32", "i64"})
      compareWithFolding({{type, type}, "i1", std::string("icmp ") + predicate + " " + type + " %a, %b"});
  for (const char *predicate :
       {"oeq", "ogt", "oge", "olt", "ole", "one", "ord", "ueq", "ugt", "uge", "ult", "ule", "une", "uno"})
    for (const char *type : {"float", "double", "half"})
      compareWithFolding({{type, type}, "i1", std::string("fcmp ") + predicate + " " + type + " %a, %b"});
}

TEST(Values, FloatsAsLlvmFoldsThem) {
  for (const char *type : {"float", "double", "half", "bfloat"}) {
    for (const char *opcode : {"fadd", "fsub", "fmul", "fdiv"})
      compareWithFolding({{type, type}, type, std::string(opcode) + " " + type + " %a, %b"});
    compareWithFolding({{type}, type, std::string("fneg ") + type + " %a"});
  }
}

TEST(Values, ConversionsAsLlvmFoldsThem) {
  struct Conversion {
    const char *opcode, *from, *to;
  };
  for (const Conversion &c :
       {Conversion{"trunc", "i64", "i8"}, {"trunc", "i32", "i16"},       {"sext", "i8", "i32"},
        {"sext", "i32", "i64"},           {"zext", "i8", "i32"},         {"zext", "i16", "i64"},
        {"sitofp", "i32", "float"},       {"sitofp", "i64", "float"},    {"uitofp", "i32", "float"},
        {"uitofp", "i64", "float"},       {"sitofp", "i64", "double"},   {"uitofp", "i8", "half"},
        {"fptosi", "float", "i32"},       {"fptosi", "double", "i64"},   {"fptoui", "float", "i8"},
        {"fptrunc", "double", "float"},   {"fptrunc", "double", "half"}, {"fptrunc", "float", "bfloat"},
        {"fpext", "half", "float"},       {"fpext", "bfloat", "double"}, {"bitcast", "float", "i32"},
        {"bitcast", "i64", "double"}})
    compareWithFolding({{c.from}, c.to, std::string(c.opcode) + " " + c.from + " %a to " + c.to});
}

TEST(Values, IntrinsicsAsLlvmFoldsThem) {
  auto call = [](const std::string &name, std::vector<std::string> types, const std::string &result,
                 const std::string &more = "") {
    std::string suffix = types[0] == "float" ? "f32" : types[0] == "double" ? "f64" : types[0];
    std::string arguments, declared;
    for (size_t i = 0; i < types.size(); ++i) {
      arguments += (i ? ", " : "") + types[i] + " %" + char('a' + i);
      declared += (i ? ", " : "") + types[i];
    }
    std::string full = "@llvm." + name + (result == types[0] ? "" : "." + result) + "." + suffix;
    if (!more.empty())
      arguments += ", i1 " + more, declared += ", i1";
    return Case{types, result, "call " + result + " " + full + "(" + arguments + ")",
                "declare " + result + " " + full + "(" + declared + ")"};
  };
  for (const char *type : {"i8", "i32", "i64"}) {
    for (const char *name : {"smin", "smax", "umin", "umax", "sadd.sat", "uadd.sat", "ssub.sat", "usub.sat"})
      compareWithFolding(call(name, {type, type}, type));
    compareWithFolding(call("abs", {type}, type, "false"));
    compareWithFolding(call("ctlz", {type}, type, "false"));
    compareWithFolding(call("cttz", {type}, type, "false"));
    compareWithFolding(call("ctpop", {type}, type));
    compareWithFolding(call("fshl", {type, type, type}, type));
    compareWithFolding(call("fshr", {type, type, type}, type));
  }
  for (const char *type : {"i16", "i32", "i64"})
    compareWithFolding(call("bswap", {type}, type));
  for (const char *type : {"float", "double"}) {
    for (const char *name : {"fabs", "floor", "ceil", "trunc", "rint", "nearbyint", "round", "roundeven"})
      compareWithFolding(call(name, {type}, type));
    for (const char *name : {"copysign", "minnum", "maxnum", "minimum", "maximum"})
      compareWithFolding(call(name, {type, type}, type));
    compareWithFolding(call("fma", {type, type, type}, type));
    compareWithFolding(call("fptosi.sat", {type}, "i8"));
    compareWithFolding(call("fptoui.sat", {type}, "i16"));
    compareWithFolding(call("fptosi.sat", {type}, "i64"));
  }
}

/// A kernel that stores `%r`, an i32, to the lane's word.
std::string kernel(const std::string &body, const std::string &before = "") {
  return before +
         "define ptx_kernel void @k(ptr addrspace(1) %base) {\n"
         "  %l = call i32 @llvm.nvvm.read.ptx.sreg.laneid()\n"
         "  %out = getelementptr i32, ptr addrspace(1) %base, i32 %l\n" +
         body + "  store i32 %r, ptr addrspace(1) %out\n  ret void\n}\n";
}

std::vector<int> resultOf(const std::string &body, const std::string &before = "") {
  LanesBench bench(kernel(body, before));
  uint64_t out = bench.allocate("out", 32);
  bench.launch({out});
  return bench.read(out, 32);
}

TEST(Values, VectorsAreCutAndPutTogether) {
  EXPECT_EQ(resultOf(R"(
  %v = insertelement <4 x i32> <i32 1, i32 2, i32 3, i32 4>, i32 %l, i32 2
  %w = shufflevector <4 x i32> %v, <4 x i32> <i32 50, i32 60, i32 70, i32 80>, <4 x i32> <i32 2, i32 0, i32 7, i32 5>
  %x = add <4 x i32> %w, <i32 1000, i32 0, i32 0, i32 0>
  %c = icmp sgt <4 x i32> %x, <i32 1010, i32 0, i32 90, i32 0>
  %y = select <4 x i1> %c, <4 x i32> %x, <4 x i32> zeroinitializer
  %i = and i32 %l, 3
  %e = extractelement <4 x i32> %y, i32 %i
  %z = insertelement <4 x i32> %y, i32 9, i32 %i
  %s = call i32 @llvm.vector.reduce.add.v4i32(<4 x i32> %z)
  %m = mul i32 %s, 10000
  %r = add i32 %m, %e
)",
                     "declare i32 @llvm.vector.reduce.add.v4i32(<4 x i32>)\n"),
            each(32, [](int l) {
              int y[] = {1000 + l > 1010 ? 1000 + l : 0, 1, 0, 60};
              int e = y[l % 4];
              return (y[0] + y[1] + y[2] + y[3] - e + 9) * 10000 + e;
            }));
}

TEST(Values, BitsAreCutOtherwise) {
  EXPECT_EQ(resultOf(R"(
  %a = trunc i32 %l to i8
  %v = insertelement <4 x i8> <i8 0, i8 1, i8 2, i8 -1>, i8 %a, i32 0
  %r = bitcast <4 x i8> %v to i32
)"),
            each(32, [](int l) { return int(0xff020100U + unsigned(l)); }));
}

TEST(Values, FlagsMakeWhatBreaksThemUndefined) {
  struct Breach {
    const char *text;
    bool isBroken;
  };
  for (const Breach &breach :
       {Breach{"add nsw i32 %l, 2147483616", false}, Breach{"add nsw i32 %l, 2147483617", true},
        Breach{"sub nuw i32 31, %l", false}, Breach{"sub nuw i32 30, %l", true},
        Breach{"mul nsw i32 %l, 69273666", false}, Breach{"mul nsw i32 %l, 69273667", true},
        Breach{"shl i32 1, %l", false}, Breach{"shl nsw i32 1, %l", true},
        Breach{"or disjoint i32 %l, 32", false}, Breach{"or disjoint i32 %l, 16", true},
        Breach{"udiv exact i32 %l, 1", false}, Breach{"udiv exact i32 %l, 2", true}}) {
    LanesBench bench(kernel(std::string("  %r = ") + breach.text + "\n"));
    uint64_t out = bench.allocate("out", 32);
    bench.launch({out});
    auto bytes = bench.memory.read(out, 128);
    EXPECT_EQ(!bytes, breach.isBroken) << breach.text;
    llvm::consumeError(bytes.takeError());
  }
  EXPECT_EQ(resultOf("  %p = shl i32 1, 32\n  %r = freeze i32 %p\n").size(), 32U);
}

TEST(Values, DivisionByZeroIsAnError) {
  LanesBench bench(kernel("  %d = sub i32 7, %l\n  %r = sdiv i32 1, %d\n"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", 32)}),
              HasSubstr("lane 7 of group 0: divides by zero at \"%r = sdiv"));
}

TEST(Values, UnknownInstructionsAreNamed) {
  EXPECT_THAT(
      LanesBench(
          kernel("  %r = call i32 @llvm.bitreverse.i32(i32 %l)\n", "declare i32 @llvm.bitreverse.i32(i32)\n"))
          .error,
      HasSubstr(
          "k: the lane interpreter does not know the instruction \"%r = call i32 @llvm.bitreverse.i32"));
  EXPECT_THAT(LanesBench(kernel("  %r = atomicrmw add ptr addrspace(1) %out, i32 1 monotonic\n")).error,
              HasSubstr("does not know the instruction \"%r = atomicrmw"));
  EXPECT_THAT(LanesBench(kernel("  %r = call i32 @elsewhere()\n", "declare i32 @elsewhere()\n")).error,
              HasSubstr("the module does not define elsewhere"));
}

} // namespace
} // namespace tenon::lanes::test
