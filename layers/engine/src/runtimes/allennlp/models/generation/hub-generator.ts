/** What bart and t5 have in common: the encoder and the decoder of a hub model, of which the best beam is answered. */
import * as z from 'zod/mini';
import type { ArchiveModel, Graphs, Json, JsonObject } from '../../archive-model.ts';
import { beamSearch } from '../../decoding/beam-search.ts';
import { type CacheShape, stepGraph } from '../../decoding/step-graph.ts';
import { invalidInput } from '../../input-fields.ts';
import { type Instance, stack } from '../../instance.ts';
import { parseParams } from '../../text/params.ts';
import type { HubTokenizer, TextArchive } from '../../text/text-archive.ts';
import { type BeamDefaults, beamSettings } from './beam-settings.ts';
import { generatedText } from './generated-text.ts';
import { decodeText } from './hub-text.ts';
import { openSourceReader } from './source-reader.ts';

/** What the configuration of the hub model says of its decoder. */
export interface HubDecoder {
  /** The class that sequences begin from, and the one that they end with. */
  readonly start: number;
  readonly end: number;
  readonly caches: readonly CacheShape[];
  /** The longest source that the encoder has positions for. @default - any length */
  readonly maxTokens?: number;
}

/** The best beam of an input. */
export interface Generated {
  readonly ids: readonly number[];
  readonly score: number;
  readonly text: string;
}

export interface HubGenerator {
  readonly decoder: (config: HubTokenizer['config']) => HubDecoder;
  /** @default - those of AllenNLP */
  readonly defaults?: BeamDefaults;
  /** What the predictor answers beside `predictions` and `predicted_text`. */
  readonly answer: (generated: Generated, hub: HubTokenizer) => JsonObject;
}

const params = z.object({ model_name: z.string() });

/** @throws EngineError PACKAGE_INVALID where the archive names no hub model, or one of another kind */
export function openHubGenerator(
  archive: TextArchive,
  { decoder, defaults, answer }: HubGenerator,
): ArchiveModel<undefined, Generated> {
  const { model } = archive.config;
  const reader = openSourceReader(archive);
  const hub = archive.hub(parseParams(params, model, 'model').model_name);
  const { start, end, caches, maxTokens = Number.POSITIVE_INFINITY } = decoder(hub.config);
  const settings = beamSettings(model, end, defaults);

  async function infer(batch: readonly Instance<undefined>[], graphs: Graphs): Promise<Generated[]> {
    const outputs = await graphs.run('encoder', stack(batch));
    const starts = batch.map(() => start);
    const found = await beamSearch(starts, settings, stepGraph(graphs, { outputs, caches }));
    return Promise.all(
      found.map(async ({ predictions: [ids = []], scores: [score = 0] }) => ({
        ids,
        score,
        text: await decodeText(hub, ids),
      })),
    );
  }

  return {
    async read(input, field) {
      const { tokens, tensors } = await reader.read(input, field);
      if (tokens.length > maxTokens) {
        throw invalidInput(field, `has ${tokens.length} tokens, but the model reads at most ${maxTokens}`);
      }
      return [{ tensors, metadata: undefined }];
    },
    infer,
    answer(_input, _instances, [generated]) {
      const { ids, score, text } = generated ?? { ids: [], score: 0, text: '' };
      return { predictions: ids, predicted_text: text, ...answer({ ids, score, text }, hub) };
    },
    tasks: [generatedText(({ predicted_text }) => textOf(predicted_text))],
  };
}

function textOf(text: Json | undefined): string {
  return typeof text === 'string' ? text : '';
}
