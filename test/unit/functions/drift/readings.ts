/** Readings of real predictions, and windows that they are counted in. */
import { readFileSync } from 'node:fs';
import { type DriftReport, DriftWindow } from '../../../../functions/app/src/telemetry/drift/drift-window.ts';
import { sha256Of } from '../../../../model-assets/format/src/index.ts';
import { parseReference, type Reading } from '../../../../model-assets/format/src/package/drift/index.ts';
import { Random } from '../../../fixtures/random.ts';

const SENTIMENT = new URL('../../../../model-assets/packages/sentiment/1.0.1/', import.meta.url);
const FIXTURE = new URL('../../../fixtures/drift/sentiment-readings.tsv', import.meta.url);

/** Of the test split, which is not the one that the reference was recorded from. */
const ROWS = readFileSync(FIXTURE, 'utf8').trim().split('\n').slice(2);
const READINGS = ROWS.map((row): Reading => {
  const [tokens = 0, unknown = 0, latin, positive, confidence = 0, entropy = 0] = row.split('\t').map(Number);
  return {
    tokens,
    unknown,
    script: latin === 1 ? 'latin' : 'none',
    labels: [positive === 1 ? 'positive' : 'negative'],
    confidence,
    entropy,
  };
});

export const REFERENCE = parseReference(
  readFileSync(new URL('reference.json', SENTIMENT), 'utf8'),
  sha256Of(readFileSync(new URL('model.json', SENTIMENT))),
);

/** Draws texts as they come, with replacement. */
export function traffic(seed: number): () => Reading {
  const random = new Random(seed);
  return () => READINGS[Math.floor(random.uniform() * READINGS.length)] ?? { tokens: 1 };
}

export function startWindow(): (reading: Reading) => readonly DriftReport[] {
  const window = new DriftWindow({ model: 'sentiment', version: '1.0.1' }, 0);
  window.reference = REFERENCE;
  return (reading) => window.add([reading], 0);
}
