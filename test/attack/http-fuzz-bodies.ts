/** Requests as nobody should send them: what the fuzz test of the HTTP app draws from. */
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { routes } from '../../functions/app/src/routes.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\u{1f600}'.repeat(50),
    '\ud800',
    'e\u0301\u202e\u200d',
    '[CLS] [SEP] [PAD]',
    '[MASK] is [MASK]',
    '##',
  ),
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 4000 }).map((length) => 'long '.repeat(length / 5)) },
);

const key = fc.oneof(
  fc.constantFrom('top_k', 'truncate', 'normalize', 'aggregation_strategy', 'ignore_labels', 'offset_unit'),
  fc.constantFrom('pooling', 'dimensions', 'stride', 'doc_stride', 'max_seq_len', 'targets', 'prompt_name'),
  fc.constantFrom('candidate_labels', 'hypothesis_template', 'multi_label', 'function_to_apply', 'task'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'prototype', 'length'),
  fc.string(),
);

const anyValue = fc.oneof(
  hostileText,
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom(null, true, 0, -1, 1e308, -0, 1.5, [], {}, [[]], [null], [['a'], ['b']], [['a', 'b', 'c']]),
  fc.constantFrom({ text: 'a' }, [5, 6], [[5], [6]], [[-1]], [1e9], 'left', 'base64', ['a', 5]),
  fc.array(hostileText, { maxLength: 4 }),
  fc.array(fc.constant('a'), { minLength: 257, maxLength: 300 }),
);

const goodInput = fc.constantFrom<unknown>(
  'a text',
  ['a', 'b'],
  'it [MASK] so',
  { question: 'who', context: 'Ada wrote it' },
  { source_sentence: 'a', sentences: ['b'] },
  { query: 'a', texts: ['b', 'c'] },
);

const tensor = fc.record({
  name: fc.oneof(
    fc.constantFrom('text', 'input_ids', 'attention_mask', 'question', 'context', '__proto__'),
    key,
  ),
  shape: fc.oneof(fc.constantFrom([1], [2], [1, 2], [0], [1e9, 1e9], [2, 1]), anyValue),
  datatype: fc.oneof(fc.constantFrom('BYTES', 'INT64', 'FP32'), anyValue),
  data: fc.oneof(fc.constantFrom<unknown>(['a'], [2, 3], [[2, 3]], ['a', 'b'], [1e300, -1]), anyValue),
});

/** The fields of every format, some right and some wrong. */
const fields: Record<string, fc.Arbitrary<unknown>> = {
  inputs: fc.oneof(goodInput, anyValue, fc.array(tensor, { maxLength: 3 })),
  input: fc.oneof(goodInput, anyValue),
  model: fc.oneof(fc.constantFrom('encoder', 'reviews', 'missing', '../x', 'encoder@9.9.9'), anyValue),
  query: hostileText,
  texts: fc.array(hostileText, { maxLength: 4 }),
  ids: anyValue,
  parameters: fc.dictionary(key, anyValue, { maxKeys: 2 }),
  encoding_format: fc.constantFrom<unknown>('float', 'base64', 'int8', 5),
  dimensions: fc.constantFrom<unknown>(1, 8, 0, -1, 1e9, 'a'),
  truncate: fc.constantFrom<unknown>(true, false, 'yes'),
  outputs: anyValue,
};

const plausible = fc
  .tuple(
    fc
      .subarray(Object.keys(fields), { minLength: 1, maxLength: 4 })
      .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, fields[name] ?? anyValue])))),
    fc.option(fc.tuple(key, anyValue), { freq: 6 }),
  )
  .map(([body, extra]) => {
    const text = JSON.stringify(body);
    // By hand, so that `__proto__` is a key like others.
    return extra ? `{${JSON.stringify(extra[0])}:${JSON.stringify(extra[1])},${text.slice(1)}` : text;
  });

const nested = fc
  .record({
    depth: fc.integer({ min: 1, max: 50_000 }),
    open: fc.constantFrom('[', '{"a":'),
    closed: fc.boolean(),
  })
  .map(({ depth, open, closed }) => {
    const end = open === '[' ? ']' : '}';
    return `{"inputs":${open.repeat(depth)}1${closed ? end.repeat(depth) : ''}}`;
  });

