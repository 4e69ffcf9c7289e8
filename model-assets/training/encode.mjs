// Encodes texts with a tokenizer.json, with the very library that serves it.
//
//   node encode.mjs <tokenizer.json> < texts.json > encodings.json
//
// In: a JSON array of strings. Out: one JSON line per text, [ids, starts, word ids], special tokens included; starts are
// code-point offsets and word ids are null for special tokens.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { Tokenizer } = createRequire(import.meta.url)('tokenizers');

const tokenizer = Tokenizer.fromFile(process.argv[2]);
const texts = JSON.parse(readFileSync(0, 'utf8'));

const CHUNK = 2_000;
for (let start = 0; start < texts.length; start += CHUNK) {
  const encodings = await tokenizer.encodeBatch(texts.slice(start, start + CHUNK));
  const lines = encodings.map((encoding) =>
    JSON.stringify([encoding.getIds(), encoding.getOffsets().map(([first]) => first), encoding.getWordIds()]),
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}
