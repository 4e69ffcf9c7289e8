/** The traffic of one version of a model, window after window, against the reference of its package. */
import {
  Counts,
  compareBins,
  type Feature,
  type Reading,
  type Reference,
  type Shift,
} from '@pilotlight/model-format/drift';

/**
 * Texts of a window. Two of them are 500 texts: wherever in a window the traffic changes, the next one is whole. Fewer would see less, because
 * what may be chance grows as they get fewer.
 */
export const WINDOW_TEXTS = 250;
/** Traffic that is thinner than that is looked at after so long a time, if there is enough of it to say anything. */
const WINDOW_MS = 15 * 60_000;
const LEAST_TEXTS = 100;

/** What a window was like. */
export interface DriftReport {
  readonly model: string;
  readonly version: string;
  readonly texts: number;
  /** By feature, where the package has a reference of it. */
  readonly shifts: ReadonlyMap<Feature, Shift>;
  /** The largest index over its limit: above 1, the traffic is not that of the reference. Undefined without a reference. */
  readonly ratio: number | undefined;
  readonly means: Readonly<Record<'tokens' | 'unknown' | 'confidence' | 'entropy', number | undefined>>;
}

const NOTHING: readonly DriftReport[] = [];

export class DriftWindow {
  /** Of the package; it may come later than the first texts. */
  reference: Reference | undefined;
  readonly #model: Pick<DriftReport, 'model' | 'version'>;
  /** They are counted together at the end of the window, which takes a fraction of what it takes between other work. */
  #readings: Reading[] = [];
  #since: number;

  constructor(model: Pick<DriftReport, 'model' | 'version'>, now: number) {
    this.#model = model;
    this.#since = now;
  }

  /** Takes texts at `now`, in milliseconds, and gives a report of each window that is full by them. */
  add(readings: readonly Reading[], now: number): readonly DriftReport[] {
    let reports = NOTHING;
    for (const reading of readings) {
      const texts = this.#readings.push(reading);
      const isLate = texts >= LEAST_TEXTS && now - this.#since >= WINDOW_MS;
      if (texts < WINDOW_TEXTS && !isLate) continue;
      reports = [...reports, this.#report()];
      this.#readings = [];
      this.#since = now;
    }
    return reports;
  }

  #report(): DriftReport {
    const counts = new Counts();
    for (const reading of this.#readings) counts.add(reading);
    const shifts = new Map<Feature, Shift>();
    for (const [feature, bins] of this.reference?.features ?? []) {
      const own = counts.bins(feature);
      if (own && counts.seen(feature) >= LEAST_TEXTS) shifts.set(feature, compareBins(bins, own));
    }
    const ratios = [...shifts.values()].map(({ psi, limit }) => psi / limit);
    return {
      ...this.#model,
      texts: counts.texts,
      shifts,
      ratio: ratios.length > 0 ? Math.max(...ratios) : undefined,
      means: {
        tokens: counts.mean('tokens'),
        unknown: counts.mean('unknown'),
        confidence: counts.mean('confidence'),
        entropy: counts.mean('entropy'),
      },
    };
  }
}
