// A model compiled to machine code: what `tenon compile` writes for a target that has a `code:` section, and
// what tenon-run (core/runtime/native/run) or any C program runs. On disk a folder with
//   manifest.json   everything that is not in the files below, with the size and SHA-256 of each of them
//   model.o         the object; model.so, the same as a shared library; or model.s, the module's text, for a
//                   machine that a launcher plugin runs
//   weights.bin     constants, as the code reads them
//   NAME.h, example.c   for C programs (processors only)
//   target.yaml     the description that it was compiled for
//   lib*            shared libraries of the description's, which the code calls
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tenon::runtime {

/// What a pointer parameter of a kernel points to: a byte of the weights or of the arena.
struct NativeArgument {
  bool weights = false;
  uint64_t offset = 0;
};

/// One call of a kernel: its arguments, then the status' address, on processors then the items' begin and
/// end.
struct NativeLaunch {
  std::string kernel; ///< symbol
  unsigned layer = 0;
  std::vector<NativeArgument> arguments;
  int64_t items = 1;           ///< of the parallel loop; parallel machines: blocks
  int64_t threadsPerBlock = 1; ///< parallel machines
  uint64_t sharedBytes = 0;    ///< of a block, beside what the module declares
};

/// An input, an output or a named tensor: dense, C order, in the arena.
struct NativeTensor {
  std::string name;
  std::string type; ///< "i8", "f32"
  std::vector<int64_t> shape;
  uint64_t offset = 0;
};

struct NativeBundle {
  std::string productVersion; ///< of what wrote it
  std::string name;           ///< a C identifier: what every symbol begins with
  std::string target, variant;
  std::string description; ///< its text
  std::string triple;
  std::string processor; ///< LLVM's name; may be empty
  std::vector<std::string> features;
  std::string device;      ///< empty: a processor; else the file name of a launcher plugin (tenon_launcher.h)
  uint64_t arenaBytes = 0; ///< the status is its first 4 bytes
  std::vector<uint8_t> weights;
  std::vector<NativeTensor> inputs, outputs;
  std::vector<std::pair<NativeTensor, unsigned>> tensors; ///< and after how many launches each is there
  std::vector<std::string> layers;
  std::vector<NativeLaunch> launches;
  std::vector<std::string> libraries; ///< paths; copied into the bundle
  std::vector<char> code;             ///< the object, or the module's text
};

/// Bytes that a tensor takes. It must have passed checkNativeBundle.
uint64_t tensorBytes(const NativeTensor &tensor);

/// Refuses what is wrong in itself: names that are no identifiers, tensors and arguments outside the arena or
/// the weights, numbers of layers that do not exist. ExitCode::OwnFault: it comes from nobody else.
llvm::Error checkNativeBundle(const NativeBundle &bundle);

/// LLVM IR to append to a processor's module: the entry NAME_run, which C programs call, and the table
/// NAME_launches, with which tenon-run calls the launches one by one. Needs all of the bundle but weights and
/// code.
std::string emitEntry(const NativeBundle &bundle);

/// The header NAME.h, and example.c, which runs the model.
std::string cHeader(const NativeBundle &bundle);
std::string cExample(const NativeBundle &bundle);

struct NativeBundleOptions {
  std::string linker;         ///< path or name; empty: the first of ld.lld-19 and ld.lld that PATH has
  unsigned linkSeconds = 300; ///< for the linker; 0: no limit
  std::vector<std::string>
      libraryFolders; ///< where libm.so.6 and libc.so.6 of the triple lie; empty: the usual ones
};

struct NativeBundleReport {
  std::vector<std::string> warnings; ///< to be shown
};

/// Checks, links and writes, in place of what is there (see replaceBundleFolder). Errors:
/// ExitCode::WrongInput for symbols that no library has; ExitCode::SystemFailed.
llvm::Expected<NativeBundleReport> writeNativeBundle(const NativeBundle &bundle, llvm::StringRef folder,
                                                     const NativeBundleOptions &options = {});

} // namespace tenon::runtime
