// Every row of every variant: LLVM takes its text at the variant's level and no higher, and where this host
// can run the code, the row computes what its semantics say, register images in and out by `holds`.
#include "core/isa/loader/Lint.h"
#include "core/isa/loader/Variants.h"
#include "core/native/ir/IrModule.h"
#include "core/native/ir/RowText.h"
#include "core/target/HostMachine.h"
#include "tests/isa/chips/ChipRun.h"
#include "tests/native/NestRunner.h"

#include <gmock/gmock.h>

#include <cstring>

using namespace tenon;
using namespace tenon::test;
using isa::Description;
using isa::Intrinsic;
using isa::OperandDeclaration;

namespace {

std::string pathOf(const std::string &file) { return std::string(TENON_PROCESSORS) + "/" + file; }

struct Named : isa::Variant {}; // prints its name

std::vector<Named> variants() {
  auto found = isa::loadVariants(pathOf("target.yaml"));
  if (!found || !*found)
    throw std::runtime_error("target.yaml lists no variants"); // a failure of the tests
  std::vector<Named> list;
  for (const isa::Variant &variant : (*found)->list)
    list.push_back({variant});
  return list;
}

const isa::Memory &memoryOf(const Description &description, const OperandDeclaration &operand) {
  return description.memories[operand.memories.front()];
}
bool inRegisters(const Description &description, const OperandDeclaration &operand) {
  return memoryOf(description, operand).kind == isa::Memory::Kind::Registers;
}

/// The coordinates of places, outermost first, with how many there are of each: "dword l, byte t" of a
/// register of 16 bytes: 4 dwords of 4 bytes. Places are numbered by bytes, registers one after another.
struct Places {
  struct Coordinate {
    std::string name;
    int64_t bytes = 0, count = 0;
  };
  std::vector<Coordinate> coordinates;
  int64_t registers = 1;
};

int64_t unitBytes(const std::string &unit, int64_t row) {
  const std::map<std::string, int64_t> units = {
      {"reg", row}, {"qword", 8}, {"dword", 4}, {"word", 2}, {"byte", 1}};
  return units.at(unit);
}

int64_t elementsOf(const Intrinsic &row, const OperandDeclaration &operand) {
  int64_t count = 1;
  for (const isa::Axis &axis : operand.axes)
    count *= row.sizes[size_t(axis.size)].high;
  return count;
}

Places placesOf(const Description &description, const Intrinsic &row, const OperandDeclaration &operand) {
  auto bytes = int64_t(memoryOf(description, operand).rowBytes);
  Places places;
  int64_t around = bytes;
  for (const isa::Holds::Coordinate &coordinate : operand.holds->coordinates) {
    int64_t unit = unitBytes(coordinate.unit, bytes);
    if (coordinate.unit == "reg") // every element lies in one place there
      places.registers = elementsOf(row, operand) * int64_t(operand.type.scalar.storageBytes()) / bytes;
    places.coordinates.push_back(
        {coordinate.name, unit, coordinate.unit == "reg" ? places.registers : around / unit});
    around = unit;
  }
  return places;
}

/// Calls with the place's byte and the number of the element that it holds, in C order.
void eachPlace(const Description &description, const Intrinsic &row, const OperandDeclaration &operand,
               llvm::function_ref<void(int64_t byte, int64_t element)> call) {
  Places places = placesOf(description, row, operand);
  std::vector<int64_t> at(places.coordinates.size());
  auto lookup = [&](llvm::StringRef name) -> std::optional<int64_t> {
    for (size_t i = 0; i < at.size(); ++i)
      if (places.coordinates[i].name == name)
        return at[i];
    return std::nullopt;
  };
  for (bool more = true; more;) {
    int64_t byte = 0, element = 0;
    for (size_t i = 0; i < at.size(); ++i)
      byte += at[i] * places.coordinates[i].bytes;
    for (size_t axis = 0; axis < operand.axes.size(); ++axis) {
      int64_t extent = row.sizes[size_t(operand.axes[axis].size)].high;
      int64_t index = llvm::cantFail(isa::evaluate(operand.holds->indices[axis], lookup));
      ASSERT_TRUE(index >= 0 && index < extent) << row.name << ": " << operand.holds->text;
      element = element * extent + index;
    }
    call(byte, element);
    more = false;
    for (size_t i = at.size(); i-- > 0 && !more;) {
      more = ++at[i] < places.coordinates[i].count;
      if (!more)
        at[i] = 0;
    }
  }
}

/// A kernel that loads the registers that the row reads from its arguments, and stores those that it writes.
native::Kernel kernelOf(const Description &description, const Intrinsic &row) {
  native::IrFunction function;
  std::vector<native::RowOperand> operands(row.operands.size());
  native::Kernel kernel;
  kernel.name = "row";
  for (unsigned i = 0; i < row.operands.size(); ++i) {
    const OperandDeclaration &operand = row.operands[i];
    native::KernelArgument argument;
    argument.value = i;
    argument.writes = operand.access != OperandDeclaration::Access::Read;
    kernel.arguments.push_back(argument);
    std::string pointer = native::argumentPointer(description, i);
    if (!inRegisters(description, operand)) {
      operands[i].values.push_back(pointer);
      continue;
    }
    auto bytes = int64_t(memoryOf(description, operand).rowBytes);
    for (int64_t q = 0; q < placesOf(description, row, operand).registers; ++q) {
      bool reads = operand.access != OperandDeclaration::Access::Write;
      std::string at =
          function.value("getelementptr i8, ptr " + pointer + ", i64 " + std::to_string(q * bytes));
      operands[i].values.push_back(reads
                                       ? function.value("load " + native::registerType(description, row, i) +
                                                        ", ptr " + at + ", align 1")
                                       : "");
    }
  }
  auto results = native::emitRow(function, description, row, operands);
  if (!results)
    throw std::runtime_error(llvm::toString(results.takeError())); // a failure of the test
  for (const auto &[number, values] : *results)
    for (size_t q = 0; q < values.size(); ++q) {
      auto bytes = int64_t(memoryOf(description, row.operands[number]).rowBytes);
      std::string at =
          function.value("getelementptr i8, ptr " + native::argumentPointer(description, number) + ", i64 " +
                         std::to_string(int64_t(q) * bytes));
      function.line("store " + native::registerType(description, row, number) + " " + values[q] + ", ptr " +
                    at + ", align 1");
    }
  llvm::SmallVector<uint64_t> aligns(row.operands.size(), 1);
  kernel.declarations = function.declarations();
  kernel.text = native::defineKernel(
      description, kernel.name, native::pointerArguments(description, kernel.arguments, aligns), function);
  return kernel;
}

void putElement(char *place, const isa::ElementType &type, int64_t value) {
  if (!type.scalar.isInteger()) {
    auto real = float(value);
    std::memcpy(place, &real, sizeof real);
    return;
  }
  std::memcpy(place, &value, type.scalar.storageBytes());
}

/// The bits of an element: two numbers of which one is read with a sign and the other without are the same.
uint64_t bitsOf(const char *place, const isa::ElementType &type) {
  uint64_t bits = 0;
  std::memcpy(&bits, place, type.scalar.storageBytes());
  return bits;
}

class Row {
public:
  Row(const Description &of, const Intrinsic &which) : description(of), row(which) {}

