import { basename } from 'node:path';
import { FolderStore, parseModelRef } from '@pilotlight/engine';
import { parseSide } from '@pilotlight/lifecycle/internal/compare/run/side';
import type { RecordedReference } from '@pilotlight/toolchain';
import { silent } from '@pilotlight/toolchain/internal/progress';
import { readTexts } from '@pilotlight/toolchain/internal/stages/goldens';
import { recordReference } from '@pilotlight/toolchain/internal/stages/record-reference';
import { packagesFolder } from '../clone.ts';
import type { Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { printable } from '../kit/style.ts';
import type { ReferenceLine } from './reference-options.ts';
import { stageProgress } from './stage-progress.ts';

/** @throws CliError, ToolchainError, EngineError */
export async function reference(
  { values, positionals }: ReferenceLine,
  { stdout, stderr }: Terminal,
): Promise<undefined> {
  const [selection, more] = positionals;
  const { texts, json = false } = values;
  if (selection === undefined || more !== undefined) throw usageError('reference takes one model.');
  if (texts === undefined) throw usageError('reference needs --texts.');
  const { packages, ref: named, variant } = parseSide(selection, packagesFolder(values.packages));
  const ref = await new FolderStore(packages).resolve(parseModelRef(named));
  const requests = await readTexts(texts);
  const source = values.source ?? basename(texts);
  const progress = json || values.quiet ? silent : stageProgress(stderr);
  const recorded = await progress.stage('record reference', (report) =>
    recordReference({ packages, ref, requests, source, ...(variant !== undefined && { variant }) }, report),
  );
  stdout.write(
    json
      ? `${JSON.stringify({ name: ref.name, version: ref.version, source, ...recorded }, null, 2)}\n`
      : summary(recorded),
  );
  return undefined;
}

function summary({ file, texts, refused, means }: RecordedReference): string {
  const { tokens, unknown, confidence } = means;
  const facts = [
    `${(tokens ?? 0).toFixed(1)} tokens a text`,
    ...(unknown === undefined ? [] : [`${(100 * unknown).toFixed(2)} % of them unknown`]),
    ...(confidence === undefined ? [] : [`a mean score of ${confidence.toFixed(3)}`]),
  ];
  const left = refused > 0 ? `\n${refused} texts were refused, and are not in it.` : '';
  return `${texts} texts: ${facts.join(', ')}${left}\nWrote ${printable(file)}\n`;
}
