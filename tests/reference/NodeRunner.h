// Runs one scalar operation of the interpreter on lists of arguments, as a nest over one loop.
#pragma once

#include "tests/reference/ScalarTruth.h"

#include "mlir/IR/MLIRContext.h"

namespace tenon::test {

class NodeRunner {
public:
  /// `arguments[i]` is the list of argument i's values. An empty result says that the interpreter refused;
  /// `message` then has its words.
  std::vector<Bits> run(const nest::Node &operation, llvm::ArrayRef<nest::ScalarType> types,
                        llvm::ArrayRef<std::vector<Bits>> arguments);
  std::string message;

private:
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
};

nest::Node makeNode(nest::Opcode op, const nest::ScalarType &type);

/// Runs the operation on all lists that have a result, compares with evaluateNode, and checks that the first
/// few without a result are refused. Fails the test at the first difference.
void compareWithTruth(NodeRunner &runner, const nest::Node &operation, llvm::ArrayRef<nest::ScalarType> types,
                      llvm::ArrayRef<std::vector<Bits>> arguments);

/// All combinations of the values, a list for each argument.
std::vector<std::vector<Bits>> allCombinations(llvm::ArrayRef<std::vector<Bits>> values);

/// All values of an integer type up to 8 bits; of a wider one its corners and some random ones.
std::vector<Bits> integerValues(const nest::ScalarType &type);
/// Zeros, infinities, NaN, subnormals, limits, midpoints between integers, and random bits.
std::vector<Bits> floatValues(const nest::ScalarType &type, unsigned randomCount);

} // namespace tenon::test
