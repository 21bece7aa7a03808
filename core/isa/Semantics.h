// From a description's semantics to typed statements, and from those to a nest with everything bound.
#pragma once

#include "core/isa/Description.h"
#include "core/support/Error.h"

#include "mlir/IR/MLIRContext.h"

namespace tenon::isa {

/// One statement as the file has it, family substitutions done.
struct StatementText {
  std::string text;
  Place place;
};

/// Parses and type-checks `statements` against the intrinsic's sizes, values, operands and the parameters;
/// fills intrinsic.semantics. Every mistake is appended to `mistakes` with its place and repair. Returns
/// whether there was none; with mistakes the semantics stay as they were. The clauses of `where` must be
/// known before: an access whose sizes or values they restrict is not refused for corners that they may
/// exclude.
bool checkSemantics(Intrinsic &intrinsic, const Description &description,
                    llvm::ArrayRef<StatementText> statements, std::vector<Diagnostic> &mistakes);

/// The nest of the intrinsic's meaning for the sizes and values: operands in order (each of its extents),
/// then locals. The sizes are the loops, all of them, in the order listed. Reads that may leave their operand
/// get its `outside` value; where there is none the nest's verifier refuses the bounds. Errors: what cannot
/// be bound, with the intrinsic's name.
llvm::Expected<nest::Nest> nestOf(const Description &description, const Intrinsic &intrinsic,
                                  llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> values,
                                  mlir::MLIRContext &context);

/// The statements as text again, types explicit.
std::string str(const Intrinsic &intrinsic);

} // namespace tenon::isa
