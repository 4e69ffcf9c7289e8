/** `reference.json`, beside the model.json of a package: what the texts are like that the model was made for. See ADR-reference.md. */
import * as z from 'zod/mini';
import { PilotlightError } from '../../errors.ts';
import { sha256Schema, text } from '../../manifest/common.ts';
import { parseJsonBy } from '../../untrusted.ts';
import { FEATURES, type Feature, NUMBER_OF_BINS, SCRIPTS } from './bins.ts';
import type { Counts } from './counts.ts';

export const REFERENCE_FORMAT_VERSION = 1;
/** Fewer texts say too little of what is usual. */
export const LEAST_REFERENCE_TEXTS = 200;

const count = z.number().check(z.nonnegative());
const countsOf = (bins: number) => z.array(count).check(z.length(bins));
const names = z.string().check(z.minLength(1), z.maxLength(1000));

const featuresSchema = z.strictObject({
  tokens: z.optional(countsOf(NUMBER_OF_BINS.tokens)),
  unknown: z.optional(countsOf(NUMBER_OF_BINS.unknown)),
  script: z.optional(z.partialRecord(z.enum(SCRIPTS), count)),
  confidence: z.optional(countsOf(NUMBER_OF_BINS.confidence)),
  entropy: z.optional(countsOf(NUMBER_OF_BINS.entropy)),
  label: z.optional(z.record(names, count)),
});

const referenceSchema = z.strictObject({
  formatVersion: z.literal(REFERENCE_FORMAT_VERSION),
  /** The sha256 of the model.json that it is about: of another one it says nothing. */
  manifestSha256: sha256Schema,
  /** The variant that gave the answers. */
  variant: text,
  /** Where the texts came from, in words: `clinc150/dev`. */
  source: text.check(z.maxLength(1000)),
  texts: z.int().check(z.minimum(LEAST_REFERENCE_TEXTS)),
  /** Texts by bin. A tagger's text counts for its labels in equal shares. */
  features: featuresSchema,
});
type ReferenceFile = z.infer<typeof referenceSchema>;

/** A reference as it is compared with. */
export interface Reference extends Omit<ReferenceFile, 'features'> {
  readonly features: ReadonlyMap<Feature, ReadonlyMap<string, number>>;
}

/**
 * Reads the text of a `reference.json`.
 *
 * @throws PilotlightError REFERENCE_INVALID with what is wrong, and where it is of a package whose model.json has another sha256
 */
export function parseReference(content: string, manifestSha256: string): Reference {
  const { features, ...rest } = parseJsonBy<ReferenceFile>(referenceSchema, content, invalid);
  if (rest.manifestSha256 !== manifestSha256) throw invalid('it was recorded for another model.json');
  const maps = FEATURES.flatMap((feature) => {
    const bins = features[feature];
    return bins ? [[feature, new Map(Object.entries(bins))] as const] : [];
  });
  return { ...rest, features: new Map(maps) };
}

export interface Recorded extends Omit<ReferenceFile, 'formatVersion' | 'texts' | 'features'> {
  readonly counts: Counts;
}

/**
 * The text of a `reference.json`, the same for the same counts.
 *
 * @throws PilotlightError REFERENCE_INVALID for too few texts, and for a label `__proto__`, which schemas leave out without a word
 */
export function referenceText({ counts, manifestSha256, variant, source }: Recorded): string {
  const { texts } = counts;
  if (texts < LEAST_REFERENCE_TEXTS)
    throw invalid(`it needs ${LEAST_REFERENCE_TEXTS} texts or more, and there are ${texts}`);
  if (counts.bins('label')?.has('__proto__')) throw invalid('a label is called __proto__');
  const features = Object.fromEntries(
    counts.known().map((feature) => [feature, plainBins(feature, counts.bins(feature) ?? new Map())]),
  );
  const file = { formatVersion: REFERENCE_FORMAT_VERSION, manifestSha256, variant, source, texts, features };
  return `${JSON.stringify(referenceSchema.parse(file), null, 1)}\n`;
}

function plainBins(
  feature: Feature,
  bins: ReadonlyMap<string, number>,
): readonly number[] | Record<string, number> {
  const rounded = [...bins].map(([name, value]) => [name, Math.round(value * 1000) / 1000] as const);
  if (feature !== 'label' && feature !== 'script') return rounded.map(([, value]) => value);
  return Object.fromEntries(rounded.filter(([, value]) => value > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function invalid(reason: string, cause?: unknown): PilotlightError {
  return new PilotlightError(
    'REFERENCE_INVALID',
    `The reference of the model's traffic is refused: ${reason}. Record it again: pilotlight models reference --help`,
    { cause },
  );
}
