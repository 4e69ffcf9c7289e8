/** Pilotlight beside AllenNLP itself, on the same archives. */
import { join } from 'node:path';
import type { ArchiveSubject } from '../allennlp/archive-process.ts';
import { prepareArchives } from '../allennlp/archives.ts';
import { reportAllenNlp } from '../allennlp/report.ts';
import { measureAllenNlpRounds } from '../allennlp/rounds.ts';
import { bundleArchives } from '../bundle.ts';
import { BenchError } from '../errors.ts';
import { WORK } from '../paths.ts';
import type { PeersOptions } from '../peers/options.ts';
import { findPython } from '../peers/python.ts';
import type { Measured } from '../results.ts';

export interface AllenNlpContext {
  readonly options: Pick<PeersOptions, 'python' | 'archives'>;
  readonly threads: number;
  readonly rounds: number;
  /** Told of each figure as it is measured. */
  readonly say: (line: string) => void;
}

/** Rounds of a full run, and of one of at most 4 minutes. */
export const ALLENNLP_ROUNDS = { full: 9, quick: 3 } as const;

const OWN = 'Pilotlight';
const SCRIPT = join(import.meta.dirname, '..', 'allennlp', 'python', 'predict_allennlp.py');

/** @throws BenchError NOT_INSTALLED where this is no Linux; ANSWERS_DIFFER, BAD_CHECKPOINT, SUBJECT_FAILED; CliError USAGE */
export async function measureAllenNlp({ options, threads, rounds, say }: AllenNlpContext): Promise<Measured> {
  if (process.platform !== 'linux')
    throw new BenchError(
      'NOT_INSTALLED',
      'bench allennlp reads the memory of processes in /proc: run it on Linux.',
    );
  const python = findPython(options.python);
  const packages = join(WORK, 'allennlp', 'packages');
  const archives = await prepareArchives(options.archives, packages);
  const bundle = await bundleArchives();
  const own: ArchiveSubject = {
    name: OWN,
    command: process.execPath,
    args: (config) => [bundle, config],
    place: ({ model }) => ({ models: packages, model }),
  };
  const isInstalled = python.has('allennlp', 'allennlp_models', 'torch');
  const versions = python.versions('allennlp', 'torch');
  const other: ArchiveSubject = {
    name: 'AllenNLP',
    command: python.command,
    args: (config) => [SCRIPT, config],
    place: ({ archive, model }) => ({ models: archive, model }),
  };
  const subjects = isInstalled ? [own, other] : [own];
  const skipped =
    'Not measured: AllenNLP (pip install allennlp==2.10.1 allennlp-models==2.10.1, and name that Python by --python).';
  const notes = [isInstalled ? `The peer has ${versions}.` : skipped];
  for (const note of notes) say(note);
  const samples = await measureAllenNlpRounds({ subjects, archives, threads, rounds, say });
  return reportAllenNlp({
    samples,
    archives,
    subjects: isInstalled ? [own.name, other.name] : [own.name],
    notes,
  });
}
