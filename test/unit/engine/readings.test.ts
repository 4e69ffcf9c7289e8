import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readText } from '../../../layers/engine/src/predict/readings/read-text.ts';
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

  /** The first and the last letters of blocks of Unicode, whose script its own data tell. */
  it.each([
    ['latin', 'Latin', 'AZazÀÖØöøÿĀɏɐʯḀỿ'],
    ['greek', 'Greek', 'ͰαωϿἀῼ'],
    ['cyrillic', 'Cyrillic', 'ЀяӿԀԯ'],
    ['hebrew', 'Hebrew', '\u05d0\u05ea\u05f2'],
    ['arabic', 'Arabic', '\u0620\u064a\u06ff\u0750\u077f\u08a0\u08c9'],
    ['devanagari', 'Devanagari', '\u0904\u0939\u097f'],
    ['thai', 'Thai', '\u0e01\u0e46'],
    ['hangul', 'Hangul', '\u1100\u11ff\u3131\u318e\uac00\ud7a3'],
    ['kana', 'Katakana', '\u30a1\u30ff\uff66\uff9d'],
    ['kana', 'Hiragana', '\u3041\u309f'],
    ['han', 'Han', '\u3400\u4dbf\u4e00\u9fff\uf900\ufad9'],
    ['other', 'Armenian', '\u0531\u0587'],
    ['other', 'Gothic', '\u{10330}\u{10349}'],
  ])('is %s for each letter that Unicode calls %s: %s', (script, name, letters) => {
    const isOf = new RegExp(`^(?=\\p{L})\\p{Script=${name}}$`, 'u');
    for (const letter of letters) {
      expect(letter).toMatch(isOf);
      expect(scriptOf(letter), letter).toBe(script);
    }
  });

  it.each([...'@[`{¿×÷', '\u{1f600}', '\ud800', '\udf30'])('is none for %s, which is no letter', (sign) => {
    expect(sign).not.toMatch(/\p{L}/u);
    expect(scriptOf(sign)).toBe('none');
  });

  it.each([
    ['Это хорошо 我', 'cyrillic'],
    ['我 Это хорошо', 'cyrillic'],
    ['Это хорошо ok', 'cyrillic'],
    ['да 我们', 'cyrillic'],
    ['我们 да', 'han'],
    ['да ok', 'latin'],
    ['ok да', 'latin'],
  ])('is that of most letters, and of as many of each Latin or else the first: %s is %s', (text, script) => {
    expect(scriptOf(text)).toBe(script);
  });

  it('is read in places all over a long text, in microseconds', () => {
    const text = `${'word '.repeat(20)}${'слово '.repeat(200_000)}`;
    const start = performance.now();
    for (let i = 0; i < 100; i++) expect(scriptOf(text)).toBe('cyrillic');
    expect((performance.now() - start) / 100).toBeLessThan(1);
  });
});

describe('the reading of a text', () => {
  const encoding = { ids: [2, 1, 7, 1, 3], typeIds: [], untruncatedLength: 9 };

  it('counts all of its tokens, and of those of its first window the ones that are unknown', () => {
    expect(readText({ text: 'ok' }, encoding, 1)).toEqual({ tokens: 9, unknown: 0.4, script: 'latin' });
    expect(readText({ text: 'ok' }, encoding, 8)).toMatchObject({ unknown: 0 });
  });

  it('has no unknown tokens, not even 0, where the vocabulary has no such token', () => {
    expect(readText({ text: 'ok' }, encoding, undefined)).toMatchObject({ unknown: undefined });
  });

  it('has the script of the longer text of a pair, and of two as long that of the first', () => {
    const script = (text: string, pair: string) => readText({ text, pair }, encoding, 1)?.script;
    expect(script('ok', 'Это хорошо')).toBe('cyrillic');
    expect(script('Это хорошо', 'ok')).toBe('cyrillic');
    expect(script('yes', 'нет')).toBe('latin');
  });

  it('has no script where tokens came in place of a text', () => {
    expect(readText({ text: '', ids: [7] }, encoding, 1)).toMatchObject({ script: undefined });
  });

  it('is absent where there is no request, or no encoding of it', () => {
    expect(readText(undefined, encoding, 1)).toBeUndefined();
    expect(readText({ text: 'ok' }, undefined, 1)).toBeUndefined();
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
