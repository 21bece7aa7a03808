"""Small models of quantised ONNX's arithmetic (docs/rationale/quantised-onnx.md) as MLIR, with channels innermost: one
rounding to the nearest, halves up, of a product of 62 bits, and a scale for each channel."""

import numpy


def dense(values):
    return str(values.tolist()).replace("'", "")


def shaped(shape, element):
    return "tensor<" + "x".join(map(str, shape)) + "x" + element + ">"


class Network:
    """A function that is written layer by layer; tensors are (name, shape)."""

    def __init__(self, shape, seed=0):
        self.random = numpy.random.default_rng(seed)
        self.lines = []
        self.count = 0
        self.input = self.last = ("%arg0", tuple(shape))

    def text(self):
        """The module; it returns what the last layer has made."""
        (_, shape), (name, result) = self.input, self.last
        return "\n".join([f"func.func @main(%arg0: {shaped(shape, 'i8')}) -> {shaped(result, 'i8')} {{", *self.lines,
                          f"  return {name} : {shaped(result, 'i8')}", "}", ""])

    # --- Layers ---------------------------------------------------------------------------------------------------
    def convolution(self, source, channels, kernel=3, stride=1, pad=1, zero=-3, scales="channel", dilation=1, **result):
        """`scales`: one for each "channel", or one for the whole "tensor"."""
        n, h, w, c = source[1]
        y, x = [(size + 2 * pad - (kernel - 1) * dilation - 1) // stride + 1 for size in (h, w)]
        weights = self.constant(self.bytes(channels, kernel, kernel, c), "i8")
        window = f"y * {stride} + dy * {dilation}, x * {stride} + dx * {dilation}"
        sums = self.sums(self.padded(source, pad, zero), weights, (n, y, x, channels), zero,
                         f"(n, y, x, o, dy, dx, c) -> (n, {window}, c)",
                         "(n, y, x, o, dy, dx, c) -> (o, dy, dx, c)", "(n, y, x, o, dy, dx, c) -> (n, y, x, o)")
        return self.requantised(sums, kernel * kernel * c, scales, **result)

    def depthwise(self, source, kernel=3, stride=1, pad=1, zero=-3, scales="channel", **result):
        n, h, w, c = source[1]
        y, x = [(size + 2 * pad - kernel) // stride + 1 for size in (h, w)]
        weights = self.constant(self.bytes(kernel, kernel, c), "i8")
        sums = self.sums(self.padded(source, pad, zero), weights, (n, y, x, c), zero,
                         f"(n, y, x, o, dy, dx) -> (n, y * {stride} + dy, x * {stride} + dx, o)",
                         "(n, y, x, o, dy, dx) -> (dy, dx, o)", "(n, y, x, o, dy, dx) -> (n, y, x, o)")
        return self.requantised(sums, kernel * kernel, scales, **result)

    def fully_connected(self, source, outputs, zero=-3, scales="channel", **result):
        n, k = source[1]
        weights = self.constant(self.bytes(outputs, k), "i8")
        sums = self.sums(source, weights, (n, outputs), zero, "(n, o, k) -> (n, k)", "(n, o, k) -> (o, k)",
                         "(n, o, k) -> (n, o)")
        return self.requantised(sums, k, scales, **result)

    def flattened(self, source):
        n, *rest = source[1]
        name, shape = self.name(), (n, int(numpy.prod(rest)))
        groups = "[[0], [" + ", ".join(str(i + 1) for i in range(len(rest))) + "]]"
        self.lines.append(f"  {name} = tensor.collapse_shape {source[0]} {groups} : "
                          f"{shaped(source[1], 'i8')} into {shaped(shape, 'i8')}")
        return self.made(name, shape)

    def add(self, left, right, multipliers=(1324140443, 973313225), shift=30, zeros=(-19, 15), zero=-128, low=-128,
            high=127):
        body = ["%l = arith.extsi %a : i8 to i32", f"%lz = arith.constant {zeros[0]} : i32",
                "%ld = arith.subi %l, %lz : i32", "%lw = arith.extsi %ld : i32 to i64",
                f"%lm = arith.constant {multipliers[0]} : i64", "%lp = arith.muli %lw, %lm : i64",
                "%r = arith.extsi %b : i8 to i32", f"%rz = arith.constant {zeros[1]} : i32",
                "%rd = arith.subi %r, %rz : i32", "%rw = arith.extsi %rd : i32 to i64",
                f"%rm = arith.constant {multipliers[1]} : i64", "%rp = arith.muli %rw, %rm : i64",
                "%p = arith.addi %lp, %rp : i64", f"%s = arith.constant {shift} : i64",
                *self.finish("%p", "%s", zero, low, high)]
        same = self.identity(left[1])
        return self.generic([left, right], ["i8", "i8"], [same, same], left[1], same, "%a: i8, %b: i8, %o: i8", body)

    def largest(self, source, window=2, stride=2):
        n, h, w, c = source[1]
        shape = (n, (h - window) // stride + 1, (w - window) // stride + 1, c)
        start = self.filled(-128, shape, "i8")
        taps = self.empty((window, window), "i8")
        maps = [f"(n, y, x, c, dy, dx) -> (n, y * {stride} + dy, x * {stride} + dx, c)",
                "(n, y, x, c, dy, dx) -> (dy, dx)", "(n, y, x, c, dy, dx) -> (n, y, x, c)"]
        name = self.reduction([source, taps], ["i8", "i8"], maps, start, shape, "i8", 2, "%a: i8, %t: i8, %o: i8",
                              ["%m = arith.maxsi %o, %a : i8"], "%m")
        return self.made(name, shape)

    def average(self, source, window, zero=-3, **result):
        """Of windows side by side."""
        n, h, w, c = source[1]
        shape = (n, h // window, w // window, c)
        taps = self.empty((window, window), "i8")
        maps = [f"(n, y, x, c, dy, dx) -> (n, y * {window} + dy, x * {window} + dx, c)",
                "(n, y, x, c, dy, dx) -> (dy, dx)", "(n, y, x, c, dy, dx) -> (n, y, x, c)"]
        name = self.reduction([source, taps], ["i8", "i8"], maps, self.filled(0, shape, "i32"), shape, "i32", 2,
                              "%a: i8, %t: i8, %o: i32",
                              ["%w = arith.extsi %a : i8 to i32", f"%z = arith.constant {zero} : i32",
                               "%d = arith.subi %w, %z : i32", "%m = arith.addi %o, %d : i32"], "%m")
        return self.requantised((name, shape), window * window, "tensor", weight=1, bias=False, **result)

    # --- Their parts ------------------------------------------------------------------------------------------------
    def requantised(self, sums, products, scales, zero_out=-11, low=-128, high=127, weight=70, bias=True,
                    magnify=1.0):
        """Scales that spread the sums of so many random products over a byte, and `magnify` times beyond it."""
        shape = sums[1]
        channels = shape[-1] if scales == "channel" else 1
        ratio = magnify * 60 / (75 * weight * numpy.sqrt(products)) * self.random.uniform(0.5, 1.5, channels)
        fraction, exponent = numpy.frexp(ratio)
        multipliers, shifts = numpy.floor(fraction * 2.0**31).astype(numpy.int64), 31 - exponent
        same, last = self.identity(shape), self.identity(shape, len(shape) - 1)
        tensors, types, maps, arguments = [sums], ["i32"], [same], ["%a: i32"]
        body = []
        if bias:
            tensors.append(self.constant(self.random.integers(-3000, 3000, shape[-1]), "i32"))
            body.append("%sum = arith.addi %a, %b : i32")
            arguments.append("%b: i32")
        if scales == "channel":
            tensors += [self.constant(multipliers, "i32"), self.constant(shifts, "i32")]
            arguments += ["%m: i32", "%h: i32"]
            body += ["%mw = arith.extsi %m : i32 to i64", "%s = arith.extsi %h : i32 to i64"]
        else:
            body += [f"%mw = arith.constant {multipliers[0]} : i64", f"%s = arith.constant {shifts[0]} : i64"]
        extra = len(tensors) - 1
        body += [f"%wide = arith.extsi {'%sum' if bias else '%a'} : i32 to i64", "%p = arith.muli %wide, %mw : i64",
                 *self.finish("%p", "%s", zero_out, low, high)]
        return self.generic(tensors, types + ["i32"] * extra, maps + [last] * extra, shape, same,
                            ", ".join([*arguments, "%o: i8"]), body)

    @staticmethod
    def finish(product, shift, zero, low, high):
        return [f"%q = tenon.rounding_shift_right half_up {product}, {shift} : i64",
                f"%zy = arith.constant {zero} : i64", "%qz = arith.addi %q, %zy : i64",
                f"%low = arith.constant {low} : i64", "%ql = arith.maxsi %qz, %low : i64",
                f"%high = arith.constant {high} : i64", "%qh = arith.minsi %ql, %high : i64",
                "%result = arith.trunci %qh : i64 to i8"]

    def sums(self, source, weights, shape, zero, *maps):
        name = self.reduction([source, weights], ["i8", "i8"], maps, self.filled(0, shape, "i32"), shape, "i32",
                              maps[0].split("->")[0].count(",") + 1 - len(shape), "%a: i8, %w: i8, %o: i32",
                              ["%aw = arith.extsi %a : i8 to i32", f"%z = arith.constant {zero} : i32",
                               "%d = arith.subi %aw, %z : i32", "%ww = arith.extsi %w : i8 to i32",
                               "%p = arith.muli %d, %ww : i32", "%s = arith.addi %o, %p : i32"], "%s")
        return name, shape

    def padded(self, source, pad, zero):
        if pad == 0:
            return source
        n, h, w, c = source[1]
        value, name, shape = self.name(), self.name(), (n, h + 2 * pad, w + 2 * pad, c)
        self.lines += [f"  {value} = arith.constant {zero} : i8",
                       f"  {name} = tensor.pad {source[0]} low[0, {pad}, {pad}, 0] high[0, {pad}, {pad}, 0] {{",
                       "  ^bb0(%i: index, %j: index, %k: index, %l: index):", f"    tensor.yield {value} : i8",
                       f"  }} : {shaped(source[1], 'i8')} to {shaped(shape, 'i8')}"]
        return name, shape

    # --- MLIR -----------------------------------------------------------------------------------------------------
    def name(self):
        self.count += 1
        return f"%v{self.count}"

    def made(self, name, shape):
        self.last = (name, tuple(shape))
        return self.last

    def bytes(self, *shape):
        values = self.random.integers(-127, 128, shape)
        return numpy.where(self.random.random(shape) < 0.1, self.random.choice([-128, 127], shape), values)

    def constant(self, values, element):
        name = self.name()
        self.lines.append(f"  {name} = arith.constant dense<{dense(values)}> : {shaped(values.shape, element)}")
        return name, values.shape

    def empty(self, shape, element):
        name = self.name()
        self.lines.append(f"  {name} = tensor.empty() : {shaped(shape, element)}")
        return name, shape

    def filled(self, value, shape, element):
        number, name = self.name(), self.name()
        empty = self.empty(shape, element)[0]
        self.lines += [f"  {number} = arith.constant {value} : {element}",
                       f"  {name} = linalg.fill ins({number} : {element}) outs({empty} : {shaped(shape, element)}) -> "
                       f"{shaped(shape, element)}"]
        return name

    @staticmethod
    def identity(shape, only=None):
        dims = [f"d{i}" for i in range(len(shape))]
        return f"({', '.join(dims)}) -> ({', '.join(dims if only is None else [dims[only]])})"

    def generic(self, tensors, types, maps, shape, result_map, arguments, body):
        out = self.empty(shape, "i8")[0]
        name = self.reduction(tensors, types, [*maps, result_map], out, shape, "i8", 0, arguments, body, "%result")
        return self.made(name, shape)

    def reduction(self, tensors, types, maps, out, shape, element, reductions, arguments, body, result):
        name = self.name()
        kinds = ['"parallel"'] * len(shape) + ['"reduction"'] * reductions
        inputs = ", ".join(name for name, _ in tensors)
        input_types = ", ".join(shaped(shape, kind) for (_, shape), kind in zip(tensors, types))
        self.lines += [f"  {name} = linalg.generic {{indexing_maps = [{', '.join(f'affine_map<{m}>' for m in maps)}], "
                       f"iterator_types = [{', '.join(kinds)}]}} ins({inputs} : {input_types}) "
                       f"outs({out} : {shaped(shape, element)}) {{", f"  ^bb0({arguments}):",
                       *[f"    {line}" for line in body], f"    linalg.yield {result} : {element}",
                       f"  }} -> {shaped(shape, element)}"]
        return name
