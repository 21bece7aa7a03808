// What has no nest is refused with the reason.
// RUN: not tenon-opt --split-input-file --tenon-print-nests %s -o /dev/null 2>&1 | FileCheck %s

// CHECK: error: {{.*}}tensor.gather: tensor.gather has no nest: only linalg operations, tensor.pad
func.func @unknown_operation(%x: tensor<8xf32>, %i: tensor<3x1xindex>) -> tensor<3xf32> {
  %y = tensor.gather %x[%i] gather_dims([0]) : (tensor<8xf32>, tensor<3x1xindex>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// CHECK: error: {{.*}}linalg.generic: linalg.generic has no nest: its tensors must have static shapes
#identity = affine_map<(d0) -> (d0)>
func.func @dynamic_shape(%x: tensor<?xf32>) -> tensor<?xf32> {
  %y = linalg.generic {indexing_maps = [#identity], iterator_types = ["parallel"]} outs(%x : tensor<?xf32>) {
  ^bb0(%o: f32):
    linalg.yield %o : f32
  } -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// CHECK: error: {{.*}}linalg.generic: the scalar operation math.cbrt is not one that a nest has
#identity = affine_map<(d0) -> (d0)>
func.func @unknown_scalar(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = linalg.generic {indexing_maps = [#identity], iterator_types = ["parallel"]} outs(%x : tensor<4xf32>) {
  ^bb0(%o: f32):
    %r = math.cbrt %o : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// CHECK: error: {{.*}}linalg.generic: the type complex<f32> is none of i1 to i64, index, f16, bf16, f32, f64
#identity = affine_map<(d0) -> (d0)>
func.func @unknown_type(%x: tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>> {
  %y = linalg.generic {indexing_maps = [#identity], iterator_types = ["parallel"]} outs(%x : tensor<4xcomplex<f32>>) {
  ^bb0(%o: complex<f32>):
    linalg.yield %o : complex<f32>
  } -> tensor<4xcomplex<f32>>
  return %y : tensor<4xcomplex<f32>>
}

// -----

// CHECK: error: {{.*}}linalg.generic: linalg.generic has no nest: a result reads another result's accumulator
#identity = affine_map<(d0) -> (d0)>
func.func @crossed_accumulators(%x: tensor<4xi32>, %z: tensor<4xi32>) -> (tensor<4xi32>, tensor<4xi32>) {
  %y:2 = linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel"]}
      outs(%x, %z : tensor<4xi32>, tensor<4xi32>) {
  ^bb0(%a: i32, %b: i32):
    linalg.yield %b, %a : i32, i32
  } -> (tensor<4xi32>, tensor<4xi32>)
  return %y#0, %y#1 : tensor<4xi32>, tensor<4xi32>
}

// -----

// CHECK: error: {{.*}}a constant has no elements in the file (dense_resource): it was printed without them
func.func @elided_constant() -> tensor<400xi32> {
  %x = arith.constant dense_resource<__elided__> : tensor<400xi32>
  return %x : tensor<400xi32>
}
