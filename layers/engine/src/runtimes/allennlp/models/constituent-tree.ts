/** The tree of constituents in the form of Hierplane, which AllenNLP's predictor answers. */
import type { JsonObject } from '../archive-model.ts';
import { leaves, type Tree } from '../decoding/tree.ts';

/** The parts of speech that spaCy 2 knew. */
const POS_TAGS = [
  ...['.', ',', '-LRB-', '-RRB-', '``', '""', "''", ':', '$', '#', 'AFX', 'CC', 'CD', 'DT', 'EX', 'FW'],
  ...['HYPH', 'IN', 'JJ', 'JJR', 'JJS', 'LS', 'MD', 'NIL', 'NN', 'NNP', 'NNPS', 'NNS', 'PDT', 'POS', 'PRP'],
  ...['PRP$', 'RB', 'RBR', 'RBS', 'RP', 'SP', 'SYM', 'TO', 'UH', 'VB', 'VBD', 'VBG', 'VBN', 'VBP', 'VBZ'],
  ...['WDT', 'WP', 'WP$', 'WRB', 'ADD', 'NFP', 'GW', 'XX', 'BES', 'HVS', '_SP'],
];

const COLOURS: Readonly<Record<string, readonly string[]>> = {
  color0: POS_TAGS,
  color1: ['NP', 'NX', 'QP', 'NAC'],
  color2: ['VP'],
  color3: ['S', 'SQ', 'SBAR', 'SBARQ', 'SINQ', 'FRAG', 'X'],
  color4: ['WHADVP', 'WHADJP', 'WHNP', 'WHPP'],
  color5: ['ADJP', 'ADVP', 'CONJP', 'INTJ', 'PRN', 'PRT', 'RRC', 'UCP'],
  color6: ['PP'],
};

const LINK_NAME_TO_LABEL: JsonObject = Object.fromEntries(POS_TAGS.map((tag) => [tag, 'pos']));
const NODE_TYPE_TO_STYLE: JsonObject = {
  ...Object.fromEntries(
    Object.entries(COLOURS).flatMap(([colour, types]) => types.map((type) => [type, [colour]])),
  ),
  LST: ['color5', 'seq'],
};

export function constituentTree(tree: Tree): JsonObject {
  return {
    linkNameToLabel: LINK_NAME_TO_LABEL,
    nodeTypeToStyle: NODE_TYPE_TO_STYLE,
    text: leaves(tree).join(' '),
    root: toNode(tree),
  };
}

function toNode(tree: Tree): JsonObject {
  const below = tree.children.filter((child) => typeof child !== 'string');
  return {
    word: leaves(tree).join(' '),
    nodeType: tree.label,
    attributes: [tree.label],
    link: tree.label,
    ...(below.length > 0 && { children: below.map(toNode) }),
  };
}
