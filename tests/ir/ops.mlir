// Every operation and attribute prints as it was written and reads back as it was printed.
// RUN: tenon-opt --mlir-print-debuginfo %s | tenon-opt --mlir-print-debuginfo | FileCheck %s

#input = #tenon.tensor<4, "input: 0", scale = 5.000000e-01 : f64, zero_point = -128>

// CHECK-LABEL: func.func @scalars
func.func @scalars(%x: i32, %shift: i32, %wide: i64, %table: tensor<256xi8>) -> (i8, i8, i32, i32, i32, i64, i8) {
  // CHECK: tenon.saturate signed %{{.*}} : i32 to i8
  %0 = tenon.saturate signed %x : i32 to i8
  // CHECK: tenon.saturate unsigned %{{.*}} : i64 to i8
  %1 = tenon.saturate unsigned %wide : i64 to i8
  // CHECK: tenon.rounding_shift_right half_up %{{.*}}, %{{.*}} : i32
  %2 = tenon.rounding_shift_right half_up %x, %shift : i32
  // CHECK: tenon.rounding_shift_right half_away_from_zero %{{.*}}, %{{.*}} : i32
  %3 = tenon.rounding_shift_right half_away_from_zero %x, %shift : i32
  // CHECK: tenon.saturating_rounding_doubling_high_multiply %{{.*}}, %{{.*}} : i32
  %4 = tenon.saturating_rounding_doubling_high_multiply %x, %x : i32
  // CHECK: tenon.rounding_shift_right half_to_even %{{.*}}, %{{.*}} : i64
  %5 = tenon.rounding_shift_right half_to_even %wide, %wide : i64
  // CHECK: tenon.lookup %{{.*}}[%{{.*}}] : tensor<256xi8>, i32 -> i8
  %6 = tenon.lookup %table[%x] : tensor<256xi8>, i32 -> i8
  return %0, %1, %2, %3, %4, %5, %6 : i8, i8, i32, i32, i32, i64, i8
}

// CHECK-LABEL: func.func @attributes
// CHECK-SAME: tenon.tensor = #tenon.tensor<4, "input: 0", scale = 5.000000e-01 : f64, zero_point = -128>
func.func @attributes(%x: tensor<2xi8> {tenon.tensor = #input}) -> tensor<2xi8> {
  // CHECK: tensor.empty() {tenon.tensor = #tenon.tensor<5, "y", scale = 0.000000e+00 : f64, zero_point = 0>}
  %y = tensor.empty() {tenon.tensor = #tenon.tensor<5, "y", scale = 0.0 : f64, zero_point = 0>} : tensor<2xi8>
  // CHECK: return %{{.*}} : tensor<2xi8> loc(#[[LOCATION:.*]])
  return %y : tensor<2xi8> loc(fused<#tenon.node<"CONV_2D", 3, "model/conv">>["model.tflite"])
}
// CHECK: #[[LOCATION]] = loc(fused<#tenon.node<"CONV_2D", 3, "model/conv">>
