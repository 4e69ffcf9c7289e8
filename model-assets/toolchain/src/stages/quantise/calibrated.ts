/** Products in int8 whose scales are chosen on calibration texts. See ADR-int8.md. */
import type { OnnxModel } from '../../graph/onnx.ts';
import { ELEMENT, floats, floatTensor, viewBytes } from '../../graph/tensor.ts';
import type { Choice } from './calibration.ts';
import { type QuantisedActivations, writeEqualiser, writeProduct, writeRows, writeStatic } from './forms.ts';
import { inverseOf } from './scaling.ts';
import { countReaders, type Group, inputsOf } from './sites.ts';
import { Upstream } from './upstream.ts';
import type { WeightStore } from './weight-store.ts';
import type { Writer } from './writer.ts';

/**
 * Takes the mean error of each output out of the bias of its product, where there is a bias that nothing else reads. It comes before the
 * scalings, which divide biases, too.
 */
export function correctBiases(
  { graph }: OnnxModel,
  groups: readonly Group[],
  choices: ReadonlyMap<string, Choice>,
): void {
  const readers = countReaders(graph);
  for (const { activations, sites } of groups) {
    const means = choices.get(activations)?.means ?? [];
    for (const [index, { bias = '', biasTensor }] of sites.entries()) {
      const mean = means[index];
      if (mean === undefined || biasTensor === undefined || readers.get(bias) !== 1) continue;
      const values = floats(biasTensor).map((value, column) => value - (mean[column] ?? 0));
      const raw = { dataType: ELEMENT.float32, rawData: viewBytes(values), read: undefined };
      Object.assign(biasTensor, { ...raw, floatData: [], doubleData: [], int32Data: [] });
    }
  }
}

/** Divides channels where they come from, as far as they can be; gives the names of those activations. */
export function foldScalings(
  model: OnnxModel,
  groups: readonly Group[],
  choices: ReadonlyMap<string, Choice>,
): ReadonlySet<string> {
  const upstream = new Upstream(model.graph);
  return new Set(
    groups.flatMap(({ activations, sites }) => {
      const choice = choices.get(activations);
      const isMoved = choice?.form === 'rows' && (choice.shift ?? 0) !== 0;
      if (choice?.scaling === undefined || isMoved) return [];
      return upstream.divide(activations, sites.length, choice.scaling) ? [activations] : [];
    }),
  );
}

/** Writes the products of a group; `isFolded` says that the channels are divided already where they come from. */
export function writeGroup(
  writer: Writer,
  store: WeightStore,
  { activations, sites }: Group,
  choice: Choice,
  isFolded: boolean,
): void {
  const { scaling } = choice;
  const channels = scaling?.length ?? inputsOf(sites);
  const multiplier = scaling === undefined || isFolded ? undefined : inverseOf(scaling, channels);
  const offset =
    choice.form === 'rows' && choice.shift !== undefined
      ? inverseOf(scaling, channels).map((factor) => (choice.shift ?? 0) * factor)
      : undefined;
  let quantised: QuantisedActivations | undefined;
  for (const site of sites) {
    const { excess, ...weights } = store.store(site, scaling, offset?.some(Boolean) ? offset : undefined);
    writer.replace(site.node, site.node.name || site.output, (op) => {
      if (quantised === undefined) {
        const equalised = writeEqualiser(op, writer, activations, multiplier);
        quantised =
          choice.form === 'static'
            ? writeStatic(op, writer, equalised, choice.range)
            : writeRows(op, writer, equalised, offset);
      }
      writeProduct(op, quantised, weights, biasWithout(excess, site, writer), site.output);
    });
    if (site.adds !== undefined) writer.remove(site.adds);
  }
}

/** Names the bias of a product, less what its result has too much. */
function biasWithout(
  excess: Float32Array | undefined,
  { bias, biasTensor, name }: Group['sites'][number],
  writer: Writer,
): string | undefined {
  if (excess === undefined) return bias;
  const own = biasTensor && floats(biasTensor);
  const corrected = excess.map((value, column) => (own?.[column] ?? 0) - value);
  return writer.constant(floatTensor(`${name}/bias`, [corrected.length], corrected));
}
