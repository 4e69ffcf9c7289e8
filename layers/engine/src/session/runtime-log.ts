/**
 * The environment of ONNX Runtime logs errors alone. In an environment of Lambda on arm64 it would warn each time that it cannot
 * read /sys/devices/system/cpu, which costs nothing: see ADR-arm64.md. Read when a process makes its first session.
 */
import * as ort from 'onnxruntime-node';

ort.env.logLevel = 'error';
