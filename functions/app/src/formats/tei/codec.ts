/** The routes of TEI that a model answers: vectors, ranks, classes, likenesses; `tokens.ts` and `info.ts` have the others. */
import { EngineError, type TaskName } from '@pilotlight/engine';
import { checkInputs, refuseEmpty } from '../../http/request/parse.ts';
import type { Call } from '../../serve/call.ts';
import type { AppDependencies, ServedModel, ServingEngine } from '../../serve/ports.ts';
import type { Ask, Codec } from '../../serve/wire-format.ts';
import { askedModel } from '../asked-model.ts';
import { askFor, isWithoutInputs } from '../hugging-face/codec.ts';
import { countCharacters, predictionHeaders } from '../inference-headers.ts';
import { poolingFor } from '../pooling.ts';
import { predictWork } from '../predict-work.ts';
import { health, info } from './info.ts';
import { readBody, refuseEmptyAmong } from './read.ts';
import * as requests from './requests.ts';
import type { routes } from './routes.ts';
import { decode, tokenize } from './tokens.ts';

interface Asked {
  readonly inputs: unknown;
  /** Everything that the model is to read, by which TEI counts characters. */
  readonly reads: readonly unknown[];
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Whether vectors of tokens are pooled, as the model does it, or by the mean. @default false */
  readonly pools?: boolean;
  /** @default - all results, in order */
  readonly shape?: (results: readonly unknown[]) => unknown;
}

/** A route for models that can do `task`, whose body `read` understands. */
function predicting(task: TaskName, read: (body: unknown) => Asked): Codec {
  const ask = asking(task, read);
  return { decode: async (call, parts) => ask(await call.body.json(), call, parts) };
}

/** What a body asks of a model that can do `task`. */
function asking(task: TaskName, read: (body: unknown) => Asked) {
  return async (json: unknown, { c }: Call, parts: AppDependencies): Promise<Ask> => {
    const { inputs, reads, parameters, shape, pools = false } = read(json);
    checkInputs(inputs, parts.limits);
    const asked = await askedModel(c, parts, task);
    return {
      ...asked,
      work: async (engine) => {
        const model = await findModel(engine, asked.ref, task);
        const pooling = pools ? poolingFor(await engine.predictor(asked.ref)) : {};
        return {
          ...predictWork(engine, {
            model,
            task,
            inputs,
            parameters: { ...pooling, ...parameters },
            encode: ({ results }) => shape?.(results) ?? results,
          }),
          headers: (record) => predictionHeaders(record, countCharacters(reads), parts.computeType),
        };
      },
    };
  };
}

/** A model that reads tokens, or one of an archive that can do the task. @throws EngineError TASK_UNSUPPORTED */
async function findModel(engine: ServingEngine, ref: string, task: TaskName): Promise<ServedModel> {
  const model = await engine.model(ref);
  const { manifest } = model;
  const isAble = manifest.runtime === 'allennlp' && manifest.tasks.some((own) => own === task);
  return isAble ? model : engine.predictor(ref);
}

const askForClasses = asking('text-classification', classify);

/** `POST .../predict` of TEI, and of `allennlp serve`, whose bodies are the JSON of a predictor and have no `inputs`. */
const predict: Codec = {
  decode: async (call, parts) => {
    const json = await call.body.json();
    if (!isWithoutInputs(json)) return askForClasses(json, call, parts);
    const asked = await askedModel(call.c, parts, 'predictor');
    return askFor({ inputs: json, isPredictors: true }, call, parts, asked);
  },
};

const routesOfModel = {
  teiEmbed: predicting('feature-extraction', embed),
  teiEmbedAll: predicting('feature-extraction', embedAll),
  teiRerank: predicting('text-ranking', rerank),
  teiPredict: predict,
  teiSimilarity: predicting('sentence-similarity', similarity),
};

/** A model that gives sparse vectors cannot be packaged yet, so that TEI's refusal of all other models is the answer. */
const embedSparse: Codec = {
  decode: async ({ c, body }, parts) => {
    const { inputs } = readBody(requests.embedAllRequest, await body.json());
    checkInputs(readBatch(inputs), parts.limits);
    const asked = await askedModel(c, parts, 'tokens');
    return {
      ...asked,
      work: async (engine) => {
        const { manifest } = await engine.predictor(asked.ref);
        throw new EngineError(
          'TASK_UNSUPPORTED',
          `Model ${manifest.name} is not an embedding model with SPLADE pooling.`,
          { details: { model: manifest.name } },
        );
      },
    };
  },
};

