/**
 * From 1.29 on, official builds of ONNX Runtime for Linux and macOS send Microsoft what they run, names of models among it, and
 * leave a device id in the home folder (microsoft/onnxruntime#27379). Read once, when a process makes its first session; threads
 * have a copy of the environment that ONNX Runtime does not see, so the main thread has to have loaded this. To send
 * it nevertheless, set ORT_DISABLE_TELEMETRY=0.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
