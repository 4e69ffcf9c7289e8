/** The options that a model that generates is packaged with. */
import type { SchemeName } from '@pilotlight/model-format';
import type { QualityLevel } from '../../options.ts';
import type { TextEvaluation } from './evaluate-generator.ts';

export interface GeneratorOptions {
  /** Folder of the checkpoint. */
  readonly source: string;
  readonly packages: string;
  readonly name: string;
  readonly version: string;
  readonly force: boolean;
  readonly description?: string;
  /** Name of the source, for the record. @default - that of its folder or file */
  readonly id?: string;
  readonly revision?: string;
  /** A task, or `translation_en_to_de`, whose parameters config.json has. @default - what the card or the class says */
  readonly task?: string;
  /**
   * With int8 it is packaged where its texts are close enough to those of fp32. The first one that is packaged is served; fp32 is left
   * out where it is not asked for and int8 is good enough. @default ['int8']
   */
  readonly variants?: readonly ('int8' | 'fp32')[];
  /** @default 'fast' */
  readonly quality?: QualityLevel;
  /** The only rung of int8 to try; a small model has none otherwise. @default - all of them, the fastest first */
  readonly scheme?: SchemeName;
  /** Weights that stay fp32. @default [] */
  readonly keep?: readonly string[];
  /** Whether int8 weights use seven bits, for x86 processors without VNNI. @default false */
  readonly reduceRange?: boolean;
  /** File of inputs for the goldens, which quality is judged on too. @default - built-in ones */
  readonly texts?: string;
  /** Rows of `{text, target}` to measure the quality on. @default [] */
  readonly evaluations?: readonly TextEvaluation[];
}
