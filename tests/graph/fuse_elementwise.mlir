// Elementwise operations move into their only elementwise users; everything else stays as it is.
// RUN: tenon-opt --tenon-fuse-elementwise --split-input-file --mlir-print-debuginfo %s | FileCheck %s
// RUN: tenon-opt --tenon-fuse-elementwise=keep-tensors --split-input-file %s | FileCheck %s --check-prefix=KEPT

#all = affine_map<(d0, d1) -> (d0, d1)>
#turned = affine_map<(d0, d1) -> (d1, d0)>

// The result keeps the user's name in the model and the nodes of both; x, read by both, is read once.
// CHECK-LABEL: func.func @chain
// CHECK: linalg.generic
// CHECK-SAME: ins(%{{[^ ]*}} : tensor<2x3xf32>)
// CHECK-SAME: {tenon.tensor = #tenon.tensor<9, "product"
// CHECK: arith.negf
// CHECK: math.exp
// CHECK: arith.mulf
// CHECK-NEXT: linalg.yield
// CHECK-NEXT: -> tensor<2x3xf32> loc([[FUSED:#.*]])
// CHECK-NEXT: return
// CHECK-DAG: [[NEG:#.*]] = loc(fused<#tenon.node<"Neg", 0, "neg">>
// CHECK-DAG: [[EXP:#.*]] = loc(fused<#tenon.node<"Exp", 1, "exp">>
// CHECK-DAG: [[MUL:#.*]] = loc(fused<#tenon.node<"Mul", 2, "product">>
// CHECK: [[FUSED]] = loc(fused{{\[}}[[NEG]], [[EXP]], [[MUL]]])
// KEPT-LABEL: func.func @chain
// KEPT: arith.negf
// KEPT: linalg.generic
// KEPT: math.exp
// KEPT: linalg.generic
// KEPT: arith.mulf
func.func @chain(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %empty = tensor.empty() : tensor<2x3xf32>
  %neg = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x3xf32>) outs(%empty : tensor<2x3xf32>)
      attrs = {tenon.tensor = #tenon.tensor<7, "neg", scale = 0.0 : f64, zero_point = 0>} {
  ^bb0(%v: f32, %o: f32):
    %r = arith.negf %v : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32> loc(fused<#tenon.node<"Neg", 0, "neg">>["model"])
  %exp = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%neg : tensor<2x3xf32>) outs(%empty : tensor<2x3xf32>)
      attrs = {tenon.tensor = #tenon.tensor<8, "exp", scale = 0.0 : f64, zero_point = 0>} {
  ^bb0(%v: f32, %o: f32):
    %r = math.exp %v : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32> loc(fused<#tenon.node<"Exp", 1, "exp">>["model"])
  %product = linalg.generic {indexing_maps = [#all, #all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%x, %exp : tensor<2x3xf32>, tensor<2x3xf32>) outs(%empty : tensor<2x3xf32>)
      attrs = {tenon.tensor = #tenon.tensor<9, "product", scale = 0.0 : f64, zero_point = 0>} {
  ^bb0(%v: f32, %w: f32, %o: f32):
    %r = arith.mulf %v, %w : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32> loc(fused<#tenon.node<"Mul", 2, "product">>["model"])
  return %product : tensor<2x3xf32>
}

// -----

#all = affine_map<(d0, d1) -> (d0, d1)>
#turned = affine_map<(d0, d1) -> (d1, d0)>

// A user that reads the transpose is as good.
// CHECK-LABEL: func.func @transposed
// CHECK: arith.negf
// CHECK-NOT: linalg.generic
// CHECK: math.exp
func.func @transposed(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %empty = tensor.empty() : tensor<2x3xf32>
  %turned = tensor.empty() : tensor<3x2xf32>
  %neg = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x3xf32>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%v: f32, %o: f32):
    %r = arith.negf %v : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  %exp = linalg.generic {indexing_maps = [#turned, #all], iterator_types = ["parallel", "parallel"]}
      ins(%neg : tensor<2x3xf32>) outs(%turned : tensor<3x2xf32>) {
  ^bb0(%v: f32, %o: f32):
    %r = math.exp %v : f32
    linalg.yield %r : f32
  } -> tensor<3x2xf32>
  return %exp : tensor<3x2xf32>
}

// -----

#all = affine_map<(d0, d1) -> (d0, d1)>

// Two users: it would be computed twice.
// CHECK-LABEL: func.func @second_user
// CHECK: arith.negf
// CHECK: linalg.generic
// CHECK: math.exp
func.func @second_user(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %empty = tensor.empty() : tensor<2x3xf32>
  %neg = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x3xf32>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%v: f32, %o: f32):
    %r = arith.negf %v : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  %exp = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%neg : tensor<2x3xf32>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%v: f32, %o: f32):
    %r = math.exp %v : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  return %exp, %neg : tensor<2x3xf32>, tensor<2x3xf32>
}

// -----

#row = affine_map<(d0, d1) -> (d1)>
#all = affine_map<(d0, d1) -> (d0, d1)>
#same = affine_map<(d0) -> (d0)>

// The user reads each element for every row: the root would be taken for every row.
// CHECK-LABEL: func.func @broadcast
// CHECK: math.sqrt
// CHECK: linalg.generic
// CHECK: arith.mulf
func.func @broadcast(%x: tensor<2x3xf32>, %row: tensor<3xf32>) -> tensor<2x3xf32> {
  %small = tensor.empty() : tensor<3xf32>
  %empty = tensor.empty() : tensor<2x3xf32>
  %root = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
      ins(%row : tensor<3xf32>) outs(%small : tensor<3xf32>) {
  ^bb0(%v: f32, %o: f32):
    %r = math.sqrt %v : f32
    linalg.yield %r : f32
  } -> tensor<3xf32>
  %product = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "parallel"]}
      ins(%x, %root : tensor<2x3xf32>, tensor<3xf32>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%v: f32, %w: f32, %o: f32):
    %r = arith.mulf %v, %w : f32
    linalg.yield %r : f32
  } -> tensor<2x3xf32>
  return %product : tensor<2x3xf32>
}

// -----

#all = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#same = affine_map<(d0) -> (d0)>

// What follows a sum is the planner's.
// CHECK-LABEL: func.func @behind_a_sum
// CHECK: arith.addf
// CHECK: linalg.generic
// CHECK: arith.negf
// CHECK: linalg.generic
// CHECK: math.exp
func.func @behind_a_sum(%x: tensor<2x3xf32>) -> tensor<2xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2xf32>
  %start = linalg.fill ins(%zero : f32) outs(%empty : tensor<2xf32>) -> tensor<2xf32>
  %sum = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<2x3xf32>) outs(%start : tensor<2xf32>) {
  ^bb0(%v: f32, %o: f32):
    %r = arith.addf %o, %v : f32
    linalg.yield %r : f32
  } -> tensor<2xf32>
  %neg = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
      ins(%sum : tensor<2xf32>) outs(%empty : tensor<2xf32>) {
  ^bb0(%v: f32, %o: f32):
    %r = arith.negf %v : f32
    linalg.yield %r : f32
  } -> tensor<2xf32>
  %exp = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
      ins(%neg : tensor<2xf32>) outs(%empty : tensor<2xf32>) {
  ^bb0(%v: f32, %o: f32):
    %r = math.exp %v : f32
    linalg.yield %r : f32
  } -> tensor<2xf32>
  return %exp : tensor<2xf32>
}

