/** The look of /docs, in the reader's own light or dark. */
export const style = `
:root {
  --ink: #1c1b1a; --soft: #6a6762; --line: #e2ded8; --paper: #fdfcfa; --card: #ffffff; --flame: #b4510f;
  --get: #1f6f54; --post: #b4510f; --good: #1f6f54; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #ece9e4; --soft: #a29d95; --line: #35322e; --paper: #171614; --card: #1f1d1b; --flame: #f2994a;
    --get: #6fcf9f; --post: #f2994a; --good: #6fcf9f; --bad: #ff8a80;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
header, main { max-width: 52rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
h1 { margin: 0; font-size: 2rem; letter-spacing: -0.02em; }
h1::before { content: ""; display: inline-block; width: .55em; height: .55em; margin-right: .35em;
  background: var(--flame); border-radius: 50% 0 50% 50%; transform: rotate(-45deg); }
header p { margin: .4rem 0 1rem; color: var(--soft); max-width: 65ch; }
nav { display: flex; flex-wrap: wrap; gap: .35rem 1.1rem; padding-bottom: 1rem; border-bottom: 1px solid var(--line); }
a { color: var(--flame); }
h2 { margin: 2rem 0 .6rem; font-size: 1.15rem; }
details { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin-bottom: .6rem; }
summary { padding: .65rem .9rem; cursor: pointer; list-style: none; display: flex; gap: .7rem; align-items: baseline; flex-wrap: wrap; }
summary::-webkit-details-marker { display: none; }
summary:focus-visible, button:focus-visible, input:focus-visible, textarea:focus-visible, a:focus-visible { outline: 2px solid var(--flame); outline-offset: 2px; }
.method { font: 600 .75rem/1 ui-monospace, monospace; width: 2.6rem; color: var(--get); }
.method.post { color: var(--post); }
.method.delete { color: var(--post); }
.what { color: var(--soft); font-size: .92rem; }
code, pre, textarea, input { font: .88rem/1.5 ui-monospace, monospace; }
.inside { padding: .2rem .9rem .9rem; border-top: 1px solid var(--line); }
form { display: grid; gap: .6rem; margin: .8rem 0; }
label { display: grid; gap: .2rem; font-size: .85rem; color: var(--soft); }
input, textarea { width: 100%; padding: .45rem .6rem; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 6px; resize: vertical; }
button { justify-self: start; padding: .4rem 1.1rem; font: 600 .9rem/1.4 system-ui, sans-serif; color: var(--paper); background: var(--flame); border: 0; border-radius: 6px; cursor: pointer; }
button:disabled { opacity: .5; cursor: progress; }
output:empty { display: none; }
output .status { font-weight: 600; color: var(--good); }
output .status.bad { color: var(--bad); }
output .facts { color: var(--soft); font-size: .85rem; margin-left: .6rem; }
pre { margin: .4rem 0 0; padding: .7rem .8rem; max-height: 24rem; overflow: auto; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
.schema pre { margin: 0 .9rem .9rem; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
caption { text-align: left; color: var(--soft); font-size: .85rem; padding-bottom: .2rem; }
th { text-align: left; vertical-align: top; width: 3.5rem; font-weight: 600; }
th, td { padding: .25rem 0; border-top: 1px solid var(--line); }
main { padding-bottom: 4rem; }
`;
