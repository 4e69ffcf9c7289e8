/** next_token_lm: the likeliest tokens after a text, or with a beam search the likeliest sequences of them. */
import * as z from 'zod/mini';
import { type ArchiveModelDefinition, eraseModel, type Graphs } from '../archive-model.ts';
import { type BeamSettings, beamSearch } from '../decoding/beam-search.ts';
import { BEAM_SEARCH, beamSettings } from '../decoding/beam-settings.ts';
import { outputRows } from '../graph-outputs.ts';
import { refuseField } from '../input-fields.ts';
import { type Instance, stack } from '../instance.ts';
import { parseParams } from '../text/params.ts';
import { openTextReader } from '../text/readers/text-reader.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { tokenIds, tokensOf } from '../text/token-ids.ts';
import { lengtheningStep } from './next-token-lm/lengthening-step.ts';

const modelSchema = z.object({
  target_namespace: z._default(z.string(), 'bert'),
  beam_search_generator: z.nullish(
    z.strictObject({
      type: z.literal('transformer'),
      beam_search: z.extend(BEAM_SEARCH, { end_index: z.int().check(z.nonnegative()) }),
      // The generator takes it from the embedder.
      namespace: z.optional(z.unknown()),
    }),
  ),
});

/** Sequences of tokens, the likeliest first. */
interface Continuations {
  readonly ids: readonly (readonly number[])[];
  readonly probabilities: readonly number[];
}

export const nextTokenLm: ArchiveModelDefinition = {
  type: 'next_token_lm',
  open(archive) {
    const { target_namespace: namespace, beam_search_generator: generator } = parseParams(
      modelSchema,
      archive.config.model,
      'model',
    );
    const tokens = (ids: readonly number[]) => tokensOf(ids, archive.vocabulary, namespace);
    const settings = generator ? searchSettings(generator.beam_search) : undefined;
    return eraseModel<undefined, Continuations>({
      read: openReader(archive),
      infer: (batch, graphs) => (settings ? search(batch, graphs, settings) : nextTokens(batch, graphs)),
      answer(_input, [instance], [output]) {
        const { ids: sequences = [], probabilities = [] } = output ?? {};
        const ids = instance ? tokenIds(instance, 'tokens') : [];
        return {
          token_ids: ids,
          top_indices: sequences,
          probabilities,
          top_tokens: sequences.map(tokens),
          tokens: tokens(ids),
        };
      },
    });
  },
};

function searchSettings({ end_index: end, ...search }: { readonly end_index: number }): BeamSettings {
  return beamSettings({ beam_search: search }, end);
}

async function nextTokens(batch: readonly Instance[], graphs: Graphs): Promise<Continuations[]> {
  const outputs = await graphs.run('model', stack(batch));
  const probabilities = outputRows(outputs, 'probabilities');
  const indices = outputRows(outputs, 'top_indices');
  return batch.map((_, row) => ({
    ids: Array.from(indices(row), (id) => [id]),
    probabilities: Array.from(probabilities(row)),
  }));
}

async function search(
  batch: readonly Instance[],
  graphs: Graphs,
  settings: BeamSettings,
): Promise<Continuations[]> {
  const starts = batch.map(() => 0);
  const results = await beamSearch(starts, settings, lengtheningStep(batch, graphs));
  return results.map(({ predictions, scores }) => ({
    ids: predictions,
    probabilities: scores.map((score) => Math.fround(Math.exp(score))),
  }));
}

function openReader(archive: TextArchive) {
  const reader = openTextReader(archive);
  return async (input: unknown, field: string): Promise<Instance<undefined>[]> => {
    const { tokens, tensors } = await reader.read(input, field);
    if (tokens.length === 0) throw refuseField(field, 'sentence', 'has no tokens');
    return [{ tensors, metadata: undefined }];
  };
}
