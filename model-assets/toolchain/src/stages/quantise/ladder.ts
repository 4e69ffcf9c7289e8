/** Quantises a graph as the rungs of the ladder do, in place. See ADR-int8.md. */
import type { OnnxModel } from '../../graph/onnx.ts';
import { type BlockSize, BlockWriter } from './blocks.ts';
import { correctBiases, foldScalings, writeGroup } from './calibrated.ts';
import type { Calibration, Choice, Choices } from './calibration.ts';
import type { LayerError } from './fewest-kept.ts';
import { writeLookups } from './lookups.ts';
import { type QuantiseReport, refuseOldOpset, refuseWithoutProducts } from './report.ts';
import { findSites, type Group } from './sites.ts';
import { WeightStore } from './weight-store.ts';
import type { Limit } from './weights.ts';
import { Writer } from './writer.ts';

interface Options {
  /** Names of weights to leave in fp32. */
  readonly keep: readonly string[];
  readonly limit: Limit;
}

interface CalibratedOptions extends Options {
  readonly calibration: Calibration;
  /** Whether channels may be equalised. */
  readonly equalise: boolean;
  /** A folder for what the runtime reads, as large as the model. */
  readonly scratch: string;
  readonly report?: (done: number) => void;
}

/** The form of the activations: one scale for all rows everywhere, a scale a row where that pays, or everywhere. */
export type ActivationForm = 'static' | 'mixed' | 'rows';

export interface CalibratedReport extends QuantiseReport {
  /** The products by what they lose on the calibration rows, the worst first. */
  readonly layers: readonly LayerError[];
  /** Weights of products whose activations have a scale a row. */
  readonly byRow: readonly string[];
}

/** Products whose scales are chosen on the calibration texts. Throws SOURCE_UNSUPPORTED where nothing can be quantised. */
export async function quantiseCalibrated(
  model: OnnxModel,
  form: ActivationForm,
  { keep, limit, equalise, calibration, ...options }: CalibratedOptions,
): Promise<CalibratedReport> {
  refuseOldOpset(model);
  const { groups, kept } = findSites(model.graph, keep);
  refuseWithoutProducts(groups);
  const choices = await calibration.choose(model, groups, { limit, equalise, ...options }, DECISIONS[form]);
  correctBiases(model, groups, choices);
  const folded = foldScalings(model, groups, choices);
  const writer = new Writer(model);
  const store = new WeightStore(writer, limit);
  for (const group of groups) {
    const choice = choices.get(group.activations);
    if (choice !== undefined) writeGroup(writer, store, group, choice, folded.has(group.activations));
  }
  const lookups = writeLookups(writer, model.graph, keep);
  writer.finish();
  return { products: countProducts(groups), lookups, kept, ...describe(groups, choices) };
}

/** A scale a row costs several nodes: it has to save this share of the error of a product. */
const WORTH_ROWS = 0.3;

/** Products that lose less than this with one scale are left with it. */
const MINOR_ERROR = 0.02;

const DECISIONS: Readonly<Record<ActivationForm, (choices: Choices) => Promise<Choice>>> = {
  static: (choices) => choices.static(),
  rows: (choices) => choices.rows(),
  mixed: async (choices) => {
    const fixed = await choices.static();
    if (errorOf(fixed) < MINOR_ERROR) return fixed;
    const rows = await choices.rows();
    return errorOf(rows) < (1 - WORTH_ROWS) * errorOf(fixed) ? rows : fixed;
  },
};

function errorOf({ errors }: Choice): number {
  return Math.max(...errors);
}

function countProducts(groups: readonly Group[]): number {
  return groups.reduce((sum, { sites }) => sum + sites.length, 0);
}

function describe(
  groups: readonly Group[],
  choices: ReadonlyMap<string, Choice>,
): Pick<CalibratedReport, 'layers' | 'byRow'> {
  const layers: LayerError[] = [];
  const byRow: string[] = [];
  for (const { activations, sites } of groups) {
    const choice = choices.get(activations);
    for (const [index, { name }] of sites.entries()) {
      layers.push({ weights: name, relative: choice?.errors[index] ?? 0 });
      if (choice?.form === 'rows') byRow.push(name);
    }
  }
  return { layers: layers.sort((left, right) => right.relative - left.relative), byRow };
}

/** Products with a scale for each block of inputs, of weights and of activations. Throws SOURCE_UNSUPPORTED where nothing can be quantised. */
export function quantiseInBlocks(
  model: OnnxModel,
  size: BlockSize,
  { keep, limit }: Options,
): QuantiseReport {
  refuseOldOpset(model);
  const { groups, kept } = findSites(model.graph, keep);
  refuseWithoutProducts(groups);
  const writer = new Writer(model);
  const blocks = new BlockWriter(writer, size, limit);
  for (const { sites } of groups) for (const site of sites) blocks.write(site);
  const lookups = writeLookups(writer, model.graph, keep);
  writer.finish();
  return { products: countProducts(groups), lookups, kept };
}
