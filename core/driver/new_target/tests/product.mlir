// A product of int8 matrices whose sizes fit nothing evenly, with sums that begin at 7 (a bias).
func.func @main(%a: tensor<37x50xi8>, %b: tensor<50x21xi8>) -> tensor<37x21xi32> {
  %start = arith.constant dense<7> : tensor<37x21xi32>
  %r = linalg.matmul ins(%a, %b : tensor<37x50xi8>, tensor<50x21xi8>) outs(%start : tensor<37x21xi32>) -> tensor<37x21xi32>
  return %r : tensor<37x21xi32>
}
