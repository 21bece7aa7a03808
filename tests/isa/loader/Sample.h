// A description with one of everything, and ways to change it and to look at what the loader says.
#pragma once

#include "core/isa/Description.h"
#include "core/support/Error.h"

#include <gtest/gtest.h>

namespace tenon::test {

/// The description, which loads.
std::string sample();

/// A description of native code with one of everything that such a one has, which loads.
std::string nativeSample();

/// `text` with the one place that reads `before` changed to `after`.
std::string changed(std::string text, llvm::StringRef before, llvm::StringRef after);

/// The sample with the one place that reads `before` changed to `after`.
std::string sampleWith(llvm::StringRef before, llvm::StringRef after);

/// The sample with lines added at the end of its intrinsics.
std::string sampleWithIntrinsic(llvm::StringRef lines);

/// The description; an exception with its mistakes where there are some.
isa::Description loaded(const std::string &text, const isa::LoadOptions &options = {});

/// The mistakes of a description; a failure where it loads. Holds every one to having a file, a place and a
/// repair.
std::vector<Diagnostic> mistakesOf(const std::string &text);

/// Expects a mistake at the place of `where` (its first occurrence) that says `message`, with a repair that
/// says `repair`.
void expectMistake(const std::string &text, llvm::StringRef where, llvm::StringRef message,
                   llvm::StringRef repair);

/// The intrinsic with this name.
const isa::Intrinsic &intrinsicOf(const isa::Description &description, llvm::StringRef name);

} // namespace tenon::test
