// The tenon dialect itself, its enumerations and its attributes.
#ifndef TENON_BASE
#define TENON_BASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Tenon_Dialect : Dialect {
  let name = "tenon";
  let cppNamespace = "::tenon::ir";
  let summary = "What upstream lacks: exact integer scalar operations, and the model's nodes and tensors";
  let description = [{
    Operators are stored as linalg on tensors. The bodies of quantised operators are written in `arith` and in the
    exact integer operations of this dialect, so that whoever reads a body sees every rounding and saturation.
    Attributes keep the way back to the model: which node an operation came from, which tensor a value is.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let extraClassDeclaration = [{ void registerAttributes(); }];
}

def Tenon_Rounding : I32EnumAttr<"Rounding", "how x / 2^s is rounded to an integer", [
  I32EnumAttrCase<"HalfUp", 0, "half_up">,
  I32EnumAttrCase<"HalfAwayFromZero", 1, "half_away_from_zero">,
  I32EnumAttrCase<"HalfToEven", 2, "half_to_even">,
  I32EnumAttrCase<"Down", 3, "down">,
  I32EnumAttrCase<"TowardsZero", 4, "towards_zero">
]> {
  let cppNamespace = "::tenon::ir";
  let genSpecializedAttr = 0;
}
def Tenon_RoundingAttr : EnumAttr<Tenon_Dialect, Tenon_Rounding, "rounding">;

def Tenon_Signedness : I32EnumAttr<"Signedness", "which range of a width", [
  I32EnumAttrCase<"Signed", 0, "signed">,
  I32EnumAttrCase<"Unsigned", 1, "unsigned">
]> {
  let cppNamespace = "::tenon::ir";
  let genSpecializedAttr = 0;
}
def Tenon_SignednessAttr : EnumAttr<Tenon_Dialect, Tenon_Signedness, "signedness">;

class Tenon_Attr<string name, string keyword> : AttrDef<Tenon_Dialect, name> { let mnemonic = keyword; }

def Tenon_NodeAttr : Tenon_Attr<"Node", "node"> {
  let summary = "a node of the model, as the metadata of a fused location";
  let description = [{
    `op` is the model format's own name of the operator (it is for people; nothing may be decided by it), `index` the
    node's place in the file, `name` the name of its first output.
  }];
  let parameters = (ins StringRefParameter<"the format's name of the operator">:$op, "int64_t":$index,
                        StringRefParameter<"the name of the first output">:$name);
  let assemblyFormat = "`<` $op `,` $index `,` $name `>`";
  let genVerifyDecl = 1;
}

def Tenon_TensorAttr : Tenon_Attr<"Tensor", "tensor"> {
  let summary = "a tensor of the model: what an operation's result or a function's argument is there";
  let description = [{
    Stands in the discardable attribute `tenon.tensor` of an operation with one result or of a function's argument.
    `scale` is 0 where the tensor is not quantised or has a scale for each channel. `unsigned` says that the model's
    integers begin at 0; in the module they are signless.
  }];
  let parameters = (ins "int64_t":$index, StringRefParameter<"">:$name, "::mlir::FloatAttr":$scale,
                        "int64_t":$zeroPoint, DefaultValuedParameter<"bool", "false">:$isUnsigned);
  let assemblyFormat = "`<` $index `,` $name `,` `scale` `=` $scale `,` `zero_point` `=` $zeroPoint"
                       " (`,` `unsigned` `=` $isUnsigned^)? `>`";
  let genVerifyDecl = 1;
}

#endif // TENON_BASE
