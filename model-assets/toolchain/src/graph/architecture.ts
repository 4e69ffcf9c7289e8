/** The interface of a family of models whose checkpoints can be packaged: one file, and one entry in the table. */
import type { Graph, TaskHead } from '@pilotlight/model-format';
import type { OnnxModel } from './onnx.ts';
import type { WeightSource } from './weights.ts';

/** The layers on top of the base model. `none` gives its last hidden states. */
export type Head = TaskHead;

export type GraphInputs = Graph['inputs'];
export type GraphOutputs = Graph['outputs'];

export interface BuiltGraph {
  readonly model: OnnxModel;
  readonly inputs: GraphInputs;
  readonly outputs: GraphOutputs;
  /** Longest sequence that the position embeddings allow. */
  readonly maxTokens: number;
  readonly vocabulary: number;
  /** Tensors of the checkpoint that this graph has no use for. */
  readonly unused: readonly string[];
}

export interface Architecture {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** Names in `architectures` of config.json, and the head that each of them has. */
  readonly heads: Readonly<Record<string, Head>>;
  /**
   * Builds the graph of a checkpoint. Throws SOURCE_INVALID when config.json lacks something, SOURCE_UNSUPPORTED
   * when it asks for something that this graph does not do, WEIGHTS_INVALID when a tensor does not fit.
   */
  build(config: unknown, source: WeightSource, head: Head, labels: number): BuiltGraph;
}

/** The classes that transformers has for a family, by the name that it gives them: `classHeads('Bert')`. */
export function classHeads(family: string): Readonly<Record<string, Head>> {
  return {
    [`${family}ForSequenceClassification`]: 'sequence-classification',
    [`${family}ForTokenClassification`]: 'token-classification',
    [`${family}ForQuestionAnswering`]: 'question-answering',
    [`${family}ForMaskedLM`]: 'masked-lm',
    [`${family}Model`]: 'none',
  };
}
