// Machine code or assembly from LLVM IR as text. LLVM runs in a child process (tenon-codegen), because a
// wrong row of a user's description can make it crash, abort or never end: whatever happens there is an error
// here, and names the row where it can be found.
//
// Lines of IR that stand for a row of a description end with a comment that says which:
//   %c = call <16 x i32> @llvm...(<16 x i32> %a, ...) ; row chips/mine.yaml:41:12
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::codegen {

struct CodegenRequest {
  std::string module; ///< LLVM IR 19 as text; it needs neither a triple nor a data layout
  std::string triple;
  std::string processor; ///< LLVM's name of a processor; empty: the plainest of the triple
  std::vector<std::string> features;
  unsigned optimisation = 3; ///< 0 to 3
  enum class Output : uint8_t { Object, Assembly } output = Output::Object;
};

struct CodegenOptions {
  std::string program;  ///< path of tenon-codegen; empty: the one beside the running program
  double seconds = 600; ///< for each run of the child; 0: no limit
  uint64_t memoryBytes = uint64_t(16) << 30; ///< of address space for each run of the child; 0: no limit
};

struct CodegenResult {
  std::vector<char> bytes;
  std::vector<std::string>
      warnings; ///< what LLVM warned of, such as a loop that it did not vectorise as told
};

/// The tenon-codegen that lies next to a tool; `tool` is the path of the running program.
/// ExitCode::SystemFailed where there is none.
llvm::Expected<std::string> findCodegen(llvm::StringRef tool);

/// Errors: ExitCode::WrongInput for rows that LLVM refuses (each with its place) and for a machine that it
/// does not know; ExitCode::SystemFailed for a child that cannot be started, takes too long or needs too much
/// memory; ExitCode::OwnFault for IR that is wrong where it comes from no row.
llvm::Expected<CodegenResult> generateCode(const CodegenRequest &request, const CodegenOptions &options = {});

} // namespace tenon::codegen
