/** `pilotlight models profile`: time and memory by length and batch, and the limits that follow. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseSide } from '@pilotlight/lifecycle/internal/compare/run/side';
import {
  type Profile,
  profileModel,
  profilePage,
  profilePlots,
  storeProfile,
  type TimeShares,
} from '@pilotlight/lifecycle/internal/profile/index';
import { packagesFolder } from '../clone.ts';
import type { Terminal } from '../kit/command.ts';
import { CliError, usageError } from '../kit/errors.ts';
import { wholeNumber } from '../kit/options.ts';
import { ProgressBar } from '../kit/progress.ts';
import { printable } from '../kit/style.ts';
import { bar, type Column, megabytes, table } from '../kit/table.ts';
import type { ProfileLine } from './profile-options.ts';

/** Operators that are listed; the others are in the JSON. */
const MOST_OPERATORS = 8;

/** @throws CliError, LifecycleError, EngineError */
export async function profile(
  { values, positionals }: ProfileLine,
  { stdout, stderr }: Terminal,
): Promise<undefined> {
  const [name, more] = positionals;
  if (name === undefined || more !== undefined) throw usageError('profile takes one model.');
  const { out, svg, trace, json = false, quiet = false } = values;
  if (out !== undefined && !/\.(html|json)$/.test(out))
    throw usageError(`--out takes a file that ends in .html or .json, not ${out}.`);
  const progress = new ProgressBar(stderr);
  const numbers = (list: string | undefined, option: string) =>
    list?.split(',').map((text) => wholeNumber(text, option, 1, 100_000));
  const options = {
    tokens: numbers(values.tokens, '--tokens'),
    batches: numbers(values.batch, '--batch'),
    runs: wholeNumber(values.runs, '--runs', 1),
    threads: values.threads === undefined ? undefined : wholeNumber(values.threads, '--threads', 1),
    traceFile: trace === undefined ? undefined : resolve(trace),
    report: (done: number, shape: string) => {
      if (!json && !quiet) progress.show(done, shape);
    },
  };
  try {
    const { profile: found, folder } = await profileModel(
      parseSide(name, packagesFolder(values.packages)),
      options,
    );
    progress.clear();
    const written: string[] = [];
    if (!values['no-store']) written.push(await kept(() => storeProfile(folder, found)));
    if (out !== undefined) {
      const isJson = out.endsWith('.json');
      written.push(write(out, isJson ? `${JSON.stringify(found, null, 2)}\n` : profilePage(found)));
    }
    if (svg !== undefined) {
      mkdirSync(svg, { recursive: true });
      for (const [file, plot] of profilePlots(found)) written.push(write(join(svg, file), plot));
    }
    if (trace !== undefined) written.push(trace);
    stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : report(found, written));
  } finally {
    progress.clear();
  }
  return undefined;
}

function write(file: string, content: string): string {
  try {
    writeFileSync(file, content);
    return file;
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** @throws CliError FILE_UNWRITABLE where the package lies in a folder that cannot be written */
async function kept(store: () => Promise<string>): Promise<string> {
  try {
    return await store();
  } catch (cause) {
    throw unwritable('profile.json of the package', cause, ' Leave it out with --no-store.');
  }
}

function unwritable(file: string, cause: unknown, hint = ''): CliError {
  return new CliError('FILE_UNWRITABLE', `${printable(file)} cannot be written.${hint}`, { cause });
}

const right = (title: string): Column => ({ title, align: 'right' });

function report(found: Profile, written: readonly string[]): string {
  const { model, variant, measures, machine, shapes, limits, time } = found;
  const heading = `${model} ${variant}, ${measures}, ${machine.threads} ${machine.threads === 1 ? 'thread' : 'threads'}, each shape in a fresh process`;
  const curves = table(
    ['TOKENS', 'TEXTS', 'P50 ms', 'P90 ms', 'CPU ms', 'LOADED', 'PEAK', 'ARENA'].map(right),
    shapes.map(({ tokens, batch, p50Ms, p90Ms, cpuMs, loadedBytes, peakBytes, arenaBytes }) => [
      `${tokens}`,
      `${batch}`,
      p50Ms.toFixed(2),
      p90Ms.toFixed(2),
      cpuMs.toFixed(2),
      megabytes(loadedBytes),
      megabytes(peakBytes),
      arenaBytes === undefined ? '' : megabytes(arenaBytes),
    ]),
  );
  const proposals = table(
    [{ title: 'PROPOSED' }, right('VALUE'), { title: 'BECAUSE' }],
    limits.map(({ name, value, reason }) => [name, `${value}`, reason]),
  );
  const files = written.map((file) => `Written: ${printable(file)}`).join('\n');
  return `${[heading, curves, proposals, ...shares(time), files].filter((part) => part !== '').join('\n\n')}\n`;
}

function shares({ tokens, batch, stages, operators }: TimeShares): readonly string[] {
  const rows = (parts: TimeShares['stages']) =>
    parts.map(({ name, ms, share }) => [
      name,
      ms.toFixed(3),
      `${(100 * share).toFixed(1)} %`,
      bar(share, 20),
    ]);
  const columns = (title: string) => [{ title }, right('ms'), right('SHARE'), { title: '' }];
  return [
    `Where the time of a call of ${batch} × ${tokens} tokens goes`,
    table(columns('STAGE'), rows(stages)),
    table(columns('OPERATOR'), rows(operators.slice(0, MOST_OPERATORS))),
  ];
}
