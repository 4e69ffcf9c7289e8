/** A report as one file: it fetches nothing, runs nothing, and follows the reader's colour scheme. */
import { type Html, type HtmlValue, html, trustedHtml } from './html.ts';

const CSS = `
:root{color-scheme:light dark;--ground:#fff;--text:#24292f;--dim:#57606a;--line:#d0d7de;--good:#1a7f37;--bad:#cf222e}
@media(prefers-color-scheme:dark){:root{--ground:#0d1117;--text:#e6edf3;--dim:#9198a1;--line:#3d444d;--good:#3fb950;--bad:#f85149}}
body{background:var(--ground);color:var(--text);font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}.dim{color:var(--dim)}.good{color:var(--good)}.bad{color:var(--bad)}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{border-bottom:1px solid var(--line);padding:.25rem .8rem .25rem 0;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{color:var(--dim);font-weight:600}.number{text-align:right;white-space:nowrap}svg{max-width:100%;height:auto;display:block}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1.2rem}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
`;

export interface Section {
  readonly heading: string;
  readonly body: HtmlValue;
}

export interface Page {
  readonly title: string;
  /** A line below the title. */
  readonly summary: HtmlValue;
  readonly sections: readonly Section[];
}

/** The whole document. Its policy forbids scripts and anything from elsewhere, should text ever become markup. */
export function page({ title, summary, sections }: Page): string {
  const { markup } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${trustedHtml(CSS)}</style>
</head>
<body>
<h1>${title}</h1>
<p class="dim">${summary}</p>
${sections.map(({ heading, body }) => html`<section><h2>${heading}</h2>${body}</section>\n`)}</body>
</html>
`;
  return markup;
}

export interface HtmlColumn {
  readonly title: string;
  /** Set right, with figures of the same width. */
  readonly number?: boolean;
}

export function htmlTable(columns: readonly HtmlColumn[], rows: readonly (readonly HtmlValue[])[]): Html {
  const numbered = ({ number }: HtmlColumn) => (number ? trustedHtml(' class="number"') : undefined);
  return html`<div class="scroll"><table><thead><tr>${columns.map(
    (column) => html`<th scope="col"${numbered(column)}>${column.title}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr>${columns.map((column, index) => html`<td${numbered(column)}>${row[index]}</td>`)}</tr>\n`,
  )}</tbody></table></div>`;
}

/** Names and what they are, as pairs of lines. */
export function factList(facts: readonly (readonly [name: string, value: HtmlValue])[]): Html {
  return html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

/** A drawing of this folder inside of a page. */
export function figure(svg: string): Html {
  return html`<div class="scroll">${trustedHtml(svg)}</div>`;
}