const bytes = fc.oneof(
  { weight: 9, arbitrary: plausible.map(utf8) },
  {
    weight: 1,
    arbitrary: fc.tuple(plausible, fc.nat()).map(([text, at]) => utf8(text.slice(0, at % (text.length + 1)))),
  },
  { weight: 1, arbitrary: fc.jsonValue().map((value) => utf8(JSON.stringify(value))) },
  { weight: 1, arbitrary: nested.map(utf8) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(plausible, fc.nat(), fc.integer({ min: 0x80, max: 0xff })).map(([text, at, byte]) => {
      const damaged = utf8(text);
      damaged[at % damaged.length] = byte;
      return damaged;
    }),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 190_000, max: 260_000 }).map((length) => utf8('x'.repeat(length))),
  },
);

const fastBrotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const COMPRESS = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: (body: Uint8Array) => brotliCompressSync(body, fastBrotli),
};

/** 50 MB of spaces in 50 kB. */
const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20));

interface Body {
  readonly body: Uint8Array;
  readonly coding?: string;
}

const body: fc.Arbitrary<Body> = fc.oneof(
  { weight: 60, arbitrary: bytes.map((plain) => ({ body: plain })) },
  {
    weight: 10,
    arbitrary: fc
      .tuple(bytes, fc.constantFrom('gzip', 'deflate', 'br'))
      .map(([plain, coding]) => ({ body: COMPRESS[coding](plain), coding })),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(bytes, fc.constantFrom('gzip', 'deflate', 'br'), fc.nat())
      .map(([plain, coding, at]) => {
        const compressed = COMPRESS[coding](plain);
        return { body: compressed.subarray(0, at % compressed.length), coding };
      }),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(bytes, fc.constantFrom('gzip', 'br', 'zstd', 'gzip, gzip', '\u0000', 'deflate'))
      .map(([plain, coding]) => ({ body: plain, coding: coding.replace('\0', 'nul') })),
  },
  { weight: 1, arbitrary: fc.constant({ body: bomb, coding: 'gzip' }) },
);

const contentType = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('application/json', undefined, 'application/x-www-form-urlencoded'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'text/html',
      'multipart/form-data; boundary=',
      'application/json;charset=utf-16',
    ),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[ -~]{0,40}$/) },
);

const POSTS = Object.values(routes).flatMap(({ method, path }) => (method === 'post' ? [path] : []));
const ALL = Object.values(routes).map(({ path }) => path);
const HOSTILE_NAMES = [
  '..',
  '%2e%2e',
  '..%2f..%2fetc%2fpasswd',
  '%00',
  '%zz',
  '%ff',
  'a%2f1.0.0',
  'a@',
  '@1.0.0',
];

/** Paths of every route, and of none. */
function paths(models: readonly string[]): fc.Arbitrary<string> {
  const model = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...models) },
    { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_NAMES, '__proto__', 'missing') },
    {
      weight: 1,
      arbitrary: fc.string({ maxLength: 60 }).map((name) => encodeURIComponent(name.toWellFormed())),
    },
  );
  const filled = (patterns: readonly string[]) =>
    fc
      .tuple(
        fc.constantFrom(...patterns),
        model,
        fc.constantFrom('1.0.1', '1.0.1', '9.9.9', '..', 'x'),
        fc.constantFrom(
          'ner',
          'fill-mask',
          'feature-extraction',
          'text-ranking',
          '__proto__',
          'image-to-text',
        ),
      )
      .map(([pattern, name, version, task]) =>
        pattern.replace('{model}', name).replace('{version}', version).replace('{task}', task),
      );
  return fc.oneof(
    { weight: 20, arbitrary: filled(POSTS) },
    { weight: 1, arbitrary: filled(ALL) },
    { weight: 1, arbitrary: fc.webPath() },
  );
}

const method = fc.oneof(
  { weight: 20, arbitrary: fc.constant('POST') },
  { weight: 1, arbitrary: fc.constantFrom('PUT', 'PATCH', 'DELETE', 'OPTIONS', 'FROBNICATE') },
);

const parameters = (more: Record<string, unknown> = {}) => ({ truncate: true, ...more });
const bytesTensor = (name: string, data: readonly string[]) => ({
  name,
  shape: [data.length],
  datatype: 'BYTES',
  data,
});
const ids = { name: 'input_ids', shape: [1, 3], datatype: 'INT64', data: [2, 20, 3] };
const labels = { candidate_labels: ['a', 'b'] };
const pair = { source_sentence: 'a', sentences: ['b', 'c'] };

