/** next_token_lm: the likeliest tokens after a text, or with a beam search the likeliest sequences of them. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { type ArchiveModelDefinition, eraseModel, type Graphs } from '../archive-model.ts';
import { type BeamSettings, beamSearch } from '../decoding/beam-search.ts';
import { outputRows } from '../graph-outputs.ts';
import { refuseField } from '../input-fields.ts';
import { type Instance, stack } from '../instance.ts';
import { longestSequence } from '../text/hub-limits.ts';
import { parseParams } from '../text/params.ts';
import { openTextReader } from '../text/readers/text-reader.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { tokenIds, tokensOf } from '../text/token-ids.ts';
import { dependsOnPadding } from './embedders.ts';
import { BEAM_SEARCH, beamSettings } from './generation/beam-settings.ts';
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
    const longest = settings && longestText(archive, settings);
    return eraseModel<undefined, Continuations>({
      runsAlone: dependsOnPadding(archive.config.model.text_field_embedder),
      read: openReader(archive, longest),
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

const embedderSchema = z.object({
  token_embedders: z.record(z.string(), z.object({ model_name: z.string() })),
});

/** The tokens of a text that leaves the transformer room for those that a search adds; undefined where there is no end. */
function longestText(archive: TextArchive, { maxSteps }: BeamSettings): number | undefined {
  const path = 'model.text_field_embedder';
  const { token_embedders: embedders } = parseParams(
    embedderSchema,
    archive.config.model.text_field_embedder,
    path,
  );
  const limits = Object.values(embedders).flatMap(
    ({ model_name: name }) => longestSequence(archive.hub(name).config) ?? [],
  );
  // The model never reads the last token that it adds.
  return limits.length === 0 ? undefined : Math.min(...limits) - (maxSteps - 1);
}

function openReader(archive: TextArchive, longest: number | undefined) {
  const reader = openTextReader(archive);
  return async (input: unknown, field: string): Promise<Instance<undefined>[]> => {
    const { tokens, tensors } = await reader.read(input, field);
    if (tokens.length === 0) throw refuseField(field, 'sentence', 'has no tokens');
    if (longest !== undefined && tokens.length > longest) throw tooLong(field, tokens.length, longest);
    return [{ tensors, metadata: undefined }];
  };
}

function tooLong(field: string, tokens: number, maxTokens: number): EngineError {
  return new EngineError(
    'INPUT_TOO_LONG',
    `${field}.sentence: has ${tokens} tokens, but the model reads at most ${maxTokens} before those that it adds.`,
    { details: { field: `${field}.sentence`, tokens, maxTokens } },
  );
}
