// Channels of a product go innermost; the function's edge keeps its layout; what is so already stays as it is; a reshape
// that mixes dimensions is a barrier, unless constants behind it can follow.
// RUN: tenon-opt --tenon-choose-layout --split-input-file %s | FileCheck %s

#image = affine_map<(n, o, y, x, i, r, s) -> (n, i, y + r, x + s)>
#weights = affine_map<(n, o, y, x, i, r, s) -> (o, i, r, s)>
#sums = affine_map<(n, o, y, x, i, r, s) -> (n, o, y, x)>

// CHECK-DAG: #[[IN:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3, d1, d2)>
// CHECK-DAG: #[[IMAGE:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d4, d2 + d5, d6)>
// CHECK-DAG: #[[WEIGHTS:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3, d4, d5, d6)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3, d1)>
// CHECK-LABEL: func.func @edges_are_transposed
// CHECK-SAME: tensor<2x3x6x6xf32>) -> tensor<2x4x5x5xf32>
// CHECK: %[[X:.*]] = linalg.generic {indexing_maps = [#[[IN]], #{{.*}}]{{.*}} ins(%arg0 : tensor<2x3x6x6xf32>) outs(%{{.*}} : tensor<2x6x6x3xf32>)
// CHECK: %[[W:.*]] = arith.constant dense<{{.*}}> : tensor<4x2x2x3xf32>
// CHECK: %[[Y:.*]] = linalg.generic {indexing_maps = [#[[IMAGE]], #[[WEIGHTS]], #{{.*}}], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%[[X]], %[[W]]
// CHECK-SAME: attrs = {tenon.layout = array<i64: 0, 2, 3, 1>}
// CHECK: linalg.generic {indexing_maps = [#[[OUT]], #{{.*}}]{{.*}} ins(%[[Y]] : tensor<2x5x5x4xf32>) outs(%{{.*}} : tensor<2x4x5x5xf32>)
func.func @edges_are_transposed(%x: tensor<2x3x6x6xf32>) -> tensor<2x4x5x5xf32> {
  %w = arith.constant dense<[[[[0.0, 1.0], [2.0, 3.0]], [[4.0, 5.0], [6.0, 7.0]], [[8.0, 9.0], [10.0, 11.0]]],
                             [[[0.0, 1.0], [2.0, 3.0]], [[4.0, 5.0], [6.0, 7.0]], [[8.0, 9.0], [10.0, 11.0]]],
                             [[[0.0, 1.0], [2.0, 3.0]], [[4.0, 5.0], [6.0, 7.0]], [[8.0, 9.0], [10.0, 11.0]]],
                             [[[0.0, 1.0], [2.0, 3.0]], [[4.0, 5.0], [6.0, 7.0]], [[8.0, 9.0], [10.0, 11.0]]]]> : tensor<4x3x2x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4x5x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4x5x5xf32>) -> tensor<2x4x5x5xf32>
  %y = linalg.generic {indexing_maps = [#image, #weights, #sums],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<2x3x6x6xf32>, tensor<4x3x2x2xf32>) outs(%f : tensor<2x4x5x5xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x4x5x5xf32>
  return %y : tensor<2x4x5x5xf32>
}

// -----

#image = affine_map<(n, y, x, o, r, s, i) -> (n, y + r, x + s, i)>
#weights = affine_map<(n, y, x, o, r, s, i) -> (o, r, s, i)>
#sums = affine_map<(n, y, x, o, r, s, i) -> (n, y, x, o)>

// CHECK-LABEL: func.func @channels_last_stays
// CHECK-COUNT-1: linalg.generic
// CHECK-NOT: linalg.generic
// CHECK-NOT: tenon.layout
// CHECK: return
func.func @channels_last_stays(%x: tensor<2x6x6x3xf32>, %w: tensor<4x2x2x3xf32>) -> tensor<2x5x5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x5x5x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x5x5x4xf32>) -> tensor<2x5x5x4xf32>
  %y = linalg.generic {indexing_maps = [#image, #weights, #sums],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<2x6x6x3xf32>, tensor<4x2x2x3xf32>) outs(%f : tensor<2x5x5x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x5x5x4xf32>
  return %y : tensor<2x5x5x4xf32>
}

// -----

#image = affine_map<(n, o, y, i, r) -> (n, i, y + r)>
#weights = affine_map<(n, o, y, i, r) -> (o, i, r)>
#sums = affine_map<(n, o, y, i, r) -> (n, o, y)>
#left = affine_map<(m, n, k) -> (m, k)>
#right = affine_map<(m, n, k) -> (n, k)>
#to = affine_map<(m, n, k) -> (m, n)>

// The three channels' two places each, flattened: index 2 * channel + place lies at 3 * place + channel now.
// CHECK-LABEL: func.func @weights_follow_a_flattening
// CHECK: arith.constant dense<{{\[\[}}0.000000e+00, 2.000000e+00, 4.000000e+00, 1.000000e+00, 3.000000e+00, 5.000000e+00]]>
// CHECK-COUNT-1: linalg.generic
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @weights_follow_a_flattening(%x: tensor<1x1x3xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<[[[1.0, 2.0]], [[3.0, 4.0]], [[5.0, 6.0]]]> : tensor<3x1x2xf32>
  %v = arith.constant dense<[[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]]> : tensor<1x6xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x3x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  %y = linalg.generic {indexing_maps = [#image, #weights, #sums],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x1x3xf32>, tensor<3x1x2xf32>) outs(%f : tensor<1x3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x3x2xf32>
  %flat = tensor.collapse_shape %y [[0], [1, 2]] : tensor<1x3x2xf32> into tensor<1x6xf32>
  %e1 = tensor.empty() : tensor<1x1xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %z = linalg.generic {indexing_maps = [#left, #right, #to], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%flat, %v : tensor<1x6xf32>, tensor<1x6xf32>) outs(%f1 : tensor<1x1xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x1xf32>
  return %z : tensor<1x1xf32>
}

// -----

#image = affine_map<(n, o, y, i, r) -> (n, i, y + r)>
#weights = affine_map<(n, o, y, i, r) -> (o, i, r)>
#sums = affine_map<(n, o, y, i, r) -> (n, o, y)>

// What is returned is nobody's to permute: the tensor is transposed back before it is flattened.
// CHECK-DAG: #[[BACK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2, d1)>
// CHECK-LABEL: func.func @a_mixing_reshape_is_a_barrier
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<1x2x3xf32>)
// CHECK: linalg.generic {indexing_maps = [#[[BACK]], #{{.*}}]{{.*}} ins(%{{.*}} : tensor<1x2x3xf32>) outs(%{{.*}} : tensor<1x3x2xf32>)
// CHECK: collapse_shape
// CHECK: return %{{.*}} : tensor<1x6xf32>
func.func @a_mixing_reshape_is_a_barrier(%x: tensor<1x1x3xf32>) -> tensor<1x6xf32> {
  %w = arith.constant dense<[[[1.0, 2.0]], [[3.0, 4.0]], [[5.0, 6.0]]]> : tensor<3x1x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x3x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  %y = linalg.generic {indexing_maps = [#image, #weights, #sums],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x1x3xf32>, tensor<3x1x2xf32>) outs(%f : tensor<1x3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x3x2xf32>
  %flat = tensor.collapse_shape %y [[0], [1, 2]] : tensor<1x3x2xf32> into tensor<1x6xf32>
  return %flat : tensor<1x6xf32>
}
