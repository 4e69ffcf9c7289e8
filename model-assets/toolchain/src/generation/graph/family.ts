/** The interface of a family of models that generate text: one file, and one line in index.ts. */
import type { DecoderFacts } from '@pilotlight/model-format';
import type { OnnxModel } from '../../graph/onnx.ts';
import type { WeightSource } from '../../graph/weights.ts';

/** One graph of a model, by the contract of layers/engine/src/runtimes/generation/graphs.ts. */
export interface BuiltPart {
  readonly model: OnnxModel;
  /** What the graph reads. An input of the contract that a family has no use for is not there. */
  readonly inputs: readonly { readonly name: string; readonly type: 'int64' | 'float32' }[];
  /** float32. */
  readonly outputs: readonly { readonly name: string }[];
}

/** The graphs of a checkpoint. */
export interface BuiltGenerator {
  /** @default - the model has no encoder */
  readonly encoder?: BuiltPart;
  readonly step: BuiltPart;
  readonly decoder: DecoderFacts;
  /** `model_type` in config.json. */
  readonly family: string;
  /** Facts that the person who packages the model should know. */
  readonly notes: readonly string[];
  /** Tensors of the checkpoint that the graphs have no use for. */
  readonly unused: readonly string[];
}

export interface GenerationFamily {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** The classes of transformers that generate, as `architectures` of config.json names them. */
  readonly classes: readonly string[];
  /**
   * Builds the graphs of a checkpoint.
   *
   * @throws ToolchainError SOURCE_INVALID where config.json lacks something, SOURCE_UNSUPPORTED where it asks for something that the
   * graphs do not do, WEIGHTS_INVALID where a tensor does not fit
   */
  build(config: unknown, source: WeightSource): Omit<BuiltGenerator, 'family'>;
}
