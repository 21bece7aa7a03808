// The functions with which a processor's code is called from outside. Kernels take as many pointers as they
// need; what calls them gets one form: work(arguments, begin, end), which threads can share.
#include "core/runtime/native/NativeBundle.h"
#include "core/runtime/native/native_format.h"

#include <fmt/format.h>

namespace tenon::runtime {
namespace {

/// void NAME_launch_I({weights, arena} *, begin, end).
std::string launchFunction(const NativeBundle &bundle, size_t number) {
  const NativeLaunch &launch = bundle.launches[number];
  std::string text = fmt::format("define internal void @{}_launch_{}(ptr %places, i64 %begin, i64 %end) {{\n",
                                 bundle.name, number);
  text += "  %weights = load ptr, ptr %places\n"
          "  %second = getelementptr ptr, ptr %places, i64 1\n"
          "  %arena = load ptr, ptr %second\n";
  std::string call;
  for (size_t i = 0; i < launch.arguments.size(); ++i) {
    const NativeArgument &argument = launch.arguments[i];
    text += fmt::format("  %a{} = getelementptr i8, ptr {}, i64 {}\n", i,
                        argument.weights ? "%weights" : "%arena", argument.offset);
    call += fmt::format("ptr %a{}, ", i);
  }
  // Not inlined: the kernel is a symbol of its own too, and would be there twice.
  text += fmt::format("  call void @{}({}ptr %arena, i64 %begin, i64 %end) noinline\n  ret void\n}}\n",
                      launch.kernel, call);
  return text;
}

/// All items of one launch: by the caller's threads where there are any.
std::string shareFunction(const std::string &name) {
  return fmt::format(R"(
define internal void @{0}_share(ptr %threads, ptr %work, ptr %places, i64 %items) {{
  %none = icmp eq ptr %threads, null
  %few = icmp sle i64 %items, 1
  %alone = or i1 %none, %few
  br i1 %alone, label %here, label %shared
here:
  call void %work(ptr %places, i64 0, i64 %items)
  ret void
shared:
  %context = load ptr, ptr %threads
  %second = getelementptr ptr, ptr %threads, i64 1
  %parallel = load ptr, ptr %second
  call void %parallel(ptr %context, ptr %work, ptr %places, i64 %items)
  ret void
}}
)",
                     name);
}

/// Copies between the caller's array of buffers and the arena.
std::string copies(const std::vector<NativeTensor> &tensors, const std::string &what, bool in) {
  std::string text;
  for (size_t i = 0; i < tensors.size(); ++i) {
    std::string id = fmt::format("{}{}", what, i);
    text += fmt::format("  %{0}_at = getelementptr ptr, ptr %{1}s, i64 {2}\n"
                        "  %{0}_buffer = load ptr, ptr %{0}_at\n"
                        "  %{0}_arena = getelementptr i8, ptr %arena, i64 {3}\n",
                        id, what, i, tensors[i].offset);
    text += fmt::format("  call void @llvm.memcpy.p0.p0.i64(ptr {}%{}_{}, ptr {}%{}_{}, i64 {}, i1 false)\n",
                        in ? "align 64 " : "", id, in ? "arena" : "buffer", in ? "" : "align 64 ", id,
                        in ? "buffer" : "arena", tensorBytes(tensors[i]));
  }
  return text;
}

std::string entryFunction(const NativeBundle &bundle) {
  std::string text = fmt::format(
      "\ndefine i32 @{}_run(ptr %weights, ptr %arena, ptr %inputs, ptr %outputs, ptr %threads) {{\n",
      bundle.name);
  text += fmt::format("  %weights_number = ptrtoint ptr %weights to i64\n"
                      "  %arena_number = ptrtoint ptr %arena to i64\n"
                      "  %both = or i64 %weights_number, %arena_number\n"
                      "  %odd = and i64 %both, {}\n"
                      "  %aligned = icmp eq i64 %odd, 0\n"
                      "  br i1 %aligned, label %begin, label %misaligned\n"
                      "misaligned:\n"
                      "  ret i32 -1\n"
                      "begin:\n"
                      "  %places = alloca [2 x ptr]\n"
                      "  store ptr %weights, ptr %places\n"
                      "  %places_second = getelementptr ptr, ptr %places, i64 1\n"
                      "  store ptr %arena, ptr %places_second\n"
                      "  store i32 0, ptr %arena\n",
                      TENON_NATIVE_ALIGNMENT - 1);
  text += copies(bundle.inputs, "input", /*in=*/true) + "  br label %launch0\n";
  for (size_t i = 0; i < bundle.launches.size(); ++i)
    text += fmt::format("launch{0}:\n"
                        "  call void @{1}_share(ptr %threads, ptr @{1}_launch_{0}, ptr %places, i64 {2})\n"
                        "  %status{0} = load i32, ptr %arena\n"
                        "  %good{0} = icmp eq i32 %status{0}, 0\n"
                        "  br i1 %good{0}, label %launch{3}, label %failed\n",
                        i, bundle.name, bundle.launches[i].items, i + 1);
  text += fmt::format("launch{}:\n", bundle.launches.size());
  text += copies(bundle.outputs, "output", /*in=*/false);
  text += "  ret i32 0\n";
  if (!bundle.launches.empty())
    text += "failed:\n  %status = load i32, ptr %arena\n  ret i32 %status\n";
  return text + "}\n";
}

} // namespace

std::string emitEntry(const NativeBundle &bundle) {
  std::string text = "\n", table;
  for (size_t i = 0; i < bundle.launches.size(); ++i) {
    text += launchFunction(bundle, i);
    table += fmt::format("{}ptr @{}_launch_{}", i ? ", " : "", bundle.name, i);
  }
  text +=
      fmt::format("\n@{}_launches = constant [{} x ptr] [{}]\n", bundle.name, bundle.launches.size(), table);
  text += shareFunction(bundle.name) + entryFunction(bundle);
  return text + "\ndeclare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)\n";
}

} // namespace tenon::runtime
