"""Small models of linalg as text, by name: NAMED has the named operations, OTHERS what stands beside linalg, each with
the shapes of its float inputs, what numpy computes and how far a float may be off."""

import numpy

NAMED = {}


def function(arguments, result, body):
    return f"func.func @main({arguments}) -> {result} {{\n{body}\n}}\n"


def named(name, inputs, output, attributes="", fill=False):
    """One operation on tensors of these shapes; sums start from 0 (fill)."""
    element = output.split("x")[-1]
    arguments = ", ".join(f"%a{i}: tensor<{kind}>" for i, kind in enumerate(inputs))
    kinds = ", ".join(f"tensor<{kind}>" for kind in inputs)
    values = ", ".join(f"%a{i}" for i in range(len(inputs)))
    body = f"  %e = tensor.empty() : tensor<{output}>\n"
    if fill:
        zero = "0" if element.startswith("i") else "0.0"
        body += (f"  %z = arith.constant {zero} : {element}\n"
                 f"  %i = linalg.fill ins(%z : {element}) outs(%e : tensor<{output}>) -> tensor<{output}>\n")
    start = "%i" if fill else "%e"
    body += (f"  %r = linalg.{name} {attributes} ins({values} : {kinds}) outs({start} : tensor<{output}>)"
             f" -> tensor<{output}>\n  return %r : tensor<{output}>")
    kind = inputs[0].split("x")[-1]
    NAMED[name if kind == "f32" else f"{name}_{kind}"] = function(arguments, f"tensor<{output}>", body)


def window(rank, stride=1):
    return f"{{dilations = dense<1> : tensor<{rank}xi64>, strides = dense<{stride}> : tensor<{rank}xi64>}}"


for unary in "exp log abs ceil floor negf reciprocal round sqrt rsqrt square tanh erf".split():
    named(unary, ["4x5xf32"], "4x5xf32")
for binary in "add sub mul div max min powf".split():
    named(binary, ["4x5xf32"] * 2, "4x5xf32")
for binary in "add sub mul max min".split():
    named(binary, ["4x5xi32"] * 2, "4x5xi32")
named("copy", ["4x5xf32"], "4x5xf32")
named("select", ["4xi1", "4xf32", "4xf32"], "4xf32")
for name, shapes, result in [
        ("matmul", ["4x5", "5x6"], "4x6"), ("matmul_transpose_a", ["5x4", "5x6"], "4x6"),
        ("matmul_transpose_b", ["4x5", "6x5"], "4x6"), ("batch_matmul", ["2x4x5", "2x5x6"], "2x4x6"),
        ("batch_matmul_transpose_a", ["2x5x4", "2x5x6"], "2x4x6"),
        ("batch_matmul_transpose_b", ["2x4x5", "2x6x5"], "2x4x6"), ("batch_reduce_matmul", ["2x4x5", "2x5x6"], "4x6"),
        ("mmt4d", ["1x2x3x4", "5x2x6x4"], "1x5x3x6"), ("batch_mmt4d", ["2x1x2x3x4", "2x5x2x6x4"], "2x1x5x3x6"),
        ("matvec", ["4x5", "5"], "4"), ("vecmat", ["4", "4x5"], "5"), ("batch_matvec", ["2x4x5", "2x5"], "2x4"),
        ("batch_vecmat", ["2x4", "2x4x5"], "2x5"), ("conv_2d", ["9x9", "3x3"], "7x7"), ("conv_1d", ["9", "3"], "7"),
        ("conv_3d", ["5x5x5", "3x3x3"], "3x3x3")]:
    named(name, [f"{shape}xf32" for shape in shapes], f"{result}xf32", fill=True)
