/** What the products of the graphs of a generator read on built-in texts: those that a decoder follows, or that fp32 makes of a source. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { GenerationManifest, GenerationVariant } from '@pilotlight/model-format';
import type { TextFeed } from '../../runtime/capture.ts';
import { CALIBRATION_TEXTS } from '../../stages/calibrate/texts.ts';
import { Calibration } from '../../stages/quantise.ts';
import { encodeInputs, generateTexts, toFollow } from './judge-text.ts';
import { type FollowedText, TextScorer } from './score-text.ts';
import type { StagedGenerator } from './staged-generator.ts';
import type { StagedGraph } from './staged-graphs.ts';

/** Texts, every so many of the built-in ones, and the tokens that are followed of each. */
const EVERY = 8;
const MOST_TOKENS = 64;

export type GeneratorCalibration = (graph: StagedGraph['name']) => Promise<Calibration>;

/** The calibrations of both graphs, made when the first of them is asked for. `fp32` is the draft that is staged. */
export function calibrateGenerator(
  staged: StagedGenerator,
  manifest: GenerationManifest,
  fp32: GenerationVariant,
): GeneratorCalibration {
  let recorded: Promise<Readonly<Record<StagedGraph['name'], Calibration>>> | undefined;
  const record = async () => {
    const texts = await textsToFollow(staged, manifest);
    const feeds = { encoder: [] as TextFeed[], step: [] as TextFeed[] };
    await TextScorer.with(staged.staging.folder, fp32, manifest.decoder, async (scorer) => {
      for (const text of texts) {
        const { encoder, step } = await scorer.feeds(text);
        if (encoder) feeds.encoder.push(encoder);
        feeds.step.push(step);
      }
    });
    const keep = (kept: readonly TextFeed[]) =>
      new Calibration(kept, mkdtempSync(join(staged.staging.root, 'calibration-')));
    return { encoder: keep(feeds.encoder), step: keep(feeds.step) };
  };
  return async (graph) => {
    recorded ??= record();
    return (await recorded)[graph];
  };
}

async function textsToFollow(
  staged: StagedGenerator,
  manifest: GenerationManifest,
): Promise<readonly FollowedText[]> {
  const texts = CALIBRATION_TEXTS.filter((_, index) => index % EVERY === 0);
  const encoded = (await encodeInputs(staged.staging.folder, manifest, texts)).map((ids) =>
    ids.slice(0, MOST_TOKENS),
  );
  if (manifest.decoder.cross === undefined) {
    const long = encoded.filter(({ length }) => length > 1);
    return long.map((ids) => ({ prompt: ids.slice(0, 1), ids: ids.slice(1) }));
  }
  const generated = await staged.serve('fp32', (model) => generateTexts(model, encoded));
  return generated.map(({ ids }, index) => toFollow(encoded[index] ?? [], ids, manifest));
}
