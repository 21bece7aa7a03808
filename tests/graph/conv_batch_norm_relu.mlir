// A convolution, a batch norm and a relu as a model has them: what the passes leave of their steps, and that it is the
// same function.
// RUN: tenon-opt --tenon-print-nests %s -o /dev/null | FileCheck %s --check-prefix=IMPORTED
// RUN: tenon-opt --tenon-optimise-graph --tenon-print-nests %s -o /dev/null | FileCheck %s --check-prefix=OPTIMISED
// RUN: tenon run %s --target %tests/isa/chips/ws-array.yaml | FileCheck %s --check-prefix=RESULT
// RUN: tenon inspect %s --optimised | FileCheck %s --check-prefix=INSPECT

// The factor of the norm, which depends on constants alone, is a step of the model as it was imported.
// IMPORTED: step 3:
// IMPORTED-NOT: step 4:
// OPTIMISED: step 0: linalg.generic of Conv #0 (sum) + BatchNormalization #1 (normal)
// OPTIMISED: step 1: linalg.generic of Conv #0 (sum) + BatchNormalization #1 (normal)
// OPTIMISED: step 2: linalg.generic of Relu #2 (result)
// OPTIMISED-NOT: step 3:
// RESULT: verified: every output is the reference's within its derived bound
// INSPECT: Conv + BatchNormalization {{.*}} sum + normal
// INSPECT: Relu

#in = affine_map<(n, o, y, x, c, i, j) -> (n, c, y + i, x + j)>
#weights = affine_map<(n, o, y, x, c, i, j) -> (o, c, i, j)>
#out = affine_map<(n, o, y, x, c, i, j) -> (n, o, y, x)>
#all = affine_map<(n, o, y, x) -> (n, o, y, x)>
#channel = affine_map<(n, o, y, x) -> (o)>
#same = affine_map<(o) -> (o)>
func.func @main(%x: tensor<1x2x6x6xf32>) -> tensor<1x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[[0.5, -0.25, 0.1], [0.3, 0.7, -0.9], [0.2, 0.4, 0.6]], [[-0.1, 0.3, 0.8], [0.9, -0.2, 0.5], [0.7, -0.6, 0.15]]],
                            [[[0.35, 0.45, -0.55], [-0.65, 0.75, 0.85], [0.95, 0.05, -0.45]], [[0.12, -0.34, 0.56], [0.78, -0.9, 0.21], [0.43, 0.65, -0.87]]]]> : tensor<2x2x3x3xf32>
  %scale = arith.constant dense<[1.3, 0.7]> : tensor<2xf32>
  %beta = arith.constant dense<[0.3, -0.2]> : tensor<2xf32>
  %mean = arith.constant dense<[0.11, 0.07]> : tensor<2xf32>
  %variance = arith.constant dense<[0.9, 1.7]> : tensor<2xf32>
  %empty = tensor.empty() : tensor<1x2x4x4xf32>
  %channels = tensor.empty() : tensor<2xf32>
  %start = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %sum = linalg.generic {indexing_maps = [#in, #weights, #out],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x2x6x6xf32>, tensor<2x2x3x3xf32>) outs(%start : tensor<1x2x4x4xf32>)
      attrs = {tenon.tensor = #tenon.tensor<1, "sum", scale = 0.0 : f64, zero_point = 0>} {
  ^bb0(%v: f32, %f: f32, %acc: f32):
    %p = arith.mulf %v, %f : f32
    %r = arith.addf %acc, %p : f32
    linalg.yield %r : f32
  } -> tensor<1x2x4x4xf32> loc(fused<#tenon.node<"Conv", 0, "sum">>["model"])
  %factor = linalg.generic {indexing_maps = [#same, #same, #same], iterator_types = ["parallel"]}
      ins(%scale, %variance : tensor<2xf32>, tensor<2xf32>) outs(%channels : tensor<2xf32>) {
  ^bb0(%s: f32, %v: f32, %o: f32):
    %epsilon = arith.constant 1.0e-5 : f32
    %a = arith.addf %v, %epsilon : f32
    %q = math.sqrt %a : f32
    %r = arith.divf %s, %q : f32
    linalg.yield %r : f32
  } -> tensor<2xf32> loc(fused<#tenon.node<"BatchNormalization", 1, "normal">>["model"])
  %normal = linalg.generic {indexing_maps = [#all, #channel, #channel, #channel, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%sum, %mean, %factor, %beta : tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%empty : tensor<1x2x4x4xf32>)
      attrs = {tenon.tensor = #tenon.tensor<2, "normal", scale = 0.0 : f64, zero_point = 0>} {
  ^bb0(%v: f32, %m: f32, %f: f32, %b: f32, %o: f32):
    %d = arith.subf %v, %m : f32
    %p = arith.mulf %d, %f : f32
    %r = arith.addf %p, %b : f32
    linalg.yield %r : f32
  } -> tensor<1x2x4x4xf32> loc(fused<#tenon.node<"BatchNormalization", 1, "normal">>["model"])
  %result = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%normal : tensor<1x2x4x4xf32>) outs(%empty : tensor<1x2x4x4xf32>)
      attrs = {tenon.tensor = #tenon.tensor<3, "result", scale = 0.0 : f64, zero_point = 0>} {
  ^bb0(%v: f32, %o: f32):
    %least = arith.constant 0.0 : f32
    %r = arith.maximumf %v, %least : f32
    linalg.yield %r : f32
  } -> tensor<1x2x4x4xf32> loc(fused<#tenon.node<"Relu", 2, "result">>["model"])
  return %result : tensor<1x2x4x4xf32>
}
