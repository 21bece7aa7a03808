// What follows from constants alone is a constant, with the reference's bits; what would grow the model is not.
// RUN: tenon-opt --tenon-fold-constants --split-input-file %s | FileCheck %s --check-prefixes=CHECK,FOLDED
// RUN: tenon-opt --tenon-fold-constants=keep-tensors --split-input-file %s | FileCheck %s --check-prefixes=CHECK,KEPT
// RUN: tenon-opt --tenon-fold-constants=most-growth=0 --split-input-file %s | FileCheck %s --check-prefix=SMALL

#same = affine_map<(d0) -> (d0)>

// A chain, and a view at its end. 1 / sqrt(3 + 1) = 0.5: rounded as the reference rounds.
// CHECK-LABEL: func.func @chain
// CHECK-NEXT: %[[FOLDED:.*]] = arith.constant dense<{{\[\[}}5.000000e-01, 2.500000e-01]]> : tensor<1x2xf32>
// CHECK-NEXT: tensor.concat dim(0) %{{.*}}, %[[FOLDED]]
// CHECK-NEXT: return
func.func @chain(%x: tensor<1x2xf32>) -> tensor<2x2xf32> {
  %variance = arith.constant dense<[3.0, 15.0]> : tensor<2xf32>
  %empty = tensor.empty() : tensor<2xf32>
  %root = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
      ins(%variance : tensor<2xf32>) outs(%empty : tensor<2xf32>) {
  ^bb0(%v: f32, %o: f32):
    %one = arith.constant 1.0 : f32
    %sum = arith.addf %v, %one : f32
    %r = math.sqrt %sum : f32
    %q = arith.divf %one, %r : f32
    linalg.yield %q : f32
  } -> tensor<2xf32>
  %view = tensor.expand_shape %root [[0, 1]] output_shape [1, 2] : tensor<2xf32> into tensor<1x2xf32>
  %result = tensor.concat dim(0) %x, %view : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<2x2xf32>
  return %result : tensor<2x2xf32>
}

// -----

#row = affine_map<(d0, d1) -> (d1)>
#all = affine_map<(d0, d1) -> (d0, d1)>

// The constant has another user and does not die, so 24 bytes are added: too many for one of the runs.
// CHECK-LABEL: func.func @grows
// CHECK-NOT: linalg.generic
// SMALL-LABEL: func.func @grows
// SMALL: linalg.generic
func.func @grows(%x: tensor<3x2xf32>) -> (tensor<6x2xf32>, tensor<2xf32>) {
  %row = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %empty = tensor.empty() : tensor<3x2xf32>
  %rows = linalg.generic {indexing_maps = [#row, #all], iterator_types = ["parallel", "parallel"]}
      ins(%row : tensor<2xf32>) outs(%empty : tensor<3x2xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  } -> tensor<3x2xf32>
  %result = tensor.concat dim(0) %x, %rows : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<6x2xf32>
  return %result, %row : tensor<6x2xf32>, tensor<2xf32>
}

// -----

// Returned, named, filled: these stay.
// CHECK-LABEL: func.func @stay
// CHECK: linalg.fill
// FOLDED-NOT: tensor.extract_slice {{.*}} {tenon.tensor
// KEPT: tensor.extract_slice {{.*}} {tenon.tensor
// CHECK: %[[RETURNED:.*]] = tensor.extract_slice
// CHECK: return %{{.*}}, %[[RETURNED]]
func.func @stay(%x: tensor<2xf32>) -> (tensor<6xf32>, tensor<2xf32>) {
  %constant = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2xf32>
  %filled = linalg.fill ins(%zero : f32) outs(%empty : tensor<2xf32>) -> tensor<2xf32>
  %named = tensor.extract_slice %constant[1] [2] [1] {tenon.tensor = #tenon.tensor<7, "seen", scale = 0.0 : f64, zero_point = 0>}
      : tensor<3xf32> to tensor<2xf32>
  %returned = tensor.extract_slice %constant[0] [2] [1] : tensor<3xf32> to tensor<2xf32>
  %result = tensor.concat dim(0) %x, %filled, %named : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<6xf32>
  return %result, %returned : tensor<6xf32>, tensor<2xf32>
}

// -----

#same = affine_map<(d0) -> (d0)>

// No value: the shift is as wide as the number. Whoever runs it is told; here it stays.
// CHECK-LABEL: func.func @no_value
// CHECK: tenon.rounding_shift_right
func.func @no_value(%x: tensor<2xi32>) -> tensor<4xi32> {
  %shift = arith.constant dense<32> : tensor<2xi32>
  %empty = tensor.empty() : tensor<2xi32>
  %shifted = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
      ins(%shift : tensor<2xi32>) outs(%empty : tensor<2xi32>) {
  ^bb0(%v: i32, %o: i32):
    %r = tenon.rounding_shift_right half_up %v, %v : i32
    linalg.yield %r : i32
  } -> tensor<2xi32>
  %result = tensor.concat dim(0) %x, %shifted : (tensor<2xi32>, tensor<2xi32>) -> tensor<4xi32>
  return %result : tensor<4xi32>
}
