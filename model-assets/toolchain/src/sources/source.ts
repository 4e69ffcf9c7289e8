import type { Graph, OnnxManifest, TaskName } from '@pilotlight/model-format';
import type { OnnxModel } from '../graph/onnx.ts';
import type { SourceFolder } from './folder.ts';

/** A model as packaging takes it, wherever it came from: an fp32 graph and all that the manifest has to say of it. */
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

export interface SourceOptions {
  /** @default - what `architectures` in config.json says */
  readonly task?: TaskName;
  /** The way in which a tagger chooses labels. @default - the manifest does not say it */
  readonly decoding?: NonNullable<OnnxManifest['taskDefaults']>['decoding'];
}

/** One kind of source. */
export interface SourceReader {
  /**
   * Says what the reader finds in a folder: a model that it can read, or one of its kind that it does not support, which `read`
   * refuses with the reason. Undefined where there is no such model.
   */
  claim(folder: SourceFolder): 'readable' | 'unsupported' | undefined;
  read(folder: SourceFolder, options: SourceOptions): Promise<ModelSource>;
}
