// Kernels as text, and their places in the arena.
#include "tests/runtime/native/TestBundle.h"

#include "core/codegen/Codegen.h"

#include <fmt/format.h>

#include <cstring>

namespace tenon::test {

namespace {

constexpr int64_t items = 1000;

// Each item of the first kernel is one element. %0 is the function that is called on the sum.
constexpr const char *kernels = R"(
define void @test_sum(ptr %a, ptr %w, ptr %t, ptr %status, i64 %begin, i64 %end) {{
  %any = icmp slt i64 %begin, %end
  br i1 %any, label %loop, label %done
loop:
  %i = phi i64 [ %begin, %0 ], [ %next, %loop ]
  %pa = getelementptr float, ptr %a, i64 %i
  %pw = getelementptr float, ptr %w, i64 %i
  %pt = getelementptr float, ptr %t, i64 %i
  %x = load float, ptr %pa
  %y = load float, ptr %pw
  %z = fadd float %x, %y
  store float %z, ptr %pt
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %end
  br i1 %more, label %loop, label %done
done:
  ret void
}}

declare {type} @{function}({type})
define void @test_apply(ptr %t, ptr %r, ptr %status, i64 %begin, i64 %end) {{
  %any = icmp slt i64 %begin, %end
  br i1 %any, label %loop, label %done
loop:
  %i = phi i64 [ %begin, %0 ], [ %next, %loop ]
  %pt = getelementptr float, ptr %t, i64 %i
  %pr = getelementptr float, ptr %r, i64 %i
  %x = load float, ptr %pt
  {widen}
  %y = call {type} @{function}({type} {argument})
  {narrow}
  store float {result}, ptr %pr
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %end
  br i1 %more, label %loop, label %done
done:
  ret void
}}

define void @test_count(ptr %b, ptr %n, ptr %status, i64 %begin, i64 %end) {{
  %any = icmp slt i64 %begin, %end
  br i1 %any, label %first, label %done
first:
  %f = load float, ptr %b
  %odd = fcmp oeq float %f, 99.0
  br i1 %odd, label %wrong, label %loop
wrong:
  store i32 1, ptr %status
  ret void
loop:
  %i = phi i64 [ 0, %first ], [ %next, %loop ]
  %c = phi i8 [ 0, %first ], [ %d, %loop ]
  %pb = getelementptr float, ptr %b, i64 %i
  %x = load float, ptr %pb
  %big = fcmp ogt float %x, 0.5
  %one = zext i1 %big to i8
  %d = add i8 %c, %one
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, 7
  br i1 %more, label %loop, label %last
last:
  store i8 %d, ptr %n
  br label %done
done:
  ret void
}}
)";

} // namespace

std::string nativeTestKernels(const NativeTestOptions &options) {
  using fmt::arg;
  bool isDouble = options.library.empty();
  std::string text = fmt::format(fmt::runtime(kernels), arg("type", isDouble ? "double" : "float"),
                                 arg("function", isDouble ? "exp" : "test_scale"),
                                 arg("widen", isDouble ? "%wide = fpext float %x to double" : ""),
                                 arg("argument", isDouble ? "%wide" : "%x"),
                                 arg("narrow", isDouble ? "%narrow = fptrunc double %y to float" : ""),
                                 arg("result", isDouble ? "%narrow" : "%y"));
  if (!options.missingSymbol.empty())
    text +=
        fmt::format("declare void @{0}()\ndefine void @test_more() {{\n  call void @{0}()\n  ret void\n}}\n",
                    options.missingSymbol);
  return text;
}

runtime::NativeBundle nativeTestBundle(const NativeTestOptions &options) {
  runtime::NativeBundle bundle;
  bundle.productVersion = "0.1.0";
  bundle.name = "test";
  bundle.target = "chip";
  bundle.variant = "plain";
  bundle.description = "tenon: 1\n";
  bundle.triple = options.triple;
  bundle.features = options.features;
  for (int64_t i = 0; i < items; ++i) {
    float weight = float(i) / 1024;
    const auto *bytes = reinterpret_cast<const uint8_t *>(&weight);
    bundle.weights.insert(bundle.weights.end(), bytes, bytes + sizeof(weight));
  }
  bundle.inputs = {{"a=1", "f32", {10, 100}, 64}, {"b */ \"odd\"", "f32", {7}, 4096}};
  bundle.outputs = {{"r", "f32", {10, 100}, 8192}, {"n", "i8", {}, 12288}};
  bundle.tensors = {{{"sum", "f32", {10, 100}, 16384}, 1}};
  bundle.arenaBytes = 20480;
  bundle.layers = {"add #0", "exp #1"};
  bundle.launches = {{"test_sum", 0, {{false, 64}, {true, 0}, {false, 16384}}, items},
                     {"test_apply", 1, {{false, 16384}, {false, 8192}}, items},
                     {"test_count", 1, {{false, 4096}, {false, 12288}}, 1}};
  if (!options.library.empty())
    bundle.libraries = {options.library};
  return bundle;
}

llvm::Expected<runtime::NativeBundle> compiledTestBundle(const NativeTestOptions &options) {
  runtime::NativeBundle bundle = nativeTestBundle(options);
  codegen::CodegenRequest request;
  request.module = nativeTestKernels(options) + emitEntry(bundle);
  request.triple = options.triple;
  request.features = options.features;
  codegen::CodegenOptions how;
  how.program = options.codegen;
  llvm::Expected<codegen::CodegenResult> result = codegen::generateCode(request, how);
  if (!result)
    return result.takeError();
  bundle.code = std::move(result->bytes);
  return bundle;
}

} // namespace tenon::test
