/** Fields of an instance: texts, labels of a sequence, spans. Their tensors have no batch axis. */
import type { FieldTensor } from '../instance.ts';
import { inField } from './in-field.ts';
import type { TokenIndexers } from './indexers/index.ts';
import { type FieldTensors, idTensor, pairTensor } from './indexers/indexer.ts';
import type { Token } from './token.ts';
import type { Vocabulary } from './vocabulary.ts';

/**
 * The tensors of a text, by the key of the indexer and the name of its tensor: `tokens.token_ids`. `place` is how errors name the text.
 *
 * @throws EngineError INVALID_INPUT and INPUT_TOO_LONG with `field`
 */
export async function textField(
  tokens: readonly Token[],
  indexers: TokenIndexers,
  place: string,
): Promise<FieldTensors> {
  const fields: Record<string, FieldTensor> = {};
  await inField(place, async () => {
    for (const [key, indexer] of Object.entries(indexers)) put(fields, key, await indexer.index(tokens));
  });
  return fields;
}

/** The tensors of a field under its name in the instance: `tokens.tokens.token_ids`. */
export function under(name: string, tensors: FieldTensors): FieldTensors {
  const fields: Record<string, FieldTensor> = {};
  put(fields, name, tensors);
  return fields;
}

function put(fields: Record<string, FieldTensor>, name: string, tensors: FieldTensors): void {
  for (const [path, tensor] of Object.entries(tensors)) fields[`${name}.${path}`] = tensor;
}

/** The field of labels of a sequence: `[length]`. @throws EngineError INVALID_INPUT for a label that a namespace without an unknown entry lacks */
export function labelField(
  labels: readonly string[],
  namespace: string,
  vocabulary: Vocabulary,
): FieldTensor {
  return idTensor(labels.map((label) => vocabulary.id(label, namespace)));
}

/** The field of spans of a sequence, both ends inclusive: `[spans, 2]`, padded with -1 beside more of them. */
export function spanField(spans: readonly (readonly [start: number, end: number])[]): FieldTensor {
  return { ...pairTensor(spans), padding: -1 };
}

/**
 * Spans of a sequence by their starts, and of one start by their ends: all, or those of at most `maxWidth` tokens. `offset` is
 * added to both ends.
 */
export function enumerateSpans(
  length: number,
  { offset = 0, maxWidth = length }: { readonly offset?: number; readonly maxWidth?: number } = {},
): [start: number, end: number][] {
  return Array.from({ length }, (_, start) =>
    Array.from({ length: Math.min(maxWidth, length - start) }, (_, width): [number, number] => [
      offset + start,
      offset + start + width,
    ]),
  ).flat();
}
