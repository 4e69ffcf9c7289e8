import type { Variant } from '@pilotlight/model-format';
import type { OnnxModel } from '../graph/onnx.ts';
import type { Progress } from '../progress.ts';
import type { Feed } from '../runtime/run-graph.ts';
import type { Probe } from '../stages/quantise/probe.ts';
import type { LayerError, QuantiseReport } from '../stages/quantise.ts';

/** The options of quantisation. */
export interface QuantiseSettings {
  /** Names of weights to leave in fp32. */
  readonly keep: readonly string[];
  /** Whether int8 weights use seven bits, for x86 processors without VNNI. */
  readonly reduceRange: boolean;
}

export interface BuildContext {
  readonly settings: QuantiseSettings;
  readonly progress: Progress;
  /** A folder for what the runtime reads and writes; weights of the graph stay in it until it is written. */
  readonly scratch: string;
  /** The goldens as inputs of the graph, for schemes that measure the range of values. */
  readonly feeds: () => Promise<readonly Feed[]>;
  /** Texts of many domains as inputs of the graph, for schemes that choose scales by what the products read. */
  readonly calibration: () => Promise<readonly Feed[]>;
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

/**
 * One way to store and compute the numbers of a model: how a variant comes from the fp32 graph. Which execution providers run
 * it is a fact of the format, by the name that `nameInManifest` gives.
 */
export interface Scheme {
  readonly tier: Variant['tier'];
  nameInManifest(settings: QuantiseSettings): Variant['scheme'];
  /** The largest token budget for a model that gives `values` float32 values a token. */
  largestBudget(values: number): number;
  /** True where `build` asks for `feeds`. Other schemes are built before there are goldens, so that broken weights are named at once. */
  readonly needsFeeds: boolean;
  /** `source` is the graph of the source, which may be changed. */
  build(source: OnnxModel, context: BuildContext): Promise<BuiltGraph>;
  /**
   * Leaves an fp32 model with nothing but the outputs of a probe for each layer, so that the worst layers can stay fp32 where
   * all of them together miss the quality gate. @default - the scheme has no such layers
   */
  readonly probe?: (model: OnnxModel, settings: QuantiseSettings) => readonly Probe[];
  /** Settings to try before any layer stays fp32, where this machine cannot do well with the ones given. @default - there are none */
  readonly alternative?: (settings: QuantiseSettings) => QuantiseSettings | undefined;
  /** Advice for a model that misses the quality gate with this scheme. */
  readonly otherwise: string;
}
