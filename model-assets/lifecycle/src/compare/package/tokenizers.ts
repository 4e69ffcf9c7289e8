/** Says in words in what two tokenizers differ: settings, vocabulary, merges. */
import { leavesOf } from '../answers/json.ts';

/** Entries of a list that are named one by one; of more, the number is told. */
const NAMED = 5;
/** Values of settings are cut to this number of characters. */
const LONGEST = 80;

/** What a switch of a tokenizer does, where it is on. */
const SWITCHES: Readonly<Record<string, string>> = {
  lowercase: 'lower-casing',
  do_lower_case: 'lower-casing',
  strip_accents: 'stripping of accents',
  clean_text: 'cleaning of control characters',
  handle_chinese_chars: 'separation of Chinese characters',
  add_prefix_space: 'a space before the text',
  byte_fallback: 'falling back to bytes',
};

/** Truncation and padding of the file count for nothing, because the engine does both. */
const IGNORED = new Set(['truncation', 'padding', 'version']);

/** The sentences by which two tokenizer.json differ; none where they read every text alike. */
export function describeTokenizers(a: string, b: string): readonly string[] {
  const [left, right] = [readTokenizer(a), readTokenizer(b)];
  return [
    ...describeSettings(left.settings, right.settings),
    ...describeEntries('vocabulary', left.vocabulary, right.vocabulary),
    ...describeMerges(left.merges, right.merges),
  ];
}

/** The sentences by which two text files of a vocabulary differ; a line is an entry, and its number is the id. */
export function describeLines(a: string, b: string): readonly string[] {
  const entries = (content: string) => new Map(content.split(/\r?\n/).map((line, index) => [line, index]));
  return describeEntries('vocabulary', entries(a), entries(b));
}

interface ReadTokenizer {
  readonly settings: ReadonlyMap<string, string>;
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly merges: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

function readTokenizer(content: string): ReadTokenizer {
  const { model, ...rest } = JSON.parse(content) as Json & { readonly model?: Json };
  const { vocab = {}, merges = [], ...modelSettings } = model ?? {};
  const kept = Object.fromEntries(Object.entries(rest).filter(([name]) => !IGNORED.has(name)));
  return {
    settings: leavesOf({ ...kept, model: modelSettings }),
    vocabulary: readVocabulary(vocab),
    merges: Array.isArray(merges)
      ? merges.map((merge) => (Array.isArray(merge) ? merge.join(' ') : String(merge)))
      : [],
  };
}

/** A record of ids, or of a Unigram model a list of pieces with their scores. */
function readVocabulary(vocab: unknown): ReadonlyMap<string, number> {
  if (Array.isArray(vocab))
    return new Map(vocab.map((entry, id) => [Array.isArray(entry) ? String(entry[0]) : String(entry), id]));
  return new Map(Object.entries(vocab as Readonly<Record<string, number>>));
}

function describeSettings(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): readonly string[] {
  const paths = [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path));
  return paths.map((path) => {
    const [one, other] = [a.get(path), b.get(path)];
    const said = SWITCHES[path.split('.').at(-1) ?? ''];
    if (said !== undefined && (other === 'true' || other === 'false'))
      return `${said} is ${other === 'true' ? 'on' : 'off'} in B (${path}: ${cut(one)} in A, ${other} in B)`;
    return `${path}: ${cut(one)} in A, ${cut(other)} in B`;
  });
}

function describeEntries(
  what: string,
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
): readonly string[] {
  const lost = [...a.keys()].filter((entry) => !b.has(entry));
  const added = [...b.keys()].filter((entry) => !a.has(entry));
  const moved = [...a].filter(([entry, id]) => b.has(entry) && b.get(entry) !== id);
  const move = ([entry, id]: readonly [string, number]) => `${JSON.stringify(entry)} ${id} → ${b.get(entry)}`;
  return [
    ...(lost.length > 0 ? [`${what}: ${count(lost.length)} only in A: ${list(lost.map(quote))}`] : []),
    ...(added.length > 0 ? [`${what}: ${count(added.length)} only in B: ${list(added.map(quote))}`] : []),
    ...(moved.length > 0
      ? [`${what}: ${count(moved.length)} with another id in B: ${list(moved.map(move))}`]
      : []),
  ];
}

/** The order of merges counts: the first that fits is made. */
function describeMerges(a: readonly string[], b: readonly string[]): readonly string[] {
  const [inA, inB] = [new Set(a), new Set(b)];
  const lost = a.filter((merge) => !inB.has(merge));
  const added = b.filter((merge) => !inA.has(merge));
  const [common, order] = [a.filter((merge) => inB.has(merge)), b.filter((merge) => inA.has(merge))];
  const turned = common.filter((merge, index) => merge !== order[index]).length;
  return [
    ...(lost.length > 0 ? [`merges: ${lost.length} only in A: ${list(lost.map(quote))}`] : []),
    ...(added.length > 0 ? [`merges: ${added.length} only in B: ${list(added.map(quote))}`] : []),
    ...(turned > 0 ? [`merges: ${turned} in another place of the order`] : []),
  ];
}

const count = (entries: number): string => `${entries} ${entries === 1 ? 'entry' : 'entries'}`;
const quote = (text: string): string => JSON.stringify(text);

function list(entries: readonly string[]): string {
  const more = entries.length - NAMED;
  return entries.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function cut(value = 'nothing'): string {
  return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
}
