/** masked_language_model: a text with masks in, the likeliest words for each out. */
import * as z from 'zod/mini';
import { at } from '../../../math/activations.ts';
import {
  type ArchiveModelDefinition,
  eraseModel,
  type JsonObject,
  type TaskShape,
} from '../archive-model.ts';
import { outputRows } from '../graph-outputs.ts';
import { refuseField, textOf } from '../input-fields.ts';
import { type Instance, stack } from '../instance.ts';
import { parseParams } from '../text/params.ts';
import { openTextReader } from '../text/readers/text-reader.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { tokenIds, tokensOf } from '../text/token-ids.ts';
import { dependsOnPadding } from './embedders.ts';
import { shapeParameters } from './shape-parameters.ts';

/** Fixed in AllenNLP's reader, whatever the tokenizer calls its mask. */
const MASK = '[MASK]';

const modelSchema = z.object({ target_namespace: z._default(z.string(), 'bert') });

interface MaskWords {
  readonly probabilities: readonly number[];
  readonly ids: readonly number[];
}

export const maskedLanguageModel: ArchiveModelDefinition = {
  type: 'masked_language_model',
  open(archive) {
    const { target_namespace: namespace } = parseParams(modelSchema, archive.config.model, 'model');
    const { vocabulary } = archive;
    const words = (ids: readonly number[]) => tokensOf(ids, vocabulary, namespace);
    return eraseModel<{ readonly masks: number }, readonly MaskWords[]>({
      runsAlone: dependsOnPadding(archive.config.model.text_field_embedder),
      read: openReader(archive),
      async infer(batch, graphs) {
        const outputs = await graphs.run('model', stack(batch));
        const probabilities = outputRows(outputs, 'probabilities');
        const indices = outputRows(outputs, 'top_indices');
        const best = outputs.probabilities?.dims.at(-1) ?? 0;
        return batch.map(({ metadata }, row) =>
          Array.from({ length: metadata.masks }, (_, mask) => ({
            probabilities: Array.from(probabilities(row).subarray(mask * best, (mask + 1) * best)),
            ids: Array.from(indices(row).subarray(mask * best, (mask + 1) * best)),
          })),
        );
      },
      answer(_input, [instance], [masks = []]) {
        const ids = instance ? tokenIds(instance, 'tokens') : [];
        return {
          probabilities: masks.map(({ probabilities }) => probabilities),
          top_indices: masks.map((mask) => mask.ids),
          token_ids: ids,
          words: masks.map((mask) => words(mask.ids)),
          tokens: words(ids),
        };
      },
      tasks: [fillMaskShape],
    });
  },
};

function openReader(archive: TextArchive) {
  const reader = openTextReader(archive);
  return async (input: unknown, field: string): Promise<Instance<{ masks: number }>[]> => {
    const { tokens, tensors } = await reader.read(input, field);
    const masks = tokens.flatMap(({ text }, index) => (text === MASK ? [BigInt(index)] : []));
    if (masks.length === 0) throw refuseField(field, 'sentence', `has no token ${MASK}`);
    const positions = { dims: [masks.length, 1], data: BigInt64Array.from(masks) };
    return [{ tensors: { ...tensors, mask_positions: positions }, metadata: { masks: masks.length } }];
  };
}

/** The model gives five words, and no more. */
const parameters = z.strictObject({ top_k: z._default(z.int().check(z.positive(), z.maximum(5)), 5) });

/** A text with masks to the words of each: one list where there is one mask, else a list of lists. */
const fillMaskShape: TaskShape = {
  name: 'fill-mask',
  toPredictor(input, field) {
    if (typeof input === 'string') return { sentence: input };
    return { sentence: textOf(input, 'sentence', field) };
  },
  fromAnswer(answer, input, given) {
    const { top_k: count } = shapeParameters(parameters, given);
    const text = typeof input === 'string' ? input : textOf(input, 'sentence', 'inputs');
    const lists = maskLists(answer).map((mask, place) =>
      mask.ids.slice(0, count).map((token, index) => ({
        score: at(mask.probabilities, index),
        token,
        token_str: mask.words[index] ?? '',
        sequence: fillMask(text, place, mask.words[index] ?? ''),
      })),
    );
    return lists.length === 1 ? lists[0] : lists;
  },
};

const answerSchema = z.object({
  probabilities: z.array(z.array(z.number())),
  top_indices: z.array(z.array(z.number())),
  words: z.array(z.array(z.string())),
});

function maskLists(answer: JsonObject) {
  const { probabilities, top_indices: ids, words } = answerSchema.parse(answer);
  return ids.map((each, mask) => ({
    ids: each,
    probabilities: probabilities[mask] ?? [],
    words: words[mask] ?? [],
  }));
}

function fillMask(text: string, place: number, word: string): string {
  return text.split(MASK).reduce((sum, part, index) => sum + (index - 1 === place ? word : MASK) + part);
}