  void image(const OperandDeclaration &operand, Tensor &tensor, llvm::SmallVectorImpl<char> &bytes) const {
    visit(operand, [&](int64_t byte, int64_t element) {
      putElement(bytes.data() + byte, operand.type, tensor.elements[size_t(element)]);
    });
  }

  void compare(const OperandDeclaration &operand, Tensor &tensor, llvm::ArrayRef<char> bytes) const {
    visit(operand, [&](int64_t byte, int64_t element) {
      char wanted[8] = {};
      putElement(wanted, operand.type, tensor.elements[size_t(element)]);
      EXPECT_EQ(bitsOf(bytes.data() + byte, operand.type), bitsOf(wanted, operand.type))
          << row.name << ": element " << element << " of " << operand.name;
    });
  }

private:
  const Description &description;
  const Intrinsic &row;

  void visit(const OperandDeclaration &operand, llvm::function_ref<void(int64_t, int64_t)> call) const {
    if (inRegisters(description, operand))
      return eachPlace(description, row, operand, call);
    auto size = int64_t(operand.type.scalar.storageBytes());
    for (int64_t element = 0; element < elementsOf(row, operand); ++element)
      call(element * size, element);
  }
};

void expectAsDescribed(const Description &description, const Intrinsic &row) {
  native::Kernel kernel = kernelOf(description, row);
  auto runner = NestRunner::make(description, {kernel});
  ASSERT_TRUE(bool(runner)) << llvm::toString(runner.takeError());
  Row images(description, row);
  Draw draw(7);
  for (int trial = 0; trial < 40; ++trial) {
    ChipRun truth(description, row.name, {});
    std::map<std::string, std::pair<int64_t, int64_t>> ranges; // floats that are exact in every order
    for (const OperandDeclaration &operand : row.operands)
      if (!operand.type.scalar.isInteger())
        ranges[operand.name] = {-1000, 1000};
    truth.fill(draw, ranges);
    std::vector<llvm::SmallVector<char, 256>> bytes(row.operands.size());
    std::vector<void *> pointers;
    for (size_t i = 0; i < row.operands.size(); ++i) {
      const OperandDeclaration &operand = row.operands[i];
      int64_t size = inRegisters(description, operand)
                         ? placesOf(description, row, operand).registers *
                               int64_t(memoryOf(description, operand).rowBytes)
                         : elementsOf(row, operand) * int64_t(operand.type.scalar.storageBytes());
      bytes[i].assign(size_t(size), 0x5a);
      images.image(operand, truth[operand.name], bytes[i]);
      pointers.push_back(bytes[i].data());
    }
    ASSERT_EQ((*runner)->call(kernel, pointers, 0, 1), 0);
    truth.run();
    for (size_t i = 0; i < row.operands.size(); ++i)
      images.compare(row.operands[i], truth[row.operands[i].name], bytes[i]);
    if (testing::Test::HasFailure())
      return; // one use says it all
  }
}

std::ostream &operator<<(std::ostream &stream, const Named &variant) { return stream << variant.name; }

class Processors : public testing::TestWithParam<Named> {
protected:
  void SetUp() override {
    auto loaded = isa::loadDescription(GetParam().path);
    ASSERT_TRUE(bool(loaded)) << llvm::toString(loaded.takeError());
    description = std::move(*loaded);
  }
  Description description;
};

TEST_P(Processors, IsNamedAfterItsFile) { EXPECT_EQ(description.name, GetParam().name); }

TEST_P(Processors, NothingLooksForgotten) {
  std::vector<Diagnostic> lints = isa::lint(description);
  EXPECT_TRUE(lints.empty()) << toString(lints.front());
}

TEST_P(Processors, EveryRowIsTakenByLlvmAtThisLevel) {
  for (const Intrinsic &row : description.intrinsics) {
    SCOPED_TRACE(row.name);
    ASSERT_FALSE(row.llvm.empty());
    auto assembly = assemblyOf(description, {kernelOf(description, row)});
    EXPECT_TRUE(bool(assembly)) << llvm::toString(assembly.takeError());
  }
}

TEST_P(Processors, EveryRowComputesWhatItSays) {
  std::string whyNot = target::whyHostCannotRun(target::hostMachine(), description);
  if (!whyNot.empty())
    GTEST_SKIP() << whyNot;
  for (const Intrinsic &row : description.intrinsics) {
    SCOPED_TRACE(row.name);
    expectAsDescribed(description, row);
  }
}

/// Each operand that a row reads from registers can be filled by one of the rows that load.
TEST_P(Processors, EveryOperandCanBeLoaded) {
  auto loads = [&](const Intrinsic &move, const Intrinsic &row, const OperandDeclaration &operand) {
    const OperandDeclaration &to = move.operands[move.semantics.statements[0].destination];
    if (!move.isMove() || !inRegisters(description, to) || !(to.type == operand.type) ||
        elementsOf(move, to) != elementsOf(row, operand))
      return false;
    std::map<int64_t, int64_t> wanted, given;
    eachPlace(description, row, operand, [&](int64_t byte, int64_t element) { wanted[byte] = element; });
    eachPlace(description, move, to, [&](int64_t byte, int64_t element) { given[byte] = element; });
    return wanted == given;
  };
  for (const Intrinsic &row : description.intrinsics)
    for (const OperandDeclaration &operand : row.operands)
      if (!row.isMove() && operand.access == OperandDeclaration::Access::Read)
        EXPECT_TRUE(llvm::any_of(description.intrinsics,
                                 [&](const Intrinsic &move) { return loads(move, row, operand); }))
            << "nothing loads " << operand.name << " of " << row.name;
}

/// What each variant is there for, among LLVM's instructions for its rows.
TEST_P(Processors, ItsInstructionsAreUsed) {
  const std::map<std::string, std::string> wanted = {
      {"aarch64", "smlal"},       {"aarch64-dotprod", "udot"},       {"aarch64-i8mm", "usmmla"},
      {"x86-64", "pmaddwd"},      {"x86-64-avx2", "vfmadd"},         {"x86-64-avx-vnni", "vpdpbusd"},
      {"x86-64-avx512", "%zmm1"}, {"x86-64-avx512-vnni", "vpdpwssd"}};
  std::string all;
  for (const Intrinsic &row : description.intrinsics) {
    auto assembly = assemblyOf(description, {kernelOf(description, row)});
    ASSERT_TRUE(bool(assembly)) << llvm::toString(assembly.takeError());
    all += *assembly;
  }
  EXPECT_THAT(all, testing::HasSubstr(wanted.at(GetParam().name)));
}

INSTANTIATE_TEST_SUITE_P(All, Processors, testing::ValuesIn(variants()), [](const auto &info) {
  std::string name = info.param.name;
  std::replace_if(name.begin(), name.end(), [](char letter) { return !llvm::isAlnum(letter); }, '_');
  return name;
});

} // namespace
