// From linalg to nests: what each operation becomes, and what has none.
// RUN: tenon-opt --tenon-print-nests %s -o /dev/null | FileCheck %s

// A padded, strided, dilated convolution is one statement: the padding is a value of the read, the fill its start.
// CHECK-LABEL: function convolution
// CHECK-NEXT: step 0: linalg.generic
// CHECK-NEXT:   out0 = buffer [[OUT:[0-9]+]]: i32[2, 4, 5]
// CHECK-NEXT:   in1 = buffer 0: i8[9, 3]
// CHECK-NEXT:   in2 = buffer 1: i8[5, 2, 3]
// CHECK-NOT: step 1
// CHECK: for d0 < 2, d1 < 4, d2 < 5, d3 < 2, d4 < 3: out0[d0, d1, d2] += {{.*}}extsi(in1[d0 + d1 * 2 + d3 * 3 - 1, d4 else 7]
// CHECK: 240 multiply-accumulates
#image = affine_map<(n, x, o, k, c) -> (n + x * 2 + k * 3, c)>
#weights = affine_map<(n, x, o, k, c) -> (o, k, c)>
#sums = affine_map<(n, x, o, k, c) -> (n, x, o)>
func.func @convolution(%image: tensor<9x3xi8>, %weights: tensor<5x2x3xi8>) -> tensor<2x4x5xi32> {
  %seven = arith.constant 7 : i8
  %zero = arith.constant 0 : i32
  %padded = tensor.pad %image low[1, 0] high[2, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %seven : i8
  } : tensor<9x3xi8> to tensor<12x3xi8>
  %empty = tensor.empty() : tensor<2x4x5xi32>
  %start = linalg.fill ins(%zero : i32) outs(%empty : tensor<2x4x5xi32>) -> tensor<2x4x5xi32>
  %result = linalg.generic {indexing_maps = [#image, #weights, #sums],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%padded, %weights : tensor<12x3xi8>, tensor<5x2x3xi8>) outs(%start : tensor<2x4x5xi32>) {
  ^bb0(%x: i8, %w: i8, %sum: i32):
    %a = arith.extsi %x : i8 to i32
    %b = arith.extsi %w : i8 to i32
    %product = arith.muli %a, %b : i32
    %next = arith.addi %sum, %product : i32
    linalg.yield %next : i32
  } -> tensor<2x4x5xi32>
  return %result : tensor<2x4x5xi32>
}

// A named operation has the nest of its body; what accumulates onto a tensor first copies it.
// CHECK-LABEL: function accumulate
// CHECK: step 0: linalg.matmul
// CHECK: for {{.*}}: out0[{{.*}}] = in1[{{.*}}]
// CHECK-NEXT: for d0 < 4, d1 < 5, d2 < 6: out0[d0, d1] += {{.*}}in2[d0, d2]{{.*}} * {{.*}}in3[d2, d1]
// CHECK: 120 multiply-accumulates
func.func @accumulate(%a: tensor<4x6xf32>, %b: tensor<6x5xf32>, %c: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %0 = linalg.matmul ins(%a, %b : tensor<4x6xf32>, tensor<6x5xf32>) outs(%c : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// Reshapes are views, joins are a statement each, slices move their offsets and strides into the read.
// CHECK-LABEL: function movement
// CHECK: step 0: tensor.collapse_shape
// CHECK-NEXT: view of buffer 0
// CHECK: step 1: tensor.concat
// CHECK: for d0 < 6: out0[d0] = in1[d0]
// CHECK-NEXT: for d0 < 6: out0[d0 + 6] = in1[d0]
// CHECK-NEXT: for axis2_0 < 2: out0[axis2_0 + 12] = in2[axis2_0]
// CHECK: step 2: tensor.extract_slice
// CHECK: for d0 < 4: {{.*}}[d0] = {{.*}}[d0 * 3 + 1]
func.func @movement(%x: tensor<2x3xi16>, %z: tensor<2xi16>) -> tensor<4xi16> {
  %flat = tensor.collapse_shape %x [[0, 1]] : tensor<2x3xi16> into tensor<6xi16>
  %joined = tensor.concat dim(0) %flat, %flat, %z : (tensor<6xi16>, tensor<6xi16>, tensor<2xi16>) -> tensor<14xi16>
  %slice = tensor.extract_slice %joined[1] [4] [3] : tensor<14xi16> to tensor<4xi16>
  return %slice : tensor<4xi16>
}

// A padded tensor that the model names is made, and read as it is.
// CHECK-LABEL: function named_padding
// CHECK: step 0: tensor.pad
// CHECK: out1[d0] = in0[d0 - 1 else 0]
// CHECK: step 1: linalg.generic
// CHECK: in1[d0]
#identity = affine_map<(d0) -> (d0)>
func.func @named_padding(%x: tensor<2xi8>) -> tensor<4xi8> {
  %zero = arith.constant 0 : i8
  %padded = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : i8
  } {tenon.tensor = #tenon.tensor<1, "padded", scale = 0.0 : f64, zero_point = 0>} : tensor<2xi8> to tensor<4xi8>
  %empty = tensor.empty() : tensor<4xi8>
  %y = linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel"]}
      ins(%padded : tensor<4xi8>) outs(%empty : tensor<4xi8>) {
  ^bb0(%a: i8, %o: i8):
    linalg.yield %a : i8
  } -> tensor<4xi8>
  return %y : tensor<4xi8>
}
