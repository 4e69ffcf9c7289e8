import { histogram } from '@pilotlight/lifecycle/internal/report/histogram';
import { Html, html, trustedHtml } from '@pilotlight/lifecycle/internal/report/html';
import { factList, figure, htmlTable, page } from '@pilotlight/lifecycle/internal/report/page';
import { describe, expect, it } from 'vitest';

const HOSTILE = `</title><script>alert(1)</script>"'&<img src=x onerror=alert(1)>\u202e`;
const document = page({
  title: HOSTILE,
  summary: HOSTILE,
  sections: [
    {
      heading: HOSTILE,
      body: [
        htmlTable([{ title: HOSTILE }, { title: 'n', number: true }], [[HOSTILE, 0.5]]),
        factList([[HOSTILE, HOSTILE]]),
        figure(histogram({ title: HOSTILE, x: HOSTILE, y: 'n', edges: [0, 1], series: [] })),
      ],
    },
  ],
});

describe('a page of a report', () => {
  it('has no element and no attribute that a text brought', () => {
    expect(document).not.toMatch(/<script|<img/);
    expect(document.match(/<title>/g)).toHaveLength(2);
    const names = new Set([...document.matchAll(/<([a-z]+\d?)/g)].map(([, name]) => name));
    expect([...names].sort()).toEqual(
      [
        ...['body', 'dd', 'div', 'dl', 'dt', 'h1', 'h2', 'head', 'html', 'line', 'meta', 'p', 'section'],
        ...['style', 'svg', 'table', 'tbody', 'td', 'text', 'th', 'thead', 'title', 'tr'],
      ].sort(),
    );
  });

  it('fetches nothing and may run nothing', () => {
    expect(document).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(document.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|url\(|@import|src=(?!x)/,
    );
  });

  it('follows the colour scheme of the reader', () => {
    expect(document).toContain('@media(prefers-color-scheme:dark)');
    expect(document).toContain('color-scheme:light dark');
  });

  it('spells out characters that a reader cannot see, or that turn a text around', () => {
    expect(document).not.toContain('\u202e');
    expect(document).toContain('\\u202e');
    expect(html`${'\u0000\ud800'}`.markup).toBe('\\u0000\\ud800');
  });

  it('sets numbers right', () => {
    expect(document).toContain('<td class="number">0.5</td>');
  });
});

describe('a template of markup', () => {
  it('escapes texts, joins lists, takes markup as it is, and writes nothing for what is undefined', () => {
    const { markup } = html`<p title="${'"a"'}">${['<b>', trustedHtml('<i>'), 1]}${undefined}</p>`;
    expect(markup).toBe('<p title="&quot;a&quot;">&lt;b&gt;<i>1</p>');
    expect(html``).toBeInstanceOf(Html);
  });
});
