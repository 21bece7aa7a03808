// A convolution of int8 pictures, channels last, window 3 by 3, every second pixel, with padding.
func.func @main(%x: tensor<1x11x9x20xi8>, %w: tensor<3x3x20x18xi8>) -> tensor<1x6x5x18xi32> {
  %zero = arith.constant 0 : i8
  %p = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%n: index, %h: index, %v: index, %c: index):
    tensor.yield %zero : i8
  } : tensor<1x11x9x20xi8> to tensor<1x13x11x20xi8>
  %start = arith.constant 0 : i32
  %e = tensor.empty() : tensor<1x6x5x18xi32>
  %i = linalg.fill ins(%start : i32) outs(%e : tensor<1x6x5x18xi32>) -> tensor<1x6x5x18xi32>
  %r = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
      ins(%p, %w : tensor<1x13x11x20xi8>, tensor<3x3x20x18xi8>) outs(%i : tensor<1x6x5x18xi32>) -> tensor<1x6x5x18xi32>
  return %r : tensor<1x6x5x18xi32>
}
