/** The figures of a comparison with fp32, as cells of a table. */
import type { Judgement } from '@pilotlight/model-format';
import type { Column } from '../kit/table.ts';

/** The columns that figures of this kind have. */
export function figureColumns({ cosine }: Pick<Judgement, 'cosine'>): readonly Column[] {
  const [worst, mean] = cosine ? ['WORST COSINE', 'MEAN COSINE'] : ['SCORES OFF, MOST', 'MEAN'];
  return [
    { title: worst, align: 'right' },
    { title: mean, align: 'right' },
    { title: 'CHANGED', align: 'right' },
    { title: 'CLEARLY', align: 'right' },
  ];
}

/** The cells of a judgement, or those of fp32 itself beside it. */
export function figureCells({ cosine, scores, decisions }: Judgement, of?: 'fp32'): readonly string[] {
  const { total, changed, clear } = decisions;
  const isFp32 = of === 'fp32';
  const figures = cosine
    ? [cosine.least, cosine.mean].map((value) => (isFp32 ? 1 : value).toFixed(4))
    : [scores?.largest ?? 0, scores?.mean ?? 0].map((value) => (isFp32 ? 0 : value).toFixed(4));
  return [...figures, `${isFp32 ? 0 : changed} of ${total} ${decisions.of}`, `${isFp32 ? 0 : clear}`];
}