/** Calls that are answered; most of what is hostile is one of them with one field changed. */
const VALID: readonly (readonly [path: string, body: Readonly<Record<string, unknown>>])[] = [
  ['/models/reviews', { inputs: ['a', 'b'], parameters: parameters({ top_k: 1 }) }],
  ['/models/entities', { inputs: 'Ada wrote', parameters: parameters({ aggregation_strategy: 'max' }) }],
  [
    '/models/answers',
    { inputs: { question: 'who', context: 'Ada wrote it' }, parameters: { doc_stride: 8 } },
  ],
  ['/models/masks', { inputs: 'it [MASK] so', parameters: parameters({ top_k: 2 }) }],
  ['/models/entailment', { inputs: 'a', parameters: parameters(labels) }],
  ['/models/encoder', { inputs: 'a', parameters: parameters(), dimensions: 4, normalize: true }],
  ['/pipeline/sentence-similarity/encoder', { inputs: pair, parameters: parameters() }],
  ['/models/ranker', { inputs: { query: 'a', texts: ['b'] }, parameters: parameters() }],
  ['/v1/embeddings', { model: 'encoder', input: ['a', 'b'], dimensions: 4, encoding_format: 'float' }],
  ['/models/encoder/embed', { inputs: 'a', truncate: true, normalize: false, dimensions: 4 }],
  ['/models/encoder/embed_all', { inputs: [[20, 30]], truncate: true, truncation_direction: 'left' }],
  ['/models/encoder/similarity', { inputs: pair, parameters: parameters() }],
  ['/models/encoder/tokenize', { inputs: ['a', 'b'], add_special_tokens: false }],
  ['/models/encoder/decode', { ids: [[5, 6], [7]], skip_special_tokens: true }],
  ['/models/ranker/rerank', { query: 'a', texts: ['b'], raw_scores: true, return_text: true }],
  ['/models/reviews/predict', { inputs: [['a', 'b'], ['c']], raw_scores: true, truncate: true }],
  [
    '/v2/models/reviews/infer',
    { id: 'a', inputs: [bytesTensor('text', ['a', 'b'])], parameters: parameters() },
  ],
  ['/v2/models/reviews/infer', { inputs: [ids], outputs: [{ name: 'logits' }], parameters: {} }],
  [
    '/v2/models/masks/versions/1.0.0/infer',
    { inputs: [ids, { ...ids, name: 'token_type_ids', data: [0, 1, 0] }] },
  ],
];

/** One field of a body, or of its parameters, becomes something else. */
const mutated = fc
  .tuple(
    fc.constantFrom(...VALID),
    fc.nat(),
    anyValue,
    fc.tuple(key, anyValue),
    fc.constantFrom(0, 1, 1, 1, 2),
  )
  .map(([[path, valid], at, value, [name, other], kind]) => {
    const names = Object.keys(valid);
    const field = names[at % names.length] ?? 'inputs';
    const given = valid.parameters ?? {};
    const changes = [{}, { [field]: value }, { parameters: { ...Object(given), [name]: other } }];
    return { path, body: utf8(JSON.stringify({ ...valid, ...changes[kind] })) };
  });

export interface FuzzedRequest extends Body {
  readonly path: string;
  readonly method: string;
  readonly contentType: string | undefined;
  readonly accepts: string | undefined;
}

export function fuzzedRequests(models: readonly string[]): fc.Arbitrary<FuzzedRequest> {
  const accepts = fc.constantFrom(undefined, undefined, 'gzip', 'br', 'identity;q=0', '*;q=0.1, ,;');
  const anywhere = fc
    .record({ path: paths(models), method, contentType, accepts, sent: body })
    .map(({ sent, ...rest }) => ({ ...rest, ...sent }));
  const almostValid = fc.tuple(mutated, accepts).map(([request, accepted]) => ({
    ...request,
    method: 'POST',
    contentType: undefined,
    accepts: accepted,
  }));
  return fc.oneof({ weight: 3, arbitrary: anywhere }, { weight: 2, arbitrary: almostValid });
}
