import type { Graph, OnnxManifest, TaskName } from '@pilotlight/model-format';
import type { OnnxModel } from '../graph/onnx.ts';
import type { SourceFolder } from './folder.ts';

/** A model as packaging takes it, wherever it came from: a graph, of fp32 unless the source is quantised, and all that the manifest has to say of it. */
export interface ModelSource {
  readonly kind: OnnxManifest['source']['kind'];
  /** The name of the source, which is that of its folder. */
  readonly id: string;
  /** sha256 of every file that was read, by its path in the folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly task: TaskName;
  readonly labels: readonly string[];
  readonly taskDefaults: OnnxManifest['taskDefaults'];
  readonly model: OnnxModel;
  /** The numbers of the weights as the source has them: halves are fp32 in `model`, integers stay. @default - fp32 */
  readonly precision?: NonNullable<OnnxManifest['source']['precision']>;
  readonly inputs: Graph['inputs'];
  readonly outputs: Graph['outputs'];
  readonly tokenizer: TokenizerSource;
  /** Content of README.md, the model card. */
  readonly readme: string | undefined;
  /** Facts that the person who packages the model should know: tensors left out, labels that have no names. */
  readonly notes: readonly string[];
}

export interface TokenizerSource {
  /** Content of the tokenizer.json that goes into the package. */
  readonly json: string;
  readonly vocabSize: number;
  readonly padTokenId: number;
  /** The text that marks a token to be filled in, where the vocabulary has such a token. */
  readonly maskToken?: string;
  /** Longest sequence that the model takes, special tokens included. */
  readonly maxTokens: number;
  /** The end of a text that is cut where it is too long. @default 'right' */
  readonly truncationSide?: 'left';
  /** Facts that the person who packages the model should know: the file that it was built from. */
  readonly notes: readonly string[];
}

type TaskDefaults = NonNullable<OnnxManifest['taskDefaults']>;

export interface SourceOptions {
  /** @default - what `architectures` in config.json says */
  readonly task?: TaskName;
  /** The way in which a tagger chooses labels. @default - the manifest does not say it */
  readonly decoding?: TaskDefaults['decoding'];
  /** How token vectors become one. @default - what modules.json says */
  readonly pooling?: TaskDefaults['pooling'];
  /** Whether embeddings have length 1. @default - what modules.json says */
  readonly normalize?: TaskDefaults['normalize'];
  /** Folder of the base model that a LoRA adapter is merged into. @default - the source is no adapter */
  readonly base?: string;
  /** The .onnx file to take, relative to the source. @default - the usual names, in the order of sources/onnx-files.ts */
  readonly file?: string;
  /** The output of an .onnx graph to take. @default - chosen by name, type and shape */
  readonly output?: string;
}

/** One kind of source. */
export interface SourceReader {
  /**
   * Says what the reader finds in a folder: a model that it can read, or one of its kind that it does not support, which `read`
   * refuses with the reason. Undefined where there is no such model.
   */
  claim(folder: SourceFolder): 'readable' | 'unsupported' | undefined;
  /** Whether it reads adapters, which take a base. @default false */
  readonly takesBase?: boolean;
  read(folder: SourceFolder, options: SourceOptions): Promise<ModelSource>;
}
