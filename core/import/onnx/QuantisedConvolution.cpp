// Conv in integers: the image is padded with its zero point, which is the real number 0.
#include "core/import/onnx/Convolution.h"
#include "core/import/onnx/QuantisedOperator.h"

namespace tenon::import::onnx {

llvm::Error convertQuantisedConv(NodeConversion &c, const QuantisedGroup &group) {
  if (llvm::Error wrong = c.requireInputs(2, 3))
    return wrong;
  const Quantisation &image = *group.inputs[0], &weights = *group.inputs[1];
  mlir::TypedAttr outside = c.builder.getI8IntegerAttr(static_cast<int8_t>(image.zeroPoint()));
  llvm::Expected<PreparedConvolution> prepared = prepareConvolution(c, 0, 1, outside);
  if (!prepared)
    return prepared.takeError();
  llvm::Expected<mlir::Value> bias =
      biasOf(c, group, prepared->sizes.groups * prepared->sizes.channelsOfGroup);
  if (!bias)
    return bias.takeError();
  mlir::Value sums =
      sumsOfWindows(c, prepared->image, prepared->weights, prepared->window, prepared->sizes,
                    c.builder.getI32Type(), [&](Scalars &s, mlir::ValueRange in) {
                      return s.add(in[2], s.multiply(centred(s, in[0], image), centred(s, in[1], weights)));
                    });
  llvm::Expected<mlir::Value> result = requantise(c, sums, ratiosOf(group), 1, *bias, group);
  return result ? c.setOutput(*result, Type::INT8) : result.takeError();
}

} // namespace tenon::import::onnx