export const codecs: Record<keyof typeof routes, Codec> = {
  ...routesOfModel,
  teiEmbedSparse: embedSparse,
  teiTokenize: tokenize,
  teiDecode: decode,
  teiInfo: info,
  teiHealth: health,
  teiDefaultEmbed: routesOfModel.teiEmbed,
  teiDefaultEmbedAll: routesOfModel.teiEmbedAll,
  teiDefaultEmbedSparse: embedSparse,
  teiDefaultRerank: routesOfModel.teiRerank,
  teiDefaultPredict: routesOfModel.teiPredict,
  teiDefaultSimilarity: routesOfModel.teiSimilarity,
  teiDefaultTokenize: tokenize,
  teiDefaultDecode: decode,
  teiDefaultInfo: info,
};

function embed(body: unknown): Asked {
  const { inputs, normalize, dimensions, ...rest } = readBody(requests.embedRequest, body);
  const batch = readBatch(inputs);
  return {
    inputs: batch,
    reads: batch,
    parameters: { normalize: normalize ?? true, ...given({ dimensions }), ...commonParameters(rest) },
    pools: true,
  };
}

function embedAll(body: unknown): Asked {
  const { inputs, ...rest } = readBody(requests.embedAllRequest, body);
  const batch = readBatch(inputs);
  return {
    inputs: batch,
    reads: batch,
    parameters: { pooling: 'none', normalize: false, ...commonParameters(rest) },
  };
}

function rerank(body: unknown): Asked {
  const { query, texts, raw_scores, return_text, top_n, ...rest } = readBody(requests.rerankRequest, body);
  if (texts.length === 0) throw refuseEmpty('texts');
  if (query === '') refuseEmptyAmong(texts, 'texts');
  return {
    inputs: { query, texts },
    reads: texts.flatMap((text) => [query, text]),
    parameters: {
      raw_scores: raw_scores ?? false,
      return_text: return_text ?? false,
      ...given({ top_k: top_n }),
      ...commonParameters(rest),
    },
    shape: ([ranks]) => ranks,
  };
}

/** `POST .../predict`, where `["a", "b"]` is a pair. */
function classify(body: unknown): Asked {
  const { inputs, raw_scores, ...rest } = readBody(requests.classifyRequest, body);
  if (inputs.length === 0) throw refuseEmpty('inputs');
  const many = Array.isArray(inputs) && Array.isArray(inputs[0]);
  const sequences = many ? inputs : [inputs];
  const empty = sequences.findIndex((sequence) => [sequence].flat().join('') === '');
  if (empty >= 0) throw refuseEmpty(many ? `inputs[${empty}]` : 'inputs');
  return {
    inputs: sequences.map(readSequence),
    reads: sequences.flat(),
    parameters: { ...(raw_scores && { function_to_apply: 'none' }), ...commonParameters(rest) },
    shape: (results) => (many ? results : results[0]),
  };
}

function similarity(body: unknown): Asked {
  const { inputs, parameters } = readBody(requests.similarityRequest, body);
  const { source_sentence, sentences } = inputs;
  refuseEmptyAmong(sentences, 'inputs.sentences');
  if (source_sentence === '') throw refuseEmpty('inputs.source_sentence');
  return {
    inputs,
    reads: [source_sentence, ...sentences],
    parameters: commonParameters(parameters ?? {}),
    shape: ([likenesses]) => likenesses,
  };
}

/** Ids by themselves are of one text; lists of them, of several. TEI reads ids as they are. */
function readBatch(inputs: string | readonly (string | number | number[])[]): readonly unknown[] {
  if (inputs.length === 0) throw refuseEmpty('inputs');
  if (typeof inputs === 'string') return [inputs];
  if (typeof inputs[0] === 'number') return [readIds(inputs)];
  return inputs.map((input, i) => {
    if (typeof input === 'number' || input.length > 0)
      return typeof input === 'string' ? input : readIds(input);
    throw refuseEmpty(`inputs[${i}]`);
  });
}

const readIds = (tokens: unknown) => ({ tokens, add_special_tokens: false });

function readSequence(sequence: unknown): unknown {
  if (!Array.isArray(sequence)) return sequence;
  const [text, text_pair]: unknown[] = sequence;
  return text_pair === undefined ? text : { text, text_pair };
}

interface Common {
  readonly truncate?: boolean | null | undefined;
  readonly truncation_direction?: string | null | undefined;
  readonly prompt_name?: string | null | undefined;
}

/** TEI cuts texts that are too long unless it is told not to. */
function commonParameters({ truncate, truncation_direction, prompt_name }: Common): Record<string, unknown> {
  return {
    truncate: truncate ?? true,
    ...(truncation_direction && { truncation_direction: truncation_direction.toLowerCase() }),
    ...given({ prompt_name }),
  };
}

function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  );
}