named("matmul", ["4x5xi8", "5x6xi8"], "4x6xi32", fill=True)
named("matmul", ["4x5xf16", "5x6xf16"], "4x6xf32", fill=True)
named("conv_2d_nchw_fchw", ["1x3x9x9xi8", "4x3x3x3xi8"], "1x4x4x4xi32", window(2, 2), fill=True)
for name, shapes, result, attributes in [
        ("conv_2d_nchw_fchw", ["1x3x9x9", "4x3x3x3"], "1x4x4x4", window(2, 2)),
        ("conv_2d_nhwc_hwcf", ["1x9x9x3", "3x3x3x4"], "1x4x4x4", window(2, 2)),
        ("conv_2d_nhwc_fhwc", ["1x9x9x3", "4x3x3x3"], "1x4x4x4", window(2, 2)),
        ("conv_2d_ngchw_fgchw", ["1x2x3x9x9", "4x2x3x3x3"], "1x2x4x4x4", window(2, 2)),
        ("conv_2d_ngchw_gfchw", ["1x2x3x9x9", "2x4x3x3x3"], "1x2x4x4x4", window(2, 2)),
        ("conv_1d_ncw_fcw", ["1x3x9", "4x3x3"], "1x4x7", window(1)),
        ("conv_1d_nwc_wcf", ["1x9x3", "3x3x4"], "1x7x4", window(1)),
        ("conv_3d_ncdhw_fcdhw", ["1x2x5x5x5", "4x2x3x3x3"], "1x4x3x3x3", window(3)),
        ("conv_3d_ndhwc_dhwcf", ["1x5x5x5x2", "3x3x3x2x4"], "1x3x3x3x4", window(3)),
        ("depthwise_conv_1d_ncw_cw", ["1x3x9", "3x3"], "1x3x7", window(1)),
        ("depthwise_conv_1d_nwc_wc", ["1x9x3", "3x3"], "1x7x3", window(1)),
        ("depthwise_conv_1d_nwc_wcm", ["1x9x3", "3x3x2"], "1x7x3x2", window(1)),
        ("depthwise_conv_2d_nchw_chw", ["1x3x9x9", "3x3x3"], "1x3x4x4", window(2, 2)),
        ("depthwise_conv_2d_nhwc_hwc", ["1x9x9x3", "3x3x3"], "1x4x4x3", window(2, 2)),
        ("depthwise_conv_2d_nhwc_hwcm", ["1x9x9x3", "3x3x3x2"], "1x4x4x3x2", window(2, 2)),
        ("depthwise_conv_3d_ncdhw_cdhw", ["1x2x5x5x5", "2x3x3x3"], "1x2x3x3x3", window(3)),
        ("pooling_nchw_sum", ["1x3x8x8", "2x2"], "1x3x4x4", window(2, 2)),
        ("pooling_nchw_max", ["1x3x8x8", "2x2"], "1x3x4x4", window(2, 2)),
        ("pooling_ncw_sum", ["1x3x8", "2"], "1x3x7", window(1)),
        ("pooling_ncw_max", ["1x3x8", "2"], "1x3x7", window(1)),
        *((f"pooling_nhwc_{kind}", ["1x8x8x3", "2x2"], "1x4x4x3", window(2, 2)) for kind in ("sum", "max", "min")),
        *((f"pooling_nwc_{kind}", ["1x8x3", "2"], "1x7x3", window(1)) for kind in ("sum", "max", "min")),
        *((f"pooling_ndhwc_{kind}", ["1x4x4x4x3", "2x2x2"], "1x3x3x3x3", window(3)) for kind in ("sum", "max", "min"))]:
    named(name, [f"{shape}xf32" for shape in shapes], f"{result}xf32", attributes, fill=True)
for kind in ("max_unsigned",):
    named(f"pooling_nhwc_{kind}", ["1x8x8x3xi8", "2x2xi8"], "1x4x4x3xi8", window(2, 2), fill=True)
    named(f"pooling_nwc_{kind}", ["1x8x3xi8", "2xi8"], "1x7x3xi8", window(1), fill=True)
NAMED["quantized_matmul"] = function("%a: tensor<4x5xi8>, %b: tensor<5x6xi8>", "tensor<4x6xi32>", """\
  %e = tensor.empty() : tensor<4x6xi32>
  %z = arith.constant 0 : i32
  %p = arith.constant 3 : i32
  %i = linalg.fill ins(%z : i32) outs(%e : tensor<4x6xi32>) -> tensor<4x6xi32>
  %r = linalg.quantized_matmul ins(%a, %b, %p, %z : tensor<4x5xi8>, tensor<5x6xi8>, i32, i32)
      outs(%i : tensor<4x6xi32>) -> tensor<4x6xi32>
  return %r : tensor<4x6xi32>""")
NAMED["transpose"] = function("%a: tensor<4x5xf32>", "tensor<5x4xf32>", """\
  %e = tensor.empty() : tensor<5x4xf32>
  %r = linalg.transpose ins(%a : tensor<4x5xf32>) outs(%e : tensor<5x4xf32>) permutation = [1, 0]
  return %r : tensor<5x4xf32>""")
NAMED["broadcast"] = function("%a: tensor<4xf32>", "tensor<5x4xf32>", """\
  %e = tensor.empty() : tensor<5x4xf32>
  %r = linalg.broadcast ins(%a : tensor<4xf32>) outs(%e : tensor<5x4xf32>) dimensions = [0]
  return %r : tensor<5x4xf32>""")
for combine in ("addf", "mulf", "maximumf", "maxnumf", "minnumf"):
    NAMED[f"reduce_{combine}"] = function("%a: tensor<4x5xf32>", "tensor<4xf32>", f"""\
  %e = tensor.empty() : tensor<4xf32>
  %z = arith.constant 0.0625 : f32
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r = linalg.reduce {{ arith.{combine} }} ins(%a : tensor<4x5xf32>) outs(%i : tensor<4xf32>) dimensions = [1]
  return %r : tensor<4xf32>""")


