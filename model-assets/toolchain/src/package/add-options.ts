import type { OnnxManifest, TaskName } from '@pilotlight/model-format';

/** `fp16` is for GPUs. */
export const VARIANTS = ['int8', 'fp32', 'fp16'] as const;
export type VariantName = (typeof VARIANTS)[number];

/** What a model is packaged with; the command line's options, parsed. */
export interface AddOptions {
  /** Folder of the checkpoint or export. */
  readonly source: string;
  /** Folder of packages to add to. */
  readonly packages: string;
  readonly name: string;
  readonly version: string;
  /** @default - what the source says */
  readonly task?: TaskName;
  readonly description?: string;
  /** Revision of the source, for the record. */
  readonly revision?: string;
  /** How a tagger's labels are chosen. @default - each token its best */
  readonly decoding?: NonNullable<OnnxManifest['taskDefaults']>['decoding'];
  /** Variants to keep; the first is served by default. */
  readonly variants: readonly VariantName[];
  /** Weights to leave in fp32, and whether int8 weights use seven bits. */
  readonly quantise: { readonly keep: readonly string[]; readonly reduceRange: boolean };
  /** File of texts for the goldens. @default - built-in texts */
  readonly texts?: string;
  /** @default - measured */
  readonly tokenBudget?: number;
  readonly evaluations: readonly { readonly file: string; readonly dataset: string }[];
  /** Whether an existing package of this version is replaced. */
  readonly force: boolean;
}
