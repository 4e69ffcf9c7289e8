"""Quantises model.onnx of one folder into another as onnxruntime's documentation shows it: dynamic, per channel."""

import os
import sys

from onnxruntime.quantization import QuantType, quantize_dynamic

source, target = sys.argv[1:]
quantize_dynamic(
    os.path.join(source, "model.onnx"),
    os.path.join(target, "model.onnx"),
    per_channel=True,
    weight_type=QuantType.QInt8,
)
