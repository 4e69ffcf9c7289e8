/** What reads packages without running them: the toolchain of layers and stacks needs no ONNX Runtime for it. */
export { parseManifest } from './store/parse-manifest.ts';
export { compareVersions } from './store/versions.ts';