def softmax(a):
    e = numpy.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def elementwise(a, b):
    z = numpy.tanh(a * numpy.float32(2) + b)
    return numpy.where(z > a, z, a)


def inserted(a, b):
    result = a.copy()
    result[1:3] = b
    return result


OTHERS = {
    "map": (function("%a: tensor<4xf32>, %b: tensor<4xf32>", "tensor<4xf32>", """\
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.map { arith.subf } ins(%a, %b : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>)
  return %r : tensor<4xf32>"""), [4, 4], lambda a, b: a - b, 0),
    "softmax": (function("%a: tensor<4x5xf32>", "tensor<4x5xf32>", """\
  %e = tensor.empty() : tensor<4x5xf32>
  %r = linalg.softmax dimension(1) ins(%a : tensor<4x5xf32>) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %r : tensor<4x5xf32>"""), [(4, 5)], softmax, 1e-6),
    "elementwise": (function("%a: tensor<4xf32>, %b: tensor<4xf32>", "tensor<4xf32>", """\
  %c = arith.constant dense<2.0> : tensor<4xf32>
  %x = arith.mulf %a, %c : tensor<4xf32>
  %y = arith.addf %x, %b : tensor<4xf32>
  %z = math.tanh %y : tensor<4xf32>
  %k = arith.cmpf ogt, %z, %a : tensor<4xf32>
  %s = arith.select %k, %z, %a : tensor<4xi1>, tensor<4xf32>
  return %s : tensor<4xf32>"""), [4, 4], elementwise, 1e-6),
    "rsqrt": (function("%a: tensor<4xf32>", "tensor<4xf32>", """\
  %b = arith.mulf %a, %a : tensor<4xf32>
  %r = math.rsqrt %b : tensor<4xf32>
  return %r : tensor<4xf32>"""), [4], lambda a: 1 / numpy.abs(a), 1e-6),
    "insert_slice": (function("%a: tensor<4x5xf32>, %b: tensor<2x5xf32>", "tensor<4x5xf32>",
                              """\
  %c = tensor.insert_slice %b into %a[1, 0] [2, 5] [1, 1] : tensor<2x5xf32> into tensor<4x5xf32>
  return %c : tensor<4x5xf32>"""), [(4, 5), (2, 5)], inserted, 0),
    "insert_a_row": (function("%a: tensor<4x5xf32>, %b: tensor<5xf32>", "tensor<4x5xf32>",
                              """\
  %c = tensor.insert_slice %b into %a[2, 0] [1, 5] [1, 1] : tensor<5xf32> into tensor<4x5xf32>
  return %c : tensor<4x5xf32>"""), [(4, 5), 5], lambda a, b: numpy.concatenate([a[:2], b[None], a[3:]]), 0),
    "insert_slices_into_nothing": (function("%a: tensor<4x5xf32>, %b: tensor<2x5xf32>", "tensor<6x5xf32>",
                                            """\
  %e = tensor.empty() : tensor<6x5xf32>
  %c = tensor.insert_slice %b into %e[0, 0] [2, 5] [1, 1] : tensor<2x5xf32> into tensor<6x5xf32>
  %d = tensor.insert_slice %a into %c[2, 0] [4, 5] [1, 1] : tensor<4x5xf32> into tensor<6x5xf32>
  return %d : tensor<6x5xf32>"""), [(4, 5), (2, 5)], lambda a, b: numpy.concatenate([b, a]), 0),
    "shapes": (function("%a: tensor<4x6xf32>", "tensor<24xf32>",
                        """\
  %k = tensor.cast %a : tensor<4x6xf32> to tensor<?x6xf32>
  %d = tensor.cast %k : tensor<?x6xf32> to tensor<4x6xf32>
  %e = tensor.expand_shape %d [[0], [1, 2]] output_shape [4, 2, 3] : tensor<4x6xf32> into tensor<4x2x3xf32>
  %c = tensor.collapse_shape %e [[0, 1, 2]] : tensor<4x2x3xf32> into tensor<24xf32>
  return %c : tensor<24xf32>"""), [(4, 6)], numpy.ravel, 0),
    "dense_resource": (function("%a: tensor<4xf32>", "tensor<4xf32>", """\
  %c = arith.constant dense_resource<w> : tensor<4xf32>
  %r = arith.addf %a, %c : tensor<4xf32>
  return %r : tensor<4xf32>""") + """{-#
  dialect_resources: {
    builtin: {
      w: "0x040000000000803F000000400000404000008040"
    }
  }
#-}
""", [4], lambda a: a + numpy.arange(1, 5, dtype=numpy.float32), 0),
}
