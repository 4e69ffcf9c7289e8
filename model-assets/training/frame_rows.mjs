// Writes the rows by which `models add --evaluate` measures the frames model: `{text, target}`, one a line.
//
//   node frame_rows.mjs <snips folder>/test.jsonl > rows.jsonl

import { readFileSync } from 'node:fs';

const frameOf = ({ text, spans, intent }) =>
  `${intent}(${spans.map(({ start, end, label }) => `${label}=${text.slice(start, end)}`).join(', ')})`;

const lines = readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean);
const rows = lines.map((line) => JSON.parse(line)).map((row) => ({ text: row.text, target: frameOf(row) }));
process.stdout.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
