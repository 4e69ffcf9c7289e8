/** What `add` prints at its end: what was tried and what it loses, what was packaged and proven. */
import { describeDistance, describeLoss } from '@pilotlight/model-format';
import type { LadderReport, PackageResult } from '@pilotlight/toolchain';
import { printable } from '../kit/style.ts';
import { type Column, megabytes, table } from '../kit/table.ts';
import { figureCells, figureColumns } from './figures.ts';
import { packagedLine, proofTable } from './proofs.ts';
import { describeQuality } from './quality.ts';

const right = 'right' as const;

export function addSummary(result: PackageResult, milliseconds: number): string {
  const { manifest, ladders, quantised, notes } = result;
  const lines = [
    '',
    packagedLine(result, milliseconds),
    '',
    ...ladders.flatMap((ladder) => [ladderTable(ladder), '', loss(ladder), '']),
    proofTable(result),
    ...manifest.quality.map(
      (entry) => `${printable(describeQuality(entry))}, agreement ${(100 * entry.agreement).toFixed(2)} %`,
    ),
    ...(quantised ? [`int8: ${quantised.products} products, ${quantised.lookups} embeddings`] : []),
    ...notes.map((note) => `note: ${printable(note)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** fp32, and below it what was tried, in order; the last one that is good enough was taken. */
function ladderTable({ variant, fp32Bytes, tried, taken }: LadderReport): string {
  const { judgement } = taken;
  const columns: readonly Column[] = [
    { title: `TRIED FOR ${variant.toUpperCase()}` },
    { title: 'SIZE', align: right },
    { title: 'SPEED', align: right },
    ...figureColumns(judgement),
    { title: '' },
  ];
  const reference = ['fp32', megabytes(fp32Bytes), '1.0x', ...figureCells(judgement, 'fp32'), ''];
  const rows = tried.map((rung) => [
    rung.title,
    megabytes(rung.bytes),
    rung.speedup === undefined ? '' : `${rung.speedup.toFixed(1)}x`,
    ...figureCells(rung.judgement),
    rung.passes ? 'good enough' : 'loses too much',
  ]);
  return table(columns, [reference, ...rows]);
}

function loss({ variant, taken: { title, judgement } }: LadderReport): string {
  return `${variant} (${title}) beside fp32: ${describeLoss(judgement)}; ${describeDistance(judgement)}.`;
}
