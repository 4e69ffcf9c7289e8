/** The routes of TEI that a model answers: vectors, ranks, classes, likenesses; `tokens.ts` has the others. */
import type { TaskName } from '@pilotlight/engine';
import { checkInputs, parseBody, refuseEmpty } from '../../http/request/parse.ts';
import { requestedModel } from '../../http/request/requested-model.ts';
import type { TokenModel } from '../../serve/ports.ts';
import type { Codec } from '../../serve/wire-format.ts';
import { poolingFor } from '../pooling.ts';
import { predictWork } from '../predict-work.ts';
import { tokenIds } from '../token-ids.ts';
import * as requests from './requests.ts';
import type { routes } from './routes.ts';
import { decode, info, tokenize } from './tokens.ts';

interface Asked {
  readonly task: TaskName;
  readonly inputs: unknown;
  readonly parameters: (model: TokenModel) => Record<string, unknown>;
  /** @default - all results, in order */
  readonly shape?: (results: readonly unknown[]) => unknown;
}

/** A route whose body `read` understands. */
function predicting(read: (body: unknown) => Asked): Codec {
  return {
    decode: async ({ c, body }, { limits }) => {
      const { task, inputs, parameters, shape } = read(await body.json());
      checkInputs(inputs, limits);
      const ref = requestedModel(c);
      return {
        ref,
        work: async (engine) => {
          const model = await engine.predictor(ref);
          return predictWork(engine, {
            model,
            task,
            inputs,
            parameters: parameters(model),
            encode: ({ results }) => shape?.(results) ?? results,
          });
        },
      };
    },
  };
}

export const codecs: Record<keyof typeof routes, Codec> = {
  teiEmbed: predicting(embed),
  teiEmbedAll: predicting(embedAll),
  teiRerank: predicting(rerank),
  teiPredict: predicting(classify),
  teiSimilarity: predicting(similarity),
  teiTokenize: tokenize,
  teiDecode: decode,
  teiInfo: info,
};

function embed(body: unknown): Asked {
  const { inputs, normalize, dimensions, ...rest } = parseBody(requests.embedRequest, body);
  return {
    task: 'feature-extraction',
    inputs: readBatch(inputs),
    parameters: (model) => ({
      ...poolingFor(model),
      normalize,
      ...given({ dimensions }),
      ...commonParameters(rest),
    }),
  };
}

function embedAll(body: unknown): Asked {
  const { inputs, ...rest } = parseBody(requests.embedAllRequest, body);
  return {
    task: 'feature-extraction',
    inputs: readBatch(inputs),
    parameters: () => ({ pooling: 'none', normalize: false, ...commonParameters(rest) }),
  };
}

function rerank(body: unknown): Asked {
  const { query, texts, raw_scores, return_text, ...rest } = parseBody(requests.rerankRequest, body);
  if (texts.length === 0) throw refuseEmpty('texts');
  return {
    task: 'text-ranking',
    inputs: { query, texts },
    parameters: () => ({ raw_scores, return_text, ...commonParameters(rest) }),
    shape: ([ranks]) => ranks,
  };
}

/** `POST .../predict`, where `["a", "b"]` is a pair. */
function classify(body: unknown): Asked {
  const { inputs, raw_scores, ...rest } = parseBody(requests.classifyRequest, body);
  if (inputs.length === 0) throw refuseEmpty('inputs');
  const many = Array.isArray(inputs) && Array.isArray(inputs[0]);
  const sequences = many ? inputs : [inputs];
  return {
    task: 'text-classification',
    inputs: sequences.map(readSequence),
    parameters: () => ({ ...(raw_scores && { function_to_apply: 'none' }), ...commonParameters(rest) }),
    shape: (results) => (many ? results : results[0]),
  };
}

function similarity(body: unknown): Asked {
  const { inputs, parameters } = parseBody(requests.similarityRequest, body);
  if (inputs.sentences.length === 0) throw refuseEmpty('inputs.sentences');
  return {
    task: 'sentence-similarity',
    inputs,
    parameters: () => (parameters ? commonParameters(parameters) : {}),
    shape: ([likenesses]) => likenesses,
  };
}

/** Ids by themselves are of one text; lists of them, of several. */
function readBatch(inputs: string | readonly unknown[]): readonly unknown[] {
  if (inputs.length === 0) throw refuseEmpty('inputs');
  if (typeof inputs === 'string') return [inputs];
  return typeof inputs[0] === 'number' ? [tokenIds(inputs)] : inputs.map(tokenIds);
}

function readSequence(sequence: unknown): unknown {
  if (!Array.isArray(sequence)) return sequence;
  const [text, text_pair]: unknown[] = sequence;
  return text_pair === undefined ? text : { text, text_pair };
}

interface Common {
  readonly truncate?: boolean | null | undefined;
  readonly truncation_direction: string;
  readonly prompt_name?: string | null | undefined;
}

function commonParameters({ truncate, truncation_direction, prompt_name }: Common): Record<string, unknown> {
  const left = truncation_direction.toLowerCase() === 'left';
  return { ...(left && { truncation_direction: 'left' }), ...given({ truncate, prompt_name }) };
}

function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  );
}
