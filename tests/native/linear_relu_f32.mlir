// relu(x W + b) in f32 is one kernel: the bias and the relu are done on the sums while they are in registers.
// RUN: %if target-cpu %{ tenon compile %s --target cpu/x86-64-avx2 -o %t.avx2 --quiet --dump-plan - | FileCheck %s %}
// RUN: %if target-cpu %{ tenon compile %s --target cpu/x86-64-avx512 -o %t.avx512 --quiet --dump-plan - | FileCheck %s %}
// RUN: %if target-cpu %{ tenon compile %s --target cpu/aarch64 -o %t.aarch64 --quiet --dump-plan - | FileCheck %s %}
// RUN: %if target-cuda %{ tenon compile %s --target cuda/sm_80 -o %t.sm_80 --quiet --dump-plan - | FileCheck %s %}

// CHECK: layer 0:
// CHECK-NOT: no intrinsic:
// CHECK: 14,336 MACs
// CHECK: kernel linear_relu_f32_layer0
// CHECK-NOT: kernel
// CHECK-NOT: layer 1
// CHECK: arena:

func.func @main(%x: tensor<7x64xf32>) -> tensor<7x32xf32> {
  %weights = arith.constant dense<0.125> : tensor<64x32xf32>
  %bias = arith.constant dense<-0.5> : tensor<32xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<7x32xf32>
  %start = linalg.fill ins(%zero : f32) outs(%empty : tensor<7x32xf32>) -> tensor<7x32xf32>
  %sum = linalg.matmul ins(%x, %weights : tensor<7x64xf32>, tensor<64x32xf32>)
      outs(%start : tensor<7x32xf32>) -> tensor<7x32xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>,
                                        affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%sum, %bias : tensor<7x32xf32>, tensor<32xf32>) outs(%empty : tensor<7x32xf32>) {
  ^bb0(%s: f32, %b: f32, %o: f32):
    %t = arith.addf %s, %b : f32
    %r = arith.maximumf %t, %zero : f32
    linalg.yield %r : f32
  } -> tensor<7x32xf32>
  return %y : tensor<7x32xf32>
}
