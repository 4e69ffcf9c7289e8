/** multitask: an input names the head that is to answer it; the backbone is one for all. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { argmax } from '../../../math/activations.ts';
import { type ArchiveModelDefinition, eraseModel, type JsonObject } from '../archive-model.ts';
import { outputRows } from '../graph-outputs.ts';
import { fieldOf, refuseField } from '../input-fields.ts';
import { type FieldTensor, type Instance, stack } from '../instance.ts';
import { parseParams } from '../text/params.ts';
import { openTextReader, type TextReader } from '../text/readers/text-reader.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { tokenIds, tokensOf } from '../text/token-ids.ts';

const anyObject = z.record(z.string(), z.unknown());
const readerSchema = z.strictObject({
  type: z.literal('multitask'),
  readers: z.record(z.string(), anyObject),
});
const modelSchema = z.object({
  arg_name_mapping: z.nullish(z.object({ backbone: z.optional(z.record(z.string(), z.string())) })),
  backbone: z.object({
    type: z.literal('pretrained_transformer'),
    output_token_strings: z._default(z.boolean(), true),
    vocab_namespace: z._default(z.string(), 'tags'),
  }),
  heads: z.record(
    z.string(),
    z.object({ type: z.literal('classifier'), label_namespace: z._default(z.string(), 'labels') }),
  ),
});
type ModelParams = z.infer<typeof modelSchema>;

/** The field of all readers that the backbone encodes. */
const FIELD = 'tokens';

interface Output {
  readonly encoded: readonly (readonly number[])[];
  readonly logits: readonly number[];
  readonly probs: readonly number[];
}

export const multitask: ArchiveModelDefinition = {
  type: 'multitask',
  open(archive) {
    const params = parseParams(modelSchema, archive.config.model, 'model');
    const readers = openReaders(archive, params);
    return eraseModel<string, Output>({
      async read(input, field) {
        const name = fieldOf(input, 'task');
        const reader = typeof name === 'string' ? readers.get(name) : undefined;
        if (typeof name !== 'string' || !reader) {
          throw refuseField(field, 'task', `must be one of ${[...readers.keys()].join(', ')}`);
        }
        const { tensors } = await reader.read(input, field);
        return [{ tensors, metadata: name }];
      },
      async infer(batch, graphs) {
        const outputs = await graphs.run('model', stack(batch.map(forBackbone)));
        const encoded = outputRows(outputs, 'encoded_text');
        const [, , width = 0] = outputs.encoded_text?.dims ?? [];
        return batch.map((instance, row) => {
          const name = instance.metadata;
          const tokens = maskOf(instance).length;
          return {
            encoded: Array.from({ length: tokens }, (_, token) =>
              Array.from(encoded(row).subarray(token * width, (token + 1) * width)),
            ),
            logits: Array.from(outputRows(outputs, `${name}_logits`)(row)),
            probs: Array.from(outputRows(outputs, `${name}_probs`)(row)),
          };
        });
      },
      answer: (_input, [instance], [output]) => answerOf(archive, params, instance, output),
    });
  },
};

function openReaders(archive: TextArchive, { heads, arg_name_mapping: mapping }: ModelParams) {
  const { readers } = parseParams(readerSchema, archive.config.reader, 'dataset_reader');
  if (mapping?.backbone?.[FIELD] !== 'text') {
    throw new EngineError(
      'PACKAGE_INVALID',
      `The readers give the field ${FIELD}, which arg_name_mapping does not give the backbone as its text.`,
    );
  }
  // AllenNLP has no predictor for the heads; what they need is a text.
  const named = Object.keys(heads).filter((name) => Object.hasOwn(readers, name));
  return new Map<string, TextReader>(
    named.map((name) => [name, openTextReader(archive, readers[name], `dataset_reader.readers.${name}`)]),
  );
}

/** The field under the name that the backbone has for it, with the one indexer as `tokens`. */
function forBackbone({ tensors }: Instance): Instance {
  const renamed: Record<string, FieldTensor> = {};
  for (const [path, tensor] of Object.entries(tensors)) {
    const [, , name] = path.split('.');
    renamed[`text.tokens.${name}`] = tensor;
  }
  return { tensors: renamed, metadata: undefined };
}

function maskOf({ tensors }: Instance): readonly number[] {
  const found = Object.entries(tensors).find(([path]) => path.endsWith('.mask'));
  return found ? Array.from(found[1].data, Number) : [];
}

function answerOf(
  { vocabulary }: TextArchive,
  { backbone, heads }: ModelParams,
  instance: Instance<string> | undefined,
  output: Output | undefined,
): JsonObject {
  if (!instance || !output) throw new EngineError('SESSION_FAILED', 'The input was not read.');
  const name = instance.metadata;
  const ids = tokenIds(instance, FIELD);
  const label = argmax(output.probs);
  const shown = backbone.output_token_strings;
  return {
    encoded_text: output.encoded,
    encoded_text_mask: maskOf(instance).map((value) => value === 1),
    ...(shown && { token_ids: ids }),
    [`${name}_logits`]: output.logits,
    [`${name}_probs`]: output.probs,
    ...(shown && { tokens: tokensOf(ids, vocabulary, backbone.vocab_namespace) }),
    [`${name}_label`]: vocabulary.token(label, heads[name]?.label_namespace ?? 'labels') ?? String(label),
  };
}
