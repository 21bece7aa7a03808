// The marker as a dictionary attribute.
#include "core/ir/QuantizationMarker.h"

#include "mlir/IR/Builders.h"

namespace tenon::ir {

void markQuantization(mlir::Operation *operation, const QuantizationMarker &marker) {
  mlir::Builder builder(operation->getContext());
  operation->setAttr(quantizationAttributeName,
                     builder.getDictionaryAttr({
                         builder.getNamedAttr("quantize", builder.getBoolAttr(marker.isQuantize)),
                         builder.getNamedAttr("unsigned", builder.getBoolAttr(marker.isUnsigned)),
                         builder.getNamedAttr("scales", marker.scales),
                         builder.getNamedAttr("zero_points", marker.zeroPoints),
                         builder.getNamedAttr("axis", builder.getI64IntegerAttr(marker.axis)),
                     }));
}

std::optional<QuantizationMarker> quantizationOf(mlir::Operation *operation) {
  auto dictionary = operation->getAttrOfType<mlir::DictionaryAttr>(quantizationAttributeName);
  if (!dictionary)
    return std::nullopt;
  auto quantize = dictionary.getAs<mlir::BoolAttr>("quantize");
  auto isUnsigned = dictionary.getAs<mlir::BoolAttr>("unsigned");
  auto scales = dictionary.getAs<mlir::DenseElementsAttr>("scales");
  auto zeroPoints = dictionary.getAs<mlir::DenseElementsAttr>("zero_points");
  auto axis = dictionary.getAs<mlir::IntegerAttr>("axis");
  if (!quantize || !isUnsigned || !scales || !zeroPoints || !axis ||
      scales.getNumElements() != zeroPoints.getNumElements())
    return std::nullopt;
  return QuantizationMarker{quantize.getValue(), isUnsigned.getValue(), scales, zeroPoints, axis.getInt()};
}

} // namespace tenon::ir
