/** The metrics of versions that a registry gives: which are served, which were refused, and how a shadow decided. */
import type { AcceptedAlias, RolloutRecord } from '../serve/rollout-port.ts';
import { Counter, gauges } from './prometheus-text.ts';

export class RolloutMetrics {
  readonly #aliases = new Map<string, readonly AcceptedAlias[]>();
  /** `performance.now()` when the record of a model was last read. */
  readonly #readAt = new Map<string, number>();
  readonly #refused = new Counter();
  readonly #shadow = new Counter();

  rolledOut(record: RolloutRecord): void {
    const { kind, model } = record;
    if (kind === 'accepted') this.#aliases.set(model, record.aliases);
    else if (kind === 'read') this.#readAt.set(model, performance.now() - record.ageMs);
    else if (kind === 'refused') this.#refused.add({ model, version: record.version, code: record.code });
    else this.#shadow.add({ model, version: record.version, outcome: record.outcome });
  }

  /** Nothing where no registry is followed. */
  render(): string[] {
    if (this.#readAt.size === 0) return [];
    const served = [...this.#aliases].flatMap(([model, aliases]) =>
      aliases.map((alias) => ({ labels: { model, ...alias }, value: 1 })),
    );
    const ages = [...this.#readAt].map(([model, at]) => ({
      labels: { model },
      value: Math.round(performance.now() - at) / 1000,
    }));
    return [
      ...gauges('pilotlight_version_info', 'Versions that the aliases of a model mean here.', served),
      ...gauges('pilotlight_record_age_seconds', 'Since the record of a model was last read.', ages),
      ...this.#refused.render(
        'pilotlight_refused_versions_total',
        'Versions of the registry that could not be served.',
      ),
      ...this.#shadow.render('pilotlight_shadow_total', 'Calls for shadows, by what became of them.'),
    ];
  }
}
