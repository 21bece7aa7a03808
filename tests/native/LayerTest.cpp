// Cases against the interpreter.
#include "tests/native/LayerTest.h"

#include "core/native/RegisterKernel.h"
#include "core/support/Error.h"

namespace tenon::test {

isa::Description testChip(const std::string &name) {
  return llvm::cantFail(isa::loadDescription(std::string(TENON_TESTS) + "/native/chips/" + name));
}

namespace {

std::string difference(const match::ConstantTensor &is, const match::ConstantTensor &wanted) {
  std::string text;
  unsigned count = 0;
  for (int64_t i = 0; i < match::elementCount(wanted); ++i) {
    nest::Constant a = match::elementAt(is, i), b = match::elementAt(wanted, i);
    if (a.integer == b.integer && a.real == b.real)
      continue;
    if (++count < 6)
      text += "element " + std::to_string(i) + " is " + std::to_string(a.integer) + " / " +
              std::to_string(a.real) + ", not " + std::to_string(b.integer) + " / " + std::to_string(b.real) +
              "\n";
  }
  return text + std::to_string(count) + " of " + std::to_string(match::elementCount(wanted)) + " differ\n";
}

} // namespace

unsigned runMappings(const isa::Description &description, const std::string &row, const GatheredCase &wanted,
                     const RunOptions &options, match::Match::Part part) {
  GatheredBuilder made(wanted);
  match::ConstantTensor expected = expectedResult(made);
  match::Matches matches = match::match(description, made.computation);
  unsigned done = 0;
  for (const match::Match &legal : matches.legal) {
    if (description.intrinsics[legal.intrinsic].name != row || legal.part != part ||
        (part == match::Match::Part::Core && !legal.accumulates) ||
        llvm::any_of(legal.loops, [](const auto &loop) { return loop.block >= 0; }))
      continue;
    auto code = native::registerKernels(description, matches.computation, legal, "layer");
    if (!code) {
      // A whole layer's result lies where it lies: a mapping whose strides do not fit is refused.
      FailureReport refused = report(code.takeError());
      if (part != match::Match::Part::Whole || refused.code != ExitCode::TargetCannot)
        ADD_FAILURE() << wanted.text() << ": " << toString(refused.diagnostics.front());
      continue;
    }
    std::map<unsigned, match::ConstantTensor> values = made.values;
    auto status = runLayer(description, *code, values, options);
    if (!status) {
      ADD_FAILURE() << wanted.text() << ": " << llvm::toString(status.takeError());
      continue;
    }
    EXPECT_EQ(*status, 0) << wanted.text();
    EXPECT_TRUE(match::same(values.at(3), expected))
        << wanted.text() << ", " << code->kernels.back().what << "\n"
        << difference(values.at(3), expected);
    ++done;
  }
  if (!done)
    for (const match::Rejection &rejection : matches.rejected)
      if (description.intrinsics[rejection.intrinsic].name == row)
        ADD_FAILURE() << wanted.text() << ": " << rejection.reason << "; " << rejection.repair;
  return done;
}

} // namespace tenon::test
