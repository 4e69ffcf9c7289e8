/** `pilotlight models fingerprint`: hashes by which two clusters, or two years, are compared. */
import {
  builtInSamples,
  type Fingerprint,
  fingerprintModel,
  openSide,
  parseSide,
  readSamples,
  shortForm,
} from '@pilotlight/lifecycle/internal/compare/index';
import { selectPackages } from '@pilotlight/toolchain/internal/package/packages-folder';
import { packagesFolder } from '../clone.ts';
import type { Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { wholeNumber } from '../kit/options.ts';
import { ProgressBar } from '../kit/progress.ts';
import { table } from '../kit/table.ts';
import type { FingerprintLine } from './fingerprint-options.ts';

/** @throws CliError, LifecycleError, EngineError */
export async function fingerprint(
  { values, positionals }: FingerprintLine,
  { stdout, stderr }: Terminal,
): Promise<undefined> {
  const [corpus, more] = positionals;
  if (more !== undefined)
    throw usageError(`fingerprint takes one corpus, but got '${more}' too. Models go with --model.`);
  const packages = packagesFolder(values.packages);
  const batch = wholeNumber(values.batch, '--batch', 1, 10_000);
  const threads = values.threads === undefined ? undefined : wholeNumber(values.threads, '--threads', 1);
  const samples = corpus === undefined ? undefined : await readSamples(corpus);
  const names = values.model ?? (await everyPackage(packages));
  const bar = new ProgressBar(stderr);
  const fingerprints: Fingerprint[] = [];
  try {
    for (const [index, name] of names.entries()) {
      const side = await openSide(parseSide(name, packages), { threads });
      try {
        const texts = samples ?? (await builtInSamples(side.manifest, side.folder));
        const report = (done: number) => {
          if (!values.quiet && !values.json) bar.show((index + done) / names.length, name);
        };
        fingerprints.push(await fingerprintModel(side, texts, { batch, report }));
      } finally {
        await side.dispose();
      }
    }
  } finally {
    bar.clear();
  }
  stdout.write(values.json ? `${JSON.stringify(fingerprints, null, 2)}\n` : report(fingerprints));
  return undefined;
}

async function everyPackage(packages: string): Promise<readonly string[]> {
  const entries = await selectPackages(packages, 'all');
  return entries.map(({ name, version }) => `${name}@${version}`);
}

function report(fingerprints: readonly Fingerprint[]): string {
  const right = 'right' as const;
  const columns = [
    { title: 'MODEL' },
    { title: 'TEXTS', align: right },
    { title: 'CORPUS' },
    { title: 'TOKEN IDS' },
    { title: 'DECISIONS' },
    { title: 'SCORES' },
    { title: 'CLOSE', align: right },
    { title: 'AT BORDERS', align: right },
  ];
  const rows = fingerprints.map((own) => [
    own.model,
    `${own.texts}`,
    shortForm(own.corpus),
    own.tokens === undefined ? '-' : shortForm(own.tokens),
    shortForm(own.decisions),
    own.scores === undefined ? '-' : shortForm(own.scores),
    `${own.closeDecisions}`,
    `${own.scoresAtBorders}`,
  ]);
  return `${table(columns, rows)}\n`;
}
