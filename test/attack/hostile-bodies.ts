/** Bodies of up to 2 MB that are made to be dear: to parse, to check, to refuse, or to decompress. */
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';

export interface HostileBody {
  readonly what: string;
  readonly path: string;
  readonly bytes: Buffer;
  readonly coding?: string;
}

const list = (element: string, bytes = 1_980_000): string => {
  const count = Math.floor(bytes / (element.length + 1));
  return `[${`${element},`.repeat(count)}${element}]`;
};
const fields = (count: number, name: (i: number) => string, value = '1'): string =>
  `{${Array.from({ length: count }, (_, i) => `${JSON.stringify(name(i))}:${value}`).join()}}`;
const quoted = (text: string): string => JSON.stringify(text);

const LONG = `"${'x'.repeat(1_900_000)}"`;
const ids = `{"name":"input_ids","shape":[1,3],"datatype":"INT64","data":[2,20,3]}`;

/** Route and body; each is sent as it is and compressed. */
const SHAPES: readonly (readonly [what: string, path: string, body: string])[] = [
  ['objects as texts', '/v1/embeddings', `{"model":"encoder","input":${list('{}')}}`],
  ['lists as texts', '/v1/embeddings', `{"model":"encoder","input":${list('[]')}}`],
  ['objects after many ids', '/models/encoder/embed', `{"inputs":[${'1,'.repeat(130_000)}{}]}`],
  ['lists of one id', '/models/encoder/embed_all', `{"inputs":${list('[5]')}}`],
  ['numbers as pairs', '/models/reviews/predict', `{"inputs":${list('[1]')}}`],
  ['numbers as texts', '/models/ranker/rerank', `{"query":"a","texts":${list('1')}}`],
  [
    'numbers as sentences',
    '/models/encoder/similarity',
    `{"inputs":{"source_sentence":"a","sentences":${list('1')}}}`,
  ],
  ['objects as ids', '/models/encoder/decode', `{"ids":${list('{}')}}`],
  ['as many ids as are taken, below zero', '/models/encoder/decode', `{"ids":${list('-1', 390_000)}}`],
  ['such ids of one text', '/v1/embeddings', `{"model":"encoder","input":${list('-1', 390_000)}}`],
  ['ids above all integers', '/models/encoder/embed_all', `{"inputs":${list('1e99', 650_000)}}`],
  ['ids without end', '/models/encoder/decode', `{"ids":${list('7')}}`],
  ['objects as tensors', '/v2/models/reviews/infer', `{"inputs":${list('{}')}}`],
  [
    'outputs again and again',
    '/v2/models/reviews/infer',
    `{"inputs":[${ids}],"outputs":${list('{"name":"logits"}')}}`,
  ],
  [
    'outputs of many names',
    '/v2/models/reviews/infer',
    `{"inputs":[${ids}],"outputs":[${Array.from({ length: 5900 }, (_, i) => `{"name":"o${i}"}`)}]}`,
  ],
  [
    'full stops that are only to be tokenised',
    '/models/encoder/tokenize',
    `{"inputs":${list(quoted('.'.repeat(7700)))}}`,
  ],
  [
    'too many words for masks',
    '/models/masks',
    `{"inputs":[${Array(256).fill(quoted('[MASK] '.repeat(25)))}],"parameters":{"top_k":1000}}`,
  ],
  [
    'a target of several tokens',
    '/models/masks',
    `{"inputs":[${Array(256).fill(quoted('a [MASK] '.repeat(12)))}],"parameters":{"targets":["a b"]}}`,
  ],
  [
    'data without end',
    '/v2/models/reviews/infer',
    `{"inputs":[{"name":"input_ids","shape":[1,3],"datatype":"INT64","data":${list('1')}}]}`,
  ],
  [
    'labels that are numbers',
    '/models/entities',
    `{"inputs":"a","parameters":{"ignore_labels":${list('1')}}}`,
  ],
  [
    'candidate labels without end',
    '/models/entailment',
    `{"inputs":"a","parameters":{"candidate_labels":${list('"a"')}}}`,
  ],
  ['inputs without end', '/models/reviews', `{"inputs":${list('"a"')}}`],
  ['inputs of null', '/models/reviews', `{"inputs":${list('null')}}`],
  ['unknown parameters', '/models/reviews', `{"inputs":"a","parameters":${fields(150_000, (i) => `k${i}`)}}`],
  [
    'parameters up to the bound',
    '/models/reviews',
    `{"inputs":"a","parameters":${fields(11_000, (i) => `k${i}`)}}`,
  ],
  ['fields that are numbers', '/models/reviews', fields(120_000, (i) => `${i * 390_001}`)],
  ['one field again and again', '/models/reviews', `{"inputs":"a",${Array(190_000).fill('"k":1').join()}}`],
  ['a name of 2 MB', '/models/reviews', `{"inputs":"a","parameters":{"${'k'.repeat(1_900_000)}":1}}`],
  ['depth that never ends', '/models/reviews', '['.repeat(1_990_000)],
  ['objects in objects', '/models/reviews', `${'{"inputs":'.repeat(190_000)}1${'}'.repeat(90_000)}`],
  ['commas', '/models/reviews', `[${','.repeat(1_990_000)}`],
  ['a model with a long name', '/v1/embeddings', `{"model":${LONG},"input":"a"}`],
  [
    'a tensor with a long name',
    '/v2/models/reviews/infer',
    `{"inputs":[{"name":${LONG},"shape":[2],"datatype":"BYTES","data":["a"]}]}`,
  ],
  [
    'an output with a long name',
    '/v2/models/reviews/infer',
    `{"inputs":[${ids}],"outputs":[{"name":${LONG}}]}`,
  ],
  [
    'a task with a long name',
    '/v2/models/reviews/infer',
    `{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["a"]}],"parameters":{"task":${LONG}}}`,
  ],
  ['a prompt with a long name', '/models/encoder/embed', `{"inputs":"a","prompt_name":${LONG}}`],
  ['a long strategy', '/models/entities', `{"inputs":"a","parameters":{"aggregation_strategy":${LONG}}}`],
  [
    'a long template',
    '/models/entailment',
    `{"inputs":"a","parameters":{"candidate_labels":"a","hypothesis_template":${LONG}}}`,
  ],
  [
    'labels in one text',
    '/models/entailment',
    `{"inputs":"a","parameters":{"candidate_labels":"${','.repeat(1_900_000)}"}}`,
  ],
  [
    'a shape of no size',
    '/v2/models/reviews/infer',
    `{"inputs":[{"name":"text","shape":[9007199254740991,9007199254740991],"datatype":"BYTES","data":${list('"a"', 600_000)}}]}`,
  ],
  ['a text that is too long', '/models/reviews', `{"inputs":${quoted('a'.repeat(1_900_000))}}`],
  ['escapes that are too long', '/models/reviews', `{"inputs":"${String.raw`\u0041`.repeat(320_000)}"}`],
];