// -----

#all = affine_map<(d0, d1) -> (d0, d1)>

// A quantised tensor of the model stays between the two; the same without a scale does not.
// CHECK-LABEL: func.func @quantised
// CHECK: arith.addi
// CHECK: arith.subi
// CHECK: linalg.generic
// CHECK: arith.muli
func.func @quantised(%x: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %empty = tensor.empty() : tensor<2x3xi8>
  %sum = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x3xi8>) outs(%empty : tensor<2x3xi8>)
      attrs = {tenon.tensor = #tenon.tensor<7, "whole", scale = 0.0 : f64, zero_point = 0>} {
  ^bb0(%v: i8, %o: i8):
    %r = arith.addi %v, %v : i8
    linalg.yield %r : i8
  } -> tensor<2x3xi8>
  %difference = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%sum : tensor<2x3xi8>) outs(%empty : tensor<2x3xi8>)
      attrs = {tenon.tensor = #tenon.tensor<8, "quantised", scale = 0.5 : f64, zero_point = 0>} {
  ^bb0(%v: i8, %o: i8):
    %r = arith.subi %v, %v : i8
    linalg.yield %r : i8
  } -> tensor<2x3xi8>
  %product = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%difference : tensor<2x3xi8>) outs(%empty : tensor<2x3xi8>) {
  ^bb0(%v: i8, %o: i8):
    %r = arith.muli %v, %v : i8
    linalg.yield %r : i8
  } -> tensor<2x3xi8>
  return %product : tensor<2x3xi8>
}
