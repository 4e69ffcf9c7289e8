/** The default model that writes text, as it is served, on the public test split; read where it lies beside the project. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Engine, type Generation } from '@pilotlight/engine';
import { afterAll, expect, it } from 'vitest';
import { LONG, sampled } from '../scale.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SNIPS = resolve(ROOT, '../shared/datasets/snips/test.jsonl');
const NAME = 'frames';

/** So many requests are read in `npm test`, and their share may lie that many points beside the one of the whole. */
const SAMPLE = 140;
const SAMPLING_ERROR = LONG ? 0.5 : 8;

interface Row {
  readonly text: string;
  readonly intent: string;
  readonly spans: readonly { readonly start: number; readonly end: number; readonly label: string }[];
}

const engine = new Engine({ packages: resolve(ROOT, 'model-assets/packages') });
afterAll(() => engine.dispose());

function frameOf({ text, intent, spans }: Row): string {
  return `${intent}(${spans.map(({ start, end, label }) => `${label}=${text.slice(start, end)}`).join(', ')})`;
}

async function write(texts: readonly string[], parameters: object): Promise<readonly string[]> {
  const { results } = await engine.predict(NAME, texts, parameters);
  return (results as readonly Generation[]).map(({ sequences: [best] }) => best.text);
}

it.skipIf(!existsSync(SNIPS)).each([
  ['greedy', { num_beams: 1 }],
  ['4 beams', { num_beams: 4 }],
])(
  'frames writes whole frames of snips, %s, as often as its manifest says (skipped without ../shared/datasets)',
  async (search, parameters) => {
    const lines = sampled(readFileSync(SNIPS, 'utf8').trimEnd().split('\n'), { short: SAMPLE });
    const rows = lines.map((line): Row => JSON.parse(line));
    const written = await write(
      rows.map(({ text }) => text),
      parameters,
    );
    const share = rows.filter((row, i) => frameOf(row) === written[i]).length / rows.length;
    const { manifest } = await engine.model(NAME);
    const figures = manifest.runtime === 'generation' ? (manifest.quality ?? []) : [];
    const recorded = figures.find(({ metric }) => metric === `exact match, ${search}`);
    expect(Math.abs(100 * (share - (recorded?.served ?? Number.NaN)))).toBeLessThan(SAMPLING_ERROR);
  },
);

it.each([
  ['play some jazz by Miles Davis on Spotify', 'PlayMusic(genre=jazz, artist=Miles Davis, service=Spotify)'],
  [
    'add this song to my workout playlist',
    'AddToPlaylist(music_item=song, playlist_owner=my, playlist=workout)',
  ],
])('frames writes the frame of "%s"', async (text, frame) => {
  expect(await write([text], {})).toEqual([frame]);
});
