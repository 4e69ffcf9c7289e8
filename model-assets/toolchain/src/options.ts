/** The options that a model is packaged with. */
import type { BaseSource, SchemeName } from '@pilotlight/model-format';
import type { VariantName } from './schemes/index.ts';
import type { QuantiseSettings } from './schemes/scheme.ts';
import type { SourceOptions } from './sources/source.ts';

/** How much a variant may lose: `fast` takes the first rung that is good, `best` one that hardly differs from fp32. */
export const QUALITY_LEVELS = ['fast', 'best'] as const;
export type QualityLevel = (typeof QUALITY_LEVELS)[number];

export interface PackageOptions extends SourceOptions {
  /** Folder of the checkpoint or export, or an .onnx file. */
  readonly source: string;
  /** Folder of packages to add to. */
  readonly packages: string;
  readonly name: string;
  /** @default '1.0.0' */
  readonly version?: string;
  readonly description?: string;
  /** The model of the hub that `base` is, for the record. @default - a folder of the user's */
  readonly baseSource?: BaseSource;
  /** Name of the source, for the record. @default - that of its folder or file */
  readonly id?: string;
  /** Revision of the source, for the record. */
  readonly revision?: string;
  /** Variants to keep; the first is served by default. @default ['int8'] */
  readonly variants?: readonly VariantName[];
  /** @default - none but the classifier stays fp32, and weights have eight bits */
  readonly quantise?: QuantiseSettings;
  /** @default 'fast' */
  readonly quality?: QualityLevel;
  /** The only rung of int8 to try. @default - all of them, the fastest first */
  readonly scheme?: SchemeName;
  /** File of texts for the goldens, which quality is judged on too. @default - built-in texts */
  readonly texts?: string;
  /** @default - measured */
  readonly tokenBudget?: number;
  /** Labelled rows to measure the quality on. @default [] */
  readonly evaluations?: readonly { readonly file: string; readonly dataset: string }[];
  /** Whether an existing package of this version is replaced. @default false */
  readonly force?: boolean;
}

/** Options with their defaults. */
export type Settings = PackageOptions &
  Required<Pick<PackageOptions, 'version' | 'variants' | 'quantise' | 'quality' | 'evaluations' | 'force'>>;

export function withDefaults(options: PackageOptions): Settings {
  const defaults = { version: '1.0.0', evaluations: [], force: false, quality: 'fast' } as const;
  return { ...defaults, variants: ['int8'], quantise: { keep: [], reduceRange: false }, ...options };
}
