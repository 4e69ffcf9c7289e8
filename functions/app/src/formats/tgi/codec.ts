/** The wire format of text-generation-inference (TGI): https://huggingface.github.io/text-generation-inference */
import type { Generation } from '@pilotlight/engine/internal/predict/generation';
import { parseBody } from '../../http/request/parse.ts';
import type { Codec } from '../../serve/wire-format.ts';
import { askedModel } from '../asked-model.ts';
import { findGenerator, generateWork, seedHeader } from '../generation/generator.ts';
import { describeSequence } from '../generation/hub-details.ts';
import { type HubParameters, readHubParameters, withoutNulls } from '../generation/hub-parameters.ts';
import { requireOneText, tgiStream } from '../generation/hub-stream.ts';
import { rankByMeanLogprob } from '../generation/rank-sequences.ts';
import { countCharacters } from '../inference-headers.ts';
import { generationHeaders } from './headers.ts';
import { generateRequest } from './requests.ts';
import type { routes } from './routes.ts';

/** `streams`: whether the route answers by events, whatever the body says. */
function generating(streams: boolean): Codec {
  return {
    decode: async ({ c, body }, parts) => {
      const { inputs, parameters: given } = parseBody(generateRequest, await body.json());
      const parameters = readHubParameters(withoutNulls(given ?? {}), { warpersDraw: true });
      if (streams) requireOneText(inputs, parameters);
      const before = parameters.fullText ? inputs : '';
      const asked = await askedModel(c, parts, 'generation');
      return {
        ...asked,
        work: async (engine) => ({
          ...generateWork(engine, {
            model: await findGenerator(engine, asked.ref),
            inputs,
            parameters: parameters.engine,
            encode: ([generation]) => generation && describe(generation, before, parameters),
            stream: streams ? tgiStream(before) : undefined,
          }),
          headers: (record) => ({
            ...seedHeader(record),
            ...generationHeaders(record, countCharacters([inputs]), parts.computeType),
          }),
        }),
      };
    },
  };
}

function describe(generation: Generation, before: string, parameters: HubParameters): object {
  const { sequences } = generation;
  const ranked = parameters.bestOf > 1 ? rankByMeanLogprob(sequences) : sequences;
  const [best = sequences[0], ...others] = ranked;
  const details = {
    ...describeSequence(generation, best),
    ...(others.length > 0 && {
      best_of_sequences: others.map((sequence) => ({
        generated_text: before + sequence.text,
        ...describeSequence(generation, sequence),
      })),
    }),
  };
  return { generated_text: before + best.text, ...(parameters.details && { details }) };
}

export const codecs: Record<keyof typeof routes, Codec> = {
  tgiGenerate: generating(false),
  tgiGenerateStream: generating(true),
  tgiDefaultGenerate: generating(false),
  tgiDefaultGenerateStream: generating(true),
};
