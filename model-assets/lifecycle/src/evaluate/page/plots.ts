/** The plots of an evaluation. */
import { heatMap } from '../../report/heat-map.ts';
import { histogram } from '../../report/histogram.ts';
import { reliabilityDiagram } from '../../report/reliability-diagram.ts';
import type { EvaluationReport } from '../report-schema.ts';
import { modelText } from './wording.ts';

/** More rows of a matrix are not read. */
const MOST_LABELS = 24;

export interface EvaluationPlot {
  /** `confusion`, `reliability` or `confidence`. */
  readonly name: string;
  readonly svg: string;
}

/** Those that there is something to draw of. */
export function drawEvaluation(report: EvaluationReport): EvaluationPlot[] {
  return [...drawConfusion(report), ...drawCalibration(report)];
}

/** Of many labels, those that are taken for another most often, and what they are taken for. */
function drawConfusion({ model, confusion }: EvaluationReport): EvaluationPlot[] {
  if (confusion === undefined || confusion.labels.length === 0) return [];
  const { labels, counts } = confusion;
  const all = [...labels.keys()];
  const kept = labels.length <= MOST_LABELS ? all : mostConfused(counts);
  const names = kept.map((place) => labels[place] ?? '');
  const some = kept.length < labels.length ? `, the ${kept.length} labels with most mistakes` : '';
  const svg = heatMap({
    title: `Confusion of ${modelText(model)}${some}`,
    x: 'answer',
    y: 'dataset',
    rows: names,
    columns: names,
    cells: kept.map((row) => kept.map((column) => counts[row]?.[column] ?? 0)),
  });
  return [{ name: 'confusion', svg }];
}

function mostConfused(counts: readonly (readonly number[])[]): number[] {
  const pairs = counts.flatMap((row, gold) =>
    row.flatMap((count, answer) => (gold === answer || count === 0 ? [] : [{ gold, answer, count }])),
  );
  const kept = new Set<number>();
  for (const { gold, answer } of pairs.sort((left, right) => right.count - left.count)) {
    if (kept.size + Number(!kept.has(gold)) + Number(!kept.has(answer)) > MOST_LABELS) continue;
    kept.add(gold).add(answer);
  }
  return [...kept].sort((left, right) => left - right);
}

function drawCalibration({ model, calibration }: EvaluationReport): EvaluationPlot[] {
  if (calibration === undefined) return [];
  const right = calibration.map(({ count, accuracy }) => Math.round(count * accuracy));
  const edges = [...calibration.map(({ from }) => from), 1];
  return [
    { name: 'reliability', svg: reliabilityDiagram(`Reliability of ${modelText(model)}`, calibration) },
    {
      name: 'confidence',
      svg: histogram({
        title: `Confidence of ${modelText(model)}`,
        x: 'confidence',
        y: 'answers',
        edges,
        series: [
          { subject: 'right', counts: right },
          { subject: 'wrong', counts: calibration.map(({ count }, bin) => count - (right[bin] ?? 0)) },
        ],
      }),
    },
  ];
}
