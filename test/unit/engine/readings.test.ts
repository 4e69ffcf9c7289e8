import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptOf } from '../../../layers/engine/src/predict/readings/script.ts';

const PACKAGES = 'model-assets/packages';

describe('the script of a text', () => {
  it.each([
    ['I love this', 'latin'],
    ['Où est la bibliothèque?', 'latin'],
    ['Это очень хорошо', 'cyrillic'],
    ['Μου αρέσει', 'greek'],
    ['أحب هذا', 'arabic'],
    ['אני אוהב את זה', 'hebrew'],
    ['मुझे यह पसंद है', 'devanagari'],
    ['ฉันชอบสิ่งนี้', 'thai'],
    ['정말 좋아요', 'hangul'],
    ['これがだいすきです', 'kana'],
    ['我喜欢这个', 'han'],
    ['ძალიან მომწონს', 'other'],
    ['12:30 — 100 %!', 'none'],
    ['', 'none'],
    ['OK, это хорошо', 'cyrillic'],
  ])('of %s is %s', (text, script) => {
    expect(scriptOf(text)).toBe(script);
  });

  it('is read in places all over a long text, in microseconds', () => {
    const text = `${'word '.repeat(20)}${'слово '.repeat(200_000)}`;
    const start = performance.now();
    for (let i = 0; i < 100; i++) expect(scriptOf(text)).toBe('cyrillic');
    expect((performance.now() - start) / 100).toBeLessThan(1);
  });
});

describe('readings of a model', () => {
  let engine: Engine;
  beforeAll(() => {
    engine = new Engine({ packages: PACKAGES, readings: true });
  });
  afterAll(() => engine.dispose());

  it('have the tokens of each text, its script, and score, entropy and label of its answer', async () => {
    const { results, readings } = await engine.predict('sentiment', ['What a day!', 'Ужасно']);
    const tokens = await (await engine.predictor('sentiment')).tokenize(['What a day!', 'Ужасно']);
    expect(readings).toHaveLength(2);
    for (const [place, reading] of (readings ?? []).entries()) {
      const scores = results[place] as { label: string; score: number }[];
      const entropy = -scores.reduce((sum, { score }) => sum + score * Math.log2(score), 0);
      expect(reading.labels).toEqual([scores[0]?.label]);
      expect(reading.confidence).toBeCloseTo(scores[0]?.score ?? 0, 6);
      expect(reading.entropy).toBeCloseTo(entropy, 6);
      expect(reading.tokens).toBe(tokens[place]?.ids.length);
    }
    expect(readings?.map(({ script }) => script)).toEqual(['latin', 'cyrillic']);
    expect(readings?.[0]?.unknown).toBe(0);
  });

  it('are those of the whole text and of all scores, whatever a call asks to be cut', async () => {
    const long = 'good '.repeat(400);
    const asked = { truncate: true, top_k: 1, function_to_apply: 'none' };
    const [plain, cut] = await Promise.all([
      engine.predict('sentiment', long, { truncate: true }),
      engine.predict('sentiment', long, asked),
    ]);
    expect(cut.readings).toEqual(plain.readings);
    expect(cut.readings?.[0]?.tokens).toBe(402);
  });

  it('count texts that the vocabulary does not have', async () => {
    const { readings } = await engine.predict('sentiment', '\u{1f9ff} \u{1f9ff} good');
    const [{ unknown = 0, tokens = 0 } = {}] = readings ?? [];
    expect(unknown * tokens).toBeCloseTo(2, 9);
  });

  it('have the labels of the spans of a tagger, and O where there is none', async () => {
    const { results, readings } = await engine.predict('slots', [
      'play jazz by miles davis',
      'what is the weather like',
    ]);
    const [spans = []] = results as { entity_group: string; score: number }[][];
    expect(spans.length).toBeGreaterThan(0);
    expect(readings?.[0]?.labels).toEqual(spans.map(({ entity_group }) => entity_group));
    expect(readings?.[1]).toMatchObject({ labels: ['O'] });
  });

  it('come from prepared calls as from others, and are not there unless they are asked for', async () => {
    const prepared = await engine.prepare('sentiment', ['It rained.']);
    const { readings } = await prepared.run();
    expect(readings).toEqual((await engine.predict('sentiment', 'It rained.')).readings);
    const plain = new Engine({ packages: PACKAGES });
    expect(await plain.predict('sentiment', 'It rained.')).not.toHaveProperty('readings');
    await plain.dispose();
  });

  it('are not those of another task than that of the model', async () => {
    const { readings } = await engine
      .predict('sentiment', { query: 'a', texts: ['b'] }, undefined, {
        task: 'text-ranking',
      })
      .catch(() => ({ readings: undefined }));
    expect(readings).toBeUndefined();
  });
});

describe('the reference of a package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-reference-'));
  const file = join(folder, 'sentiment/1.0.1/reference.json');
  beforeAll(() => {
    cpSync(`${PACKAGES}/sentiment`, join(folder, 'sentiment'), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const read = async () => {
    const engine = new Engine({ packages: folder });
    try {
      return await (await engine.predictor('sentiment')).reference();
    } finally {
      await engine.dispose();
    }
  };

  it('is read beside its manifest', async () => {
    expect(await read()).toMatchObject({ source: 'sentiment_mix/dev', texts: 6747, variant: 'int8' });
  });

  it('is refused where it was recorded for another manifest, and is no reason to refuse the package', async () => {
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/"manifestSha256": "./, '"manifestSha256": "0'));
    await expect(read()).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
    writeFileSync(file, text);
  });

  it('may be absent', async () => {
    rmSync(file);
    expect(await read()).toBeUndefined();
  });

  it('is not read through a link that leads out of the package', async () => {
    symlinkSync(join(process.cwd(), PACKAGES, 'sentiment/1.0.1/reference.json'), file);
    await expect(read()).rejects.toThrow(/reference.json cannot be read/);
  });
});
