/**
 * A window as one line of log with one metric, which is what CloudWatch takes money for: the largest drift of the model. The index of each
 * feature, the version and the means are fields of the line.
 */
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { addMetrics } from '../emf.ts';
import type { DriftReport } from './drift-window.ts';

/** Nothing is published for a model without a reference: there is nothing that an alarm could be about. */
export function publishDrift(metrics: Metrics, report: DriftReport): void {
  const { model, version, texts, shifts, ratio, means } = report;
  if (ratio === undefined) return;
  const single = metrics.singleMetric();
  single.addDimension('model', model);
  const fields: Record<string, number | undefined> = { texts };
  for (const [feature, { psi, limit }] of shifts) {
    fields[`psi_${feature}`] = psi;
    fields[`limit_${feature}`] = limit;
  }
  for (const [name, mean] of Object.entries(means)) fields[`mean_${name}`] = mean;
  single.addMetadata('modelVersion', version);
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) single.addMetadata(name, String(Math.round(value * 10_000) / 10_000));
  }
  addMetrics(single, { TrafficDrift: ratio });
}
