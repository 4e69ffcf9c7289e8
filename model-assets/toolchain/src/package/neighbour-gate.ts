/** Refuses models whose answers depend on the texts beside them; stages/ADR-neighbours.md says where the figures come from. */
import { ToolchainError } from '../errors.ts';
import type { ModelSource } from '../sources/index.ts';
import type { VariantDeviation } from '../stages/verify.ts';

/**
 * Largest relative difference of answers in a batch from those alone. In fp32 a batch only adds up in another order: MobileBERT,
 * the noisiest sound model that we know, is off by 0.23 %. Models that read padding as text were off by 34 % and more.
 */
const MAXIMUM_NEIGHBOUR_ERROR = 0.01;

/** The same for exports that quantise activations, with one scale a batch: a trained MiniLM, quantised as is usual, is off by 10 %. */
const MAXIMUM_QUANTISED_NEIGHBOUR_ERROR = 0.25;

/**
 * Refuses a model whose answers depend on their neighbours in a batch; `relative` is the difference that these make. Gives notes on
 * a difference that is accepted and yet not small.
 *
 * @throws ToolchainError SOURCE_UNSUPPORTED, with the reason
 */
export function passNeighbours(
  relative: number,
  { inputs, precision }: Pick<ModelSource, 'inputs'> & { readonly precision: ModelSource['precision'] },
): readonly string[] {
  const isMasked = inputs.some(({ role }) => role === 'attention_mask');
  const isQuantised = precision === 'int8' || precision === 'int4';
  const most = isQuantised && isMasked ? MAXIMUM_QUANTISED_NEIGHBOUR_ERROR : MAXIMUM_NEIGHBOUR_ERROR;
  if (relative > most) {
    const reason = isMasked
      ? 'it reads the padding of shorter texts although attention_mask leaves it out, or expects it on the left, where Pilotlight pads on the right'
      : 'it has no input attention_mask, so it reads the padding of shorter texts as if it were text';
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The answer to a text depends on the texts beside it in a batch (relative difference ${percent(relative)} of at most ${percent(most)}): ` +
        `${reason}. Export the model so that it obeys attention_mask, with padding on the right.`,
    );
  }
  if (relative <= MAXIMUM_NEIGHBOUR_ERROR) return [];
  return [
    `the export has one scale of activations a batch: answers in a batch differ from those alone by ${percent(relative)}`,
  ];
}

/** Tells whether answers in a batch are those alone, of a variant that has been compared with the goldens of fp32 both ways. */
export function passesNeighbourGate({ relative }: Pick<VariantDeviation, 'relative'>): boolean {
  return relative <= MAXIMUM_NEIGHBOUR_ERROR;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
