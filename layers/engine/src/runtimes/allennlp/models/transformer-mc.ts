/** transformer_mc: a text and several ways in which it may go on, of which one is chosen. */
import * as z from 'zod/mini';
import { argmax } from '../../../math/activations.ts';
import { type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { outputRows } from '../graph-outputs.ts';
import { fieldOf, refuseField, textOf } from '../input-fields.ts';
import { type Instance, stack } from '../instance.ts';
import { refuseMoreTexts } from '../limits/size-limits.ts';
import { openIndexers } from '../text/indexers/index.ts';
import { listField } from '../text/list-field.ts';
import { parseParams } from '../text/params.ts';
import { commonReaderParams } from '../text/readers/reader-params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { textField, under } from '../text/text-field.ts';
import type { Token } from '../text/token.ts';
import { openPretrained } from '../text/tokenizers/pretrained-transformer.ts';

const readerSchema = z.strictObject({
  ...commonReaderParams,
  type: z.enum(['piqa', 'commonsenseqa', 'swag']),
  transformer_model_name: z._default(z.string(), 'roberta-large'),
  length_limit: z._default(z.int().check(z.positive()), 512),
});

const texts = z.array(z.string()).check(z.minLength(1));

export const transformerMc: ArchiveModelDefinition = {
  type: 'transformer_mc',
  open(archive) {
    return eraseModel<{ readonly alternatives: number }, readonly number[]>({
      read: openReader(archive),
      async infer(batch, graphs) {
        const logits = outputRows(await graphs.run('model', stack(batch)), 'logits');
        return batch.map(({ metadata }, row) => Array.from(logits(row).subarray(0, metadata.alternatives)));
      },
      answer: (_input, _instances, [logits = []]) => ({ logits, best_alternative: argmax(logits) }),
    });
  },
};

function openReader(archive: TextArchive) {
  const options = parseParams(readerSchema, archive.config.reader, 'dataset_reader');
  const reader = { archive, path: 'dataset_reader' };
  const { transformer_model_name: modelName, length_limit: limit } = options;
  const tokenizer = openPretrained({ model_name: modelName, add_special_tokens: false }, reader);
  const indexers = openIndexers(
    { tokens: { type: 'pretrained_transformer', model_name: modelName } },
    reader,
  );
  return async (input: unknown, field: string): Promise<Instance<{ alternatives: number }>[]> => {
    const prefix = await tokenizer.tokenize(textOf(input, 'prefix', field));
    const alternatives = texts.safeParse(fieldOf(input, 'alternatives'));
    if (!alternatives.success)
      throw refuseField(field, 'alternatives', 'must be a list of one or more texts');
    const { pair } = await tokenizer.specialTokens();
    const specials = pair.start.length + pair.middle.length + pair.end.length;
    const place = `${field}.alternatives`;
    refuseMoreTexts(place, alternatives.data.length, limit);
    const fields = alternatives.data.map(async (text) => {
      const [start, rest] = cutToFit(prefix, await tokenizer.tokenize(text), limit - specials);
      return textField(await tokenizer.addSpecialTokens(start, rest), indexers, place);
    });
    const tensors = under('alternatives', listField(await Promise.all(fields)));
    return [{ tensors, metadata: { alternatives: alternatives.data.length } }];
  };
}

/** Cuts the prefix to what an alternative leaves of the room, and the end off an alternative that is too long by itself. */
export function cutToFit(
  prefix: readonly Token[],
  alternative: readonly Token[],
  room: number,
): readonly [prefix: readonly Token[], alternative: readonly Token[]] {
  const left = room - alternative.length;
  return left < 0 ? [[], alternative.slice(0, left)] : [prefix.slice(0, left), alternative];
}
