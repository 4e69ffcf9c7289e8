/** The routes of TEI that a model answers: vectors, ranks, classes, likenesses. */
import type { TaskName } from '@pilotlight/engine';
import type { Context } from 'hono';
import { HttpError } from '../../answer/errors.ts';
import type { TokenModel } from '../../serve/ports.ts';
import { answer, type FormatParts, predict } from '../../serve/predictions.ts';
import { requestedModel } from '../../request/requested-model.ts';
import type { Call, RouteHandler } from '../../serve/serving.ts';
import { checkInputs, parseBody } from '../../request/parse.ts';
import { poolingFor } from '../pooling.ts';
import { tokenIds } from '../token-ids.ts';
import * as requests from './requests.ts';

interface Asked {
  readonly task: TaskName;
  readonly inputs: unknown;
  readonly parameters: (model: TokenModel) => Record<string, unknown>;
  /** @default - all results, in order */
  readonly shape?: (results: readonly unknown[]) => unknown;
}

/** A route whose body `read` understands. */
function route(parts: FormatParts, read: (body: unknown) => Asked): RouteHandler {
  return async (c: Context, call: Call) => {
    const { task, inputs, parameters, shape } = read(await call.body.json());
    checkInputs(inputs, parts.limits);
    const model = await parts.engine.predictor(requestedModel(c));
    call.nameModel(model.manifest.name);
    const settings = parameters(model);
    const prediction = await predict(c, call, parts, { model, task, inputs, parameters: settings });
    return answer(c, call, parts, model, prediction, ({ results }) => shape?.(results) ?? results);
  };
}

export function embedHandler(parts: FormatParts): RouteHandler {
  return route(parts, (body) => {
    const { inputs, normalize, dimensions, ...rest } = parseBody(requests.embedRequest, body);
    return {
      task: 'feature-extraction',
      inputs: batchOf(inputs),
      parameters: (model) => ({ ...poolingFor(model), normalize, ...given({ dimensions }), ...common(rest) }),
    };
  });
}

export function embedAllHandler(parts: FormatParts): RouteHandler {
  return route(parts, (body) => {
    const { inputs, ...rest } = parseBody(requests.embedAllRequest, body);
    return {
      task: 'feature-extraction',
      inputs: batchOf(inputs),
      parameters: () => ({ pooling: 'none', normalize: false, ...common(rest) }),
    };
  });
}

export function rerankHandler(parts: FormatParts): RouteHandler {
  return route(parts, (body) => {
    const { query, texts, raw_scores, return_text, ...rest } = parseBody(requests.rerankRequest, body);
    if (texts.length === 0) throw empty('texts');
    return {
      task: 'text-ranking',
      inputs: { query, texts },
      parameters: () => ({ raw_scores, return_text, ...common(rest) }),
      shape: ([ranks]) => ranks,
    };
  });
}

/** `POST .../predict`, where `["a", "b"]` is a pair. */
export function classifyHandler(parts: FormatParts): RouteHandler {
  return route(parts, (body) => {
    const { inputs, raw_scores, ...rest } = parseBody(requests.classifyRequest, body);
    if (inputs.length === 0) throw empty('inputs');
    const many = Array.isArray(inputs) && Array.isArray(inputs[0]);
    const sequences = many ? inputs : [inputs];
    return {
      task: 'text-classification',
      inputs: sequences.map(sequenceOf),
      parameters: () => ({ ...(raw_scores && { function_to_apply: 'none' }), ...common(rest) }),
      shape: (results) => (many ? results : results[0]),
    };
  });
}

export function similarityHandler(parts: FormatParts): RouteHandler {
  return route(parts, (body) => {
    const { inputs, parameters } = parseBody(requests.similarityRequest, body);
    if (inputs.sentences.length === 0) throw empty('inputs.sentences');
    return {
      task: 'sentence-similarity',
      inputs,
      parameters: () => (parameters ? common(parameters) : {}),
      shape: ([likenesses]) => likenesses,
    };
  });
}

/** Ids by themselves are of one text; lists of them, of several. */
function batchOf(inputs: string | readonly unknown[]): readonly unknown[] {
  if (inputs.length === 0) throw empty('inputs');
  if (typeof inputs === 'string') return [inputs];
  return typeof inputs[0] === 'number' ? [tokenIds(inputs)] : inputs.map(tokenIds);
}

function sequenceOf(sequence: unknown): unknown {
  if (!Array.isArray(sequence)) return sequence;
  const [text, text_pair]: unknown[] = sequence;
  return text_pair === undefined ? text : { text, text_pair };
}

interface Common {
  readonly truncate?: boolean | null | undefined;
  readonly truncation_direction: string;
  readonly prompt_name?: string | null | undefined;
}

function common({ truncate, truncation_direction, prompt_name }: Common): Record<string, unknown> {
  const left = truncation_direction.toLowerCase() === 'left';
  return { ...(left && { truncation_direction: 'left' }), ...given({ truncate, prompt_name }) };
}

function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  );
}

export function empty(field: string): HttpError {
  return new HttpError('EMPTY_INPUT', `${field}: must not be empty.`, { details: { field } });
}
