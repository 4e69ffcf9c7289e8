import type { OnnxManifest } from '@pilotlight/model-format';
import { pilotlightVersion } from '../package-files/versions.ts';
import { RUNTIME_VERSION } from '../stages/optimise.ts';

/** What a package is made by, as its manifest says it. */
export function toolchainFacts(): OnnxManifest['toolchain'] {
  return { pilotlight: pilotlightVersion(), node: nodeMajor(), onnxruntime: RUNTIME_VERSION };
}

/** The major version of Node: another release of it makes no other package. */
export function nodeMajor(): string {
  return process.versions.node.replace(/\..*/, '');
}
