// What no result needs goes, with what fed it alone; a tensor that the model names stays where that is asked for.
// RUN: tenon-opt --tenon-eliminate-dead-code %s | FileCheck %s --check-prefixes=CHECK,ERASED
// RUN: tenon-opt --tenon-eliminate-dead-code=keep-tensors %s | FileCheck %s --check-prefixes=CHECK,KEPT

// CHECK-LABEL: func.func @unused
// CHECK-NEXT: %[[KEPT:.*]] = tensor.extract_slice %{{.*}}[0] [2] [1]
// CHECK-NEXT: return %[[KEPT]]
func.func @unused(%x: tensor<4xf32>) -> tensor<2xf32> {
  %constant = arith.constant dense<1.0> : tensor<4xf32>
  %feeds = tensor.concat dim(0) %x, %constant : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  %unused = tensor.extract_slice %feeds[2] [3] [1] : tensor<8xf32> to tensor<3xf32>
  %used = tensor.extract_slice %x[0] [2] [1] : tensor<4xf32> to tensor<2xf32>
  return %used : tensor<2xf32>
}

// CHECK-LABEL: func.func @named
// KEPT-NEXT: tensor.extract_slice {{.*}} {tenon.tensor = {{.*}}"seen"
// ERASED-NOT: tensor.extract_slice
// CHECK-NEXT: return
func.func @named(%x: tensor<4xf32>) -> tensor<4xf32> {
  %seen = tensor.extract_slice %x[0] [2] [1] {tenon.tensor = #tenon.tensor<7, "seen", scale = 0.0 : f64, zero_point = 0>}
      : tensor<4xf32> to tensor<2xf32>
  return %x : tensor<4xf32>
}
