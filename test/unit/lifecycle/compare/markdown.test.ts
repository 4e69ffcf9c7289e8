/** The comment of a pull request. */
import { diffMarkdown, type ModelDiff, parseFlipLimit } from '@pilotlight/lifecycle';
import { describe, expect, it } from 'vitest';

const machine = {
  ...{
    platform: 'linux',
    architecture: 'x64',
    processor: 'one',
    node: '24.0.0',
    onnxruntime: '1.30.0',
    threads: 2,
  },
};
const side = { name: 'm@1.0.0 int8', checksum: '0123456789abcdef', machine, recorded: false };
const flip = {
  ...{ text: 1, at: 'text', weight: 1 },
  ...{ a: { at: 'text', choice: 'a secret | [link](http://x)' }, b: { at: 'text', choice: '@team' } },
};
const diff = (kind: 'texts' | 'labels'): ModelDiff => ({
  ...{ a: side, b: { ...side, machine: { ...machine, architecture: 'arm64' } } },
  samples: [{ text: 'my secret <img>' }],
  answers: {
    ...{ kind, texts: 1, changedTexts: 1, decisions: { total: 1, changed: 1, clear: 0 }, flips: [flip] },
  },
  package: { settings: [], labels: [], tokenizer: [], bytes: [2e6, 1e6], files: [] },
});

describe('the comment', () => {
  it('says at its top whether the limit is kept', () => {
    expect(diffMarkdown(diff('labels'), { limit: parseFlipLimit('0') })).toMatch(/^### ❌ /);
    expect(diffMarkdown(diff('labels'), { limit: parseFlipLimit('1') })).toMatch(/^### ✅ /);
    expect(diffMarkdown(diff('labels'))).toMatch(/^### <code>/);
  });

  it('lets text of others be no Markdown, no HTML and nobody who is called', () => {
    const comment = diffMarkdown(diff('texts'));
    expect(comment).toContain('a secret &#124; &#91;link&#93;(http://x)');
    expect(comment).toContain('my secret &lt;img&gt;');
    expect(comment).not.toMatch(/@team|\[link\]|<img>/);
  });

  it('keeps texts to itself where they are private, those that a model writes too', () => {
    const comment = diffMarkdown(diff('texts'), { hideTexts: true });
    expect(comment).not.toMatch(/secret|team/);
    expect(comment).toContain('| text 1 | <code>text</code> | hidden | hidden |');
  });

  it('names the sizes and the machines where they differ', () => {
    const comment = diffMarkdown(diff('labels'));
    expect(comment).toContain('2.0 MB in A, 1.0 MB in B (−50 %)');
    expect(comment).toContain('architecture: x64 in A, arm64 in B');
  });
});