const body = `{"inputs":${list('{}')}}`;
const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
const compress = {
  gzip: (text: string | Buffer) => gzipSync(text),
  deflate: (text: string | Buffer) => deflateSync(text),
  br: (text: string | Buffer) => brotliCompressSync(text, fast),
};
const CODINGS = ['gzip', 'deflate', 'br'] as const;

const special = (what: string, bytes: Buffer | string, coding?: string): HostileBody => ({
  what,
  path: '/models/reviews',
  bytes: Buffer.from(bytes),
  ...(coding !== undefined && { coding }),
});

/** Streams that are dear by themselves, and bytes that are no JSON. */
function specials(): HostileBody[] {
  const spaces = Buffer.alloc(200_000_000, 0x20);
  return [
    special('a bomb of 200 MB', compress.gzip(spaces), 'gzip'),
    special('a bomb of 200 MB', compress.deflate(spaces), 'deflate'),
    special('a bomb of 200 MB', compress.br(spaces), 'br'),
    special('100,000 empty members', Buffer.concat(Array<Buffer>(95_000).fill(gzipSync(''))), 'gzip'),
    special('100,000 members of a bracket', Buffer.concat(Array<Buffer>(90_000).fill(gzipSync('['))), 'gzip'),
    special('a stream that is cut', compress.gzip(body).subarray(0, 900), 'gzip'),
    special('a coding that is not said', compress.gzip(body)),
    special('zstd', compress.gzip(body), 'zstd'),
    special('a coding twice', gzipSync(compress.gzip(body)), 'gzip, gzip'),
    special('bytes that are no UTF-8', Buffer.alloc(1_990_000, 0xff)),
    special('zero bytes', Buffer.alloc(1_990_000)),
    special('digits', '1'.repeat(1_990_000)),
    special('a number after spaces', `${' '.repeat(1_990_000)}1`),
    special('quotes', '"'.repeat(1_990_000)),
  ];
}

/** The bodies: each shape plain and under one of the codings by turns, and the special ones. */
export function hostileBodies(): HostileBody[] {
  const shapes = SHAPES.flatMap(([what, path, text], i): HostileBody[] => {
    const coding = CODINGS[i % CODINGS.length] ?? 'gzip';
    return [
      { what, path, bytes: Buffer.from(text) },
      { what, path, bytes: compress[coding](text), coding },
    ];
  });
  return [...shapes, ...specials()];
}
