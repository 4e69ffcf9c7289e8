/** Pilotlight beside servers and libraries outside Node, on the same weights. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProgressBar } from 'pilotlight/internal/kit/progress';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { BenchError } from '../errors.ts';
import { describeInt8 } from '../package-model.ts';
import { WORK } from '../paths.ts';
import { listCells } from '../peers/cells.ts';
import { type Checkout, nameCheckout, OWN, prepareCheckout } from '../peers/checkout.ts';
import { writeOnnxFolders } from '../peers/onnx-folders.ts';
import type { PeersOptions } from '../peers/options.ts';
import { findPython } from '../peers/python.ts';
import { reportPeers } from '../peers/report.ts';
import { MIXED, measureRounds } from '../peers/rounds.ts';
import { chooseSubjects, listSubjects, type Skipped, type Subjects } from '../peers/subjects.ts';
import { digest, FAMILIES, parseShape } from '../prepare.ts';
import type { Measured } from '../results.ts';
import { TextMaker } from '../texts.ts';
import { SEED } from './context.ts';

export interface PeersContext {
  readonly options: PeersOptions;
  /** Name of the package; a shape where no checkpoint is given. */
  readonly model: string;
  readonly threads: number;
  readonly rounds: number;
  readonly progress: ProgressBar;
  /** Told of each figure as it is measured. */
  readonly say: (line: string) => void;
}

/** Texts of bulk, and of the comparison of embeddings. */
const BULK_TEXTS = { tiny: 32, real: 256 } as const;
const COMPARED_TEXTS = 24;
const FIRST_TOKENS = 16;
/** Positions of a checkpoint without a limit of its own for sentences. */
const MOST_TOKENS = 256;

/** Rounds of a full run, and of one of at most 12 minutes. */
export const PEERS_ROUNDS = { full: 9, quick: 5 } as const;

/** @throws BenchError NOT_INSTALLED where this is no Linux; ANSWERS_DIFFER, BAD_CHECKPOINT, SUBJECT_FAILED */
export async function measurePeers(context: PeersContext): Promise<Measured> {
  const { options, model, threads, rounds, progress, say } = context;
  if (process.platform !== 'linux')
    throw new BenchError(
      'NOT_INSTALLED',
      'bench peers reads the CPU of processes in /proc: run it on Linux.',
    );
  const checkpoint = options.checkpoint ?? untrainedCheckpoint(model);
  const python = findPython(options.python);
  progress.say(`packaging ${model} and exporting it for its peers, once`);
  const checkouts = await prepareCheckouts(context, checkpoint);
  const onnx = await writeOnnxFolders(checkpoint, join(WORK, 'peers', model, 'onnx'), python);
  const places = { checkouts, checkpoint, onnx, python, tei: options.tei, threads };
  const subjects = chooseSubjects(listSubjects(places), options);
  progress.clear();
  const notes = [
    ...METHOD,
    ...checkouts.flatMap(({ label, packages }) => describeInt8(`${label} int8`, packages, model)),
    ...describeOthers(
      subjects,
      python.versions('onnxruntime', 'tokenizers', 'torch', 'sentence_transformers'),
    ),
    ...subjects.skipped.map(({ name, reason }: Skipped) => `Not measured: ${name} (${reason}).`),
  ];
  for (const note of notes.slice(METHOD.length)) say(note);

  const tiny = model === 'tiny';
  const maxTokens = tiny ? SHAPES.tiny.positions : MOST_TOKENS;
  const tokenizer = join(checkpoint, 'tokenizer.json');
  const maker = new TextMaker(tokenizer, SEED.peers);
  const lengths = { ...MIXED, longest: maxTokens };
  const cells = listCells(tiny);
  const result = await measureRounds({
    subjects,
    cells,
    rounds,
    clients: { tokenizer, seed: SEED.peers, maxTokens },
    first: maker.ofTokens(FIRST_TOKENS),
    compared: maker.lognormal(COMPARED_TEXTS, lengths),
    bulk: maker.lognormal(BULK_TEXTS[tiny ? 'tiny' : 'real'], lengths),
    say,
  });
  return reportPeers({ result, subjects, cells, trained: options.checkpoint !== undefined, notes });
}

async function prepareCheckouts(
  { options, model }: PeersContext,
  checkpoint: string,
): Promise<readonly Checkout[]> {
  const own = await prepareCheckout({ ...OWN, checkpoint, model });
  const { base, basePackages: packages } = options;
  if (base === undefined) return [own];
  const label = `Pilotlight ${nameCheckout(base)}`;
  return [own, await prepareCheckout({ label, root: base, checkpoint, model, packages })];
}

/** A checkpoint of that shape with seeded random weights. Throws USAGE for a name that is no shape. */
function untrainedCheckpoint(model: string): string {
  const shape = parseShape(model);
  const folder = join(WORK, 'peers', shape, 'checkpoint');
  const stamp = join(folder, 'made-by');
  const sources = digest(['test/fixtures/*.ts']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return folder;
  mkdirSync(folder, { recursive: true });
  writeCheckpoint({ family: FAMILIES[shape], head: 'base', shape: SHAPES[shape] }, folder);
  writeFileSync(stamp, sources);
  return folder;
}

function describeOthers({ servers, bulk }: Subjects, versions: string): string[] {
  const python = [...servers, ...bulk].some(({ key }) => /^(python|sentence|fastapi)/.test(key));
  return [
    ...(servers.some(({ key }) => key.startsWith('tei'))
      ? [
          'TEI is text-embeddings-inference with its ort backend and its defaults, on a plain .onnx export of the checkpoint; int8 is that graph after quantize_dynamic of onnxruntime, per channel.',
        ]
      : []),
    ...(python ? [`Python has ${versions}. Its texts are sorted by length, in batches of 32.`] : []),
  ];
}

const METHOD = [
  'Servers get the same texts in the same order from clients that keep their connections and send a text as soon as they have the last answer. Answers before the first one that counts are left out, and clients go on until the last one that counts. CPU is that of the server process alone.',
  'Every server runs with its own defaults, alone under load while the others wait. Embeddings are compared before anything is timed: in fp32 a cosine of at least 0.99999.',
  'A start ends with the first embedding; files are in the page cache. Resident memory counts mapped files. Before Pilotlight serves, it compares sizes of files only, as its image does.',
] as const;
