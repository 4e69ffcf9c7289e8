/** The last window of each model, as /metrics shows it. */
import { Counter, gauges, type Sample } from '../prometheus-text.ts';
import type { DriftReport } from './drift-window.ts';

/** A version that nobody asks any more says nothing of today's traffic. */
const STALE_MS = 3_600_000;

const MEANS = {
  tokens: ['pilotlight_input_tokens_mean', 'Tokens of a text before it is cut, mean of the last window.'],
  unknown: ['pilotlight_unknown_tokens_share', 'Share of unknown tokens of a text, mean of the last window.'],
  confidence: ['pilotlight_confidence_mean', 'Score of the answer, mean of the last window.'],
  entropy: ['pilotlight_entropy_mean', 'Entropy of the scores, 0 to 1, mean of the last window.'],
} as const satisfies Record<keyof DriftReport['means'], readonly [string, string]>;

export class DriftMetrics {
  readonly #last = new Map<string, { readonly report: DriftReport; readonly at: number }>();
  readonly #windows = new Counter();

  add(report: DriftReport, at: number): void {
    const { model, version, ratio } = report;
    this.#last.set(`${model}@${version}`, { report, at });
    if (ratio !== undefined) this.#windows.add({ model, version, drifted: String(ratio > 1) });
  }

  /** Nothing before the first window is full. */
  render(now: number): string[] {
    if (this.#last.size === 0) return [];
    for (const [key, { at }] of this.#last) if (now - at > STALE_MS) this.#last.delete(key);
    const reports = [...this.#last.values()].map(({ report }) => report);
    const shifts = reports.flatMap(({ model, version, shifts: own }) =>
      [...own].map(([feature, shift]) => ({ labels: { model, version, feature }, ...shift })),
    );
    const lines = [
      ...gauges(
        'pilotlight_drift_psi',
        'Population stability index of the last window against the reference of the package.',
        shifts.map(({ labels, psi }) => ({ labels, value: psi })),
      ),
      ...gauges(
        'pilotlight_drift_ratio',
        'The index over the largest one that is no drift: above 1, the traffic has drifted.',
        shifts.map(({ labels, psi, limit }) => ({ labels, value: psi / limit })),
      ),
      ...this.#windows.render('pilotlight_drift_windows_total', 'Windows, by whether they have drifted.'),
      ...gauges(
        'pilotlight_drift_window_texts',
        'Texts of the last window.',
        samples(reports, ({ texts }) => texts),
      ),
    ];
    for (const mean of Object.keys(MEANS) as (keyof typeof MEANS)[]) {
      const [name, help] = MEANS[mean];
      lines.push(
        ...gauges(
          name,
          help,
          samples(reports, ({ means }) => means[mean]),
        ),
      );
    }
    return lines;
  }
}

function samples(
  reports: readonly DriftReport[],
  read: (report: DriftReport) => number | undefined,
): Sample[] {
  return reports.flatMap((report) => {
    const { model, version } = report;
    const value = read(report);
    return value === undefined ? [] : [{ labels: { model, version }, value }];
  });
}
