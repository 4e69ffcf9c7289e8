/** The pieces from which the operations of every format are made: bodies, responses, errors. */
import { z } from '@hono/zod-openapi';
import { type ErrorCode, STATUS_OF } from '../http/error-codes.ts';
import { type ErrorFormat, plainError } from '../http/errors.ts';
import { needs, type SentTo, sentTo } from './fit.ts';
import { acceptedHeaders, askedHeaders, predictionHeaders, retryHeaders } from './headers.ts';
import * as schemas from './schemas.ts';

const READ_ERRORS: readonly ErrorCode[] = [
  'INVALID_JSON',
  'INVALID_REQUEST',
  'JSON_TOO_DEEP',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INVALID_INPUT',
  'TOO_MANY_INPUTS',
];
/** Errors of every route that needs a model in memory. */
const LOAD_ERRORS: readonly ErrorCode[] = [
  'MODEL_NOT_FOUND',
  'TASK_UNSUPPORTED',
  'OVERLOADED',
  'PACKAGE_INVALID',
  'PACKAGE_CORRUPT',
  'PACKAGE_UNAVAILABLE',
  'SESSION_FAILED',
];
const PREDICT_ERRORS: readonly ErrorCode[] = [
  ...READ_ERRORS,
  ...LOAD_ERRORS,
  'INVALID_PARAMETER',
  'INPUT_TOO_LONG',
  'TOO_MANY_TOKENS',
  'TOO_MUCH_WORK',
  'TOO_MANY_LABELS',
  'ANSWER_TOO_LARGE',
];

const TOKENIZER_ERRORS: readonly ErrorCode[] = ['INPUT_TOO_LONG', 'TOO_MANY_TOKENS'];

export function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

/** The response to a request that became a job. */
export function accepted() {
  return {
    ...json('It is a job: no server answers now, or `Prefer: respond-async`', schemas.jobAccepted),
    headers: acceptedHeaders,
  };
}

export function text(description: string, type: string) {
  return { description, content: { [type]: { schema: z.string() } } };
}

/** Bytes, or text that is not JSON, of a media type. */
export const binary = { schema: { type: 'string' as const, format: 'binary' } };

/** How errors look in a wire format. */
export interface ErrorLook {
  readonly format: ErrorFormat;
  readonly schema: z.ZodType;
  readonly headers?: z.ZodObject;
}

const PLAIN: ErrorLook = { format: plainError, schema: schemas.errorBody };

/** One response for each status, with the codes that it stands for. */
export function errors(codes: readonly ErrorCode[], { format, schema, headers }: ErrorLook = PLAIN) {
  const findStatus = (code: ErrorCode) =>
    format({ status: STATUS_OF[code], headers: {}, body: { error: '', code } }).status;
  const own = [...new Set<ErrorCode>([...codes, 'INTERNAL'])];
  const statuses = [...new Set(own.map(findStatus))].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const meant = own.filter((code) => findStatus(code) === status);
      const described = json(meant.map((code) => `\`${code}\``).join(', '), schema);
      const all = status === 429 ? retryHeaders.extend(headers?.shape ?? {}) : headers;
      return [status, { ...described, ...(all && { headers: all }) }];
    }),
  );
}

/** A body of JSON by the name of its schema. */
export function body(name: string) {
  const schema = { $ref: `#/components/schemas/${name}` };
  return { required: true, content: { 'application/json': { schema } } };
}

export interface AskOptions {
  /** Name of the schema of the body. */
  readonly body: string;
  /** The model that examples are sent to. @default - there are no examples */
  readonly to?: SentTo;
  /** Other media types of the body. */
  readonly bodies?: Readonly<Record<string, object>>;
  readonly params?: z.ZodObject;
  /** Headers of the request. */
  readonly headers?: z.ZodObject;
  readonly answer: z.ZodType;
  /** Other media types of the answer. */
  readonly answers?: Readonly<Record<string, object>>;
  /** Headers of the answer beside those of every prediction. */
  readonly answerHeaders?: z.ZodObject;
  /** Beside those of every such route. */
  readonly codes?: readonly ErrorCode[];
  readonly look?: ErrorLook;
}

/** A route by which a wire format asks for predictions. */
export function posts(options: AskOptions) {
  const { answer, answers, answerHeaders, codes = [], look } = options;
  const headers = predictionHeaders.extend(answerHeaders?.shape ?? {});
  return {
    ...asked(options),
    responses: {
      200: { ...answered(answer, answers), headers },
      202: { ...accepted(), ...needs('hand-over') },
      ...errors([...PREDICT_ERRORS, ...codes], look),
      ...elsewhere(look),
    },
  };
}

/** The same route where its answer is told piece by piece: the schema is that of the data of an event. */
export function eventStream<Operation extends ReturnType<typeof posts>>(operation: Operation): Operation {
  const { 200: answer, ...responses } = operation.responses;
  const { 'application/json': event, ...others } = answer.content;
  const told = { ...answer, content: { ...others, 'text/event-stream': event } };
  return { ...operation, responses: { ...responses, 200: told } };
}

/** A route that asks a tokenizer: nothing is predicted. */
export function asksTokenizer(options: AskOptions) {
  const { answer, answers, codes = [], look } = options;
  const refusals = [...READ_ERRORS, ...LOAD_ERRORS, ...TOKENIZER_ERRORS, ...codes];
  return {
    ...asked(options),
    responses: { 200: answered(answer, answers), ...errors(refusals, look), ...elsewhere(look) },
  };
}

function answered(answer: z.ZodType, answers: AskOptions['answers']) {
  const { description, content } = json('The answer', answer);
  return { description, content: { ...content, ...answers } };
}

function asked({ body: name, to, bodies, params, headers }: AskOptions) {
  const { required, content } = body(name);
  return {
    ...(to && sentTo(to)),
    request: {
      body: { required, content: { ...content, ...bodies } },
      ...(params && { params }),
      headers: askedHeaders.extend(headers?.shape ?? {}),
    },
  };
}

/** The responses where the server is asked for, and does not answer. */
function elsewhere(look: ErrorLook | undefined) {
  const { [STATUS_OF.NOT_READY]: notReady, [STATUS_OF.SERVER_UNAVAILABLE]: unavailable } = errors(
    ['NOT_READY', 'SERVER_UNAVAILABLE'],
    look,
  );
  return {
    [STATUS_OF.SERVER_UNAVAILABLE]: { ...unavailable, ...needs('hand-over') },
    [STATUS_OF.NOT_READY]: { ...notReady, ...needs('hand-over') },
  };
}

/** A route that answers a question about the service. */
export function gets(description: string, schema: z.ZodType) {
  return { responses: { 200: json(description, schema), ...errors([]) } };
}

export interface QuestionOptions {
  readonly description: string;
  readonly answer: z.ZodType;
  readonly to: SentTo;
  readonly params?: z.ZodObject;
  /** Whether the model is loaded for it. @default true */
  readonly loads?: boolean;
  readonly look?: ErrorLook;
}

/** A route that answers a question about a model. */
export function getsModel({ description, answer, to, params, loads = true, look }: QuestionOptions) {
  const codes: readonly ErrorCode[] = loads ? LOAD_ERRORS : ['MODEL_NOT_FOUND'];
  return {
    ...sentTo(to),
    ...(params && { request: { params } }),
    responses: { 200: json(description, answer), ...errors(codes, look), ...elsewhere(look) },
  };
}
