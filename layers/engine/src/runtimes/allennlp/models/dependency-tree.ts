/** The tree of dependencies in the form of Hierplane, which AllenNLP's predictor answers. */
import type { JsonObject } from '../archive-model.ts';
import { codePoints } from '../text/python-text.ts';

const COLOURS: Readonly<Record<string, readonly string[]>> = {
  color1: ['nsubj', 'nsubjpass', 'csubj', 'csubjpass'],
  color2: ['pobj', 'dobj', 'iobj', 'mark', 'pcomp', 'xcomp', 'ccomp', 'acomp'],
  color3: [
    ...['aux', 'cop', 'det', 'conj', 'cc', 'prep', 'number', 'possesive', 'poss', 'discourse', 'expletive'],
    ...['prt', 'advcl'],
  ],
  color4: ['mod', 'amod', 'tmod', 'quantmod', 'npadvmod', 'infmod', 'advmod', 'appos', 'nn'],
  color0: ['neg', 'punct'],
};

const NODE_TYPE_TO_STYLE: JsonObject = {
  root: ['color5', 'strong'],
  dep: ['color5', 'strong'],
  ...Object.fromEntries(
    Object.entries(COLOURS).flatMap(([colour, types]) => types.map((type) => [type, [colour]])),
  ),
};

const LINK_TO_POSITION: JsonObject = Object.fromEntries([
  ...['nsubj', 'nsubjpass', 'csubj', 'csubjpass'].map((link) => [link, 'left']),
  ...['pobj', 'dobj', 'iobj', 'pcomp', 'xcomp', 'ccomp', 'acomp'].map((link) => [link, 'right']),
]);

/** Heads count words from 1; the first word whose head is 0 is the root. Spans count code points, with a space behind every word. */
export function dependencyTree(
  words: readonly string[],
  heads: readonly number[],
  dependencies: readonly string[],
  pos: readonly string[],
): JsonObject {
  const children = words.map((): number[] => []);
  for (const [word, head] of heads.entries()) children[head - 1]?.push(word);
  let end = 0;
  const spans = words.map((word) => {
    const start = end;
    end += codePoints(word) + 1;
    return { start, end };
  });
  const node = (word: number): JsonObject => {
    const below = children[word] ?? [];
    const dependency = dependencies[word] ?? '';
    return {
      word: words[word] ?? '',
      nodeType: dependency,
      attributes: [pos[word] ?? ''],
      link: dependency,
      spans: [spans[word] ?? { start: 0, end: 0 }],
      ...(below.length > 0 && { children: below.map(node) }),
    };
  };
  return {
    text: words.join(' '),
    root: node(heads.indexOf(0)),
    nodeTypeToStyle: NODE_TYPE_TO_STYLE,
    linkToPosition: LINK_TO_POSITION,
  };
}
