import type { SchemeName, Variant } from '@pilotlight/model-format';
import type { OnnxModel } from '../graph/onnx.ts';
import type { Progress } from '../progress.ts';
import type { Feed } from '../runtime/run-graph.ts';
import type { Calibration, LayerError, QuantiseReport } from '../stages/quantise.ts';

/** The options of quantisation. */
export interface QuantiseSettings {
  /** Names of weights to leave in fp32. */
  readonly keep: readonly string[];
  /** Whether int8 weights use seven bits, for x86 processors without VNNI. */
  readonly reduceRange: boolean;
  /** Whether channels of activations may be equalised, which small models without outliers have no use for. @default true */
  readonly equalise?: boolean;
}

export interface BuildContext {
  readonly settings: QuantiseSettings;
  readonly progress: Progress;
  /** A folder for what the runtime reads and writes; weights of the graph stay in it until it is written. */
  readonly scratch: string;
  /** The goldens as inputs of the graph, for schemes that measure the range of values. */
  readonly feeds: () => Promise<readonly Feed[]>;
  /** What the products read on texts of many domains, for schemes that choose scales by it. */
  readonly calibration: () => Promise<Calibration>;
}

export interface BuiltGraph {
  readonly model: OnnxModel;
  /** Gives on the CPU what the execution provider of the scheme gives for `model`. @default - `model` does */
  readonly twin?: OnnxModel;
  readonly quantised?: QuantiseReport;
  /** The products by what they lose on the calibration texts, the worst first. @default - it was not measured */
  readonly layers?: readonly LayerError[];
  /** Facts that the person who packages the model should know. */
  readonly notes?: readonly string[];
}

/** One way to store and compute the numbers of a model: a variant comes from the fp32 graph by one of them. */
export interface SchemeRung {
  /** Its name in the manifest. Which execution providers run it is a fact of the format, by this name. */
  readonly scheme: SchemeName;
  /** Its name in the manifest with weights of seven bits. @default - it has no such form: its sums cannot saturate */
  readonly sevenBits?: SchemeName;
  /** For tables: 'static, equalised'. */
  readonly title: string;
  /** `source` is the graph of the source, which may be changed. */
  build(source: OnnxModel, context: BuildContext): Promise<BuiltGraph>;
}

/** The ways to make one variant. */
export interface Scheme {
  readonly tier: Variant['tier'];
  /** The token budget of a model that gives `values` float32 values a token. */
  tokenBudget(values: number): number;
  /** What is tried one after the other until the quality is good enough, the fastest first; only int8 has several. */
  readonly rungs: readonly SchemeRung[];
  /** Advice for a model that misses the quality gate with this scheme. */
  readonly otherwise: string;
}
