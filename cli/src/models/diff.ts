/** `pilotlight models diff`: two versions, variants or machines on the same texts. */
import {
  builtInSamples,
  collectAnswers,
  diffMarkdown,
  diffModels,
  isRecording,
  keepsTo,
  openSide,
  parseFlipLimit,
  parseSide,
  type Recording,
  readRecording,
  readSamples,
  type Side,
  writeRecording,
} from '@pilotlight/lifecycle/internal/compare/index';
import { packagesFolder } from '../clone.ts';
import { EXIT, type Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { wholeNumber } from '../kit/options.ts';
import { ProgressBar } from '../kit/progress.ts';
import { printable } from '../kit/style.ts';
import type { DiffLine } from './diff-options.ts';
import { diffReport } from './diff-report.ts';

/** Gives the exit code 1 where more flips than `--max-flips` allows. @throws CliError, LifecycleError, EngineError */
export async function diff({ values, positionals }: DiffLine, { stdout, stderr }: Terminal): Promise<number> {
  const [nameA, nameB, more] = positionals;
  const { record } = values;
  if (nameA === undefined || more !== undefined || (nameB === undefined) !== (record !== undefined))
    throw usageError('diff takes two models, or one and --record FILE.');
  const limit = values['max-flips'] === undefined ? undefined : parseFlipLimit(values['max-flips']);
  const packages = packagesFolder(values.packages);
  const threads = values.threads === undefined ? undefined : wholeNumber(values.threads, '--threads', 1);
  const samples = values.texts === undefined ? undefined : await readSamples(values.texts);
  const bar = new ProgressBar(stderr);
  const report = (done: number) => {
    if (!values.quiet && !values.json) bar.show(done, record === undefined ? 'comparing' : 'recording');
  };
  const opened: Side[] = [];
  const open = async (name: string, folder: string): Promise<Side | Recording> => {
    if (await isRecording(name)) return readRecording(name);
    const side = await openSide(parseSide(name, folder), { threads });
    opened.push(side);
    return side;
  };
  try {
    const a = await open(nameA, packages);
    if (record !== undefined) {
      if (!('model' in a)) throw usageError(`--record needs a model, and ${nameA} has recorded answers.`);
      const asked = samples ?? (await builtInSamples(a.manifest, a.folder));
      const answers = await collectAnswers(a, asked, { report });
      await writeRecording(record, { ...a, samples: asked, answers });
      bar.clear();
      stdout.write(`The answers to ${asked.length} texts are in ${printable(record)}.\n`);
      return EXIT.ok;
    }
    const folderB = values['packages-b'] === undefined ? packages : packagesFolder(values['packages-b']);
    const b = await open(nameB ?? '', folderB);
    const found = await diffModels(a, b, { samples, latency: !values['no-latency'], report });
    bar.clear();
    const passed = limit === undefined || keepsTo(found.answers, limit);
    if (values.json) {
      const { samples: texts, ...rest } = found;
      stdout.write(`${JSON.stringify({ ...rest, passed, texts }, null, 2)}\n`);
    } else if (values.markdown) {
      stdout.write(diffMarkdown(found, { limit, hideTexts: values['hide-texts'] ?? false }));
    } else stdout.write(diffReport(found, limit));
    return passed ? EXIT.ok : EXIT.failed;
  } finally {
    bar.clear();
    for (const side of opened) await side.dispose();
  }
}
