/** The part of transformers.js that the engine uses; library.ts implements it. */
import type { TransformersJsManifest } from '@pilotlight/model-format';

/** One model that the library has opened. */
export interface OpenModel {
  /** Samples a second of the recordings that it takes; undefined where it takes none. */
  readonly samplingRate: number | undefined;
  /**
   * Runs one input: a text, the file of an image, or the samples of a recording. `second` stands between it and the
   * other parameters. The result is JSON: tensors are nested lists, images the base64 of a PNG file.
   *
   * @throws EngineError INVALID_INPUT for an image that cannot be decoded; SESSION_FAILED
   */
  run(input: string | Uint8Array | Float32Array, second: unknown, parameters: Parameters): Promise<unknown>;
  dispose(): Promise<void>;
}

export type Parameters = Readonly<Record<string, unknown>>;

/** Opens the model files in `folder`, which have been verified. */
export type OpenTransformersJs = (
  folder: string,
  manifest: TransformersJsManifest,
  options: { readonly intraOpThreads: number },
) => Promise<OpenModel>;
