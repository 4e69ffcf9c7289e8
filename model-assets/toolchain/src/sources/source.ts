import type { Graph, OnnxManifest, TaskName } from '@pilotlight/model-format';
import type { OnnxModel } from '../graph/onnx.ts';

/** A model as packaging takes it, wherever it came from: an fp32 graph and all that the manifest has to say of it. */
export interface ModelSource {
  readonly kind: OnnxManifest['source']['kind'];
  /** What the source is called: the name of its folder. */
  readonly id: string;
  /** sha256 of every file that was read, by its path in the folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly task: TaskName;
  readonly labels: readonly string[];
  readonly taskDefaults: OnnxManifest['taskDefaults'];
  readonly model: OnnxModel;
  readonly inputs: Graph['inputs'];
  readonly outputs: Graph['outputs'];
  readonly tokenizer: TokenizerSource;
  /** Content of README.md, the model card. */
  readonly readme: string | undefined;
  /** What who packages the model should know: tensors left out, labels that have no names. */
  readonly notes: readonly string[];
}

export interface TokenizerSource {
  /** Absolute path of tokenizer.json. */
  readonly path: string;
  readonly vocabSize: number;
  readonly padTokenId: number;
  /** What stands for a token to be filled in, where the vocabulary has such a token. */
  readonly maskToken?: string;
  /** Longest sequence that the model takes, special tokens included. */
  readonly maxTokens: number;
}

export interface SourceOptions {
  /** @default - what `architectures` in config.json says */
  readonly task?: TaskName;
  /** How a tagger's labels are chosen. @default - the manifest says nothing of it */
  readonly decoding?: NonNullable<OnnxManifest['taskDefaults']>['decoding'];
}
