/**
 * Finds the answers in a context from the logits of its windows, as `QuestionAnsweringPipeline.postprocess` of Hugging Face
 * Transformers has it (src/transformers/pipelines/question_answering.py).
 */
import { at } from '../math/activations.ts';
import type { GiveWay, Span, TokenResult } from '../ports.ts';
import { type EdgeScores, spansByScore, type TokenSpan } from './answer-spans.ts';
import { finiteData, requireAlignment } from './output.ts';
import { beginsWord, trimSpan } from './spans.ts';

/** A span of the context in UTF-16 code units; an empty one at 0 says that there is no answer. */
export interface Answer {
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

export interface AnswerOptions {
  readonly top_k: number;
  readonly max_answer_len: number;
  readonly handle_impossible_answer: boolean;
  readonly align_to_words: boolean;
}

/** Spans looked at for each answer asked for: many begin or end inside of the same words. */
const SPANS_FOR_EACH = 100;

/** At most `top_k` answers, the best first. The text of an answer stands among them once, wherever it is best. */
export async function answersIn(
  context: string,
  results: readonly TokenResult[],
  { top_k, max_answer_len, handle_impossible_answer, align_to_words }: AnswerOptions,
  giveWay: GiveWay,
): Promise<Answer[]> {
  const windows: ContextScores[] = [];
  for (const result of results) {
    await giveWay();
    windows.push(contextScores(result));
  }
  const words = align_to_words ? await wordsIn(context, windows, giveWay) : [];
  const answers: Answer[] = [];
  const seen = new Set<string>();
  let looked = 0;
  for (const span of spansByScore(windows, max_answer_len)) {
    await giveWay();
    if (answers.length === top_k || looked++ === top_k * SPANS_FOR_EACH) break;
    const [start, end] = trimSpan(context, findCharacters(span, windows, words));
    const text = context.slice(start, end).toLowerCase();
    if (text === '' || seen.has(text)) continue;
    seen.add(text);
    answers.push({ score: Math.exp(span.score), start, end });
  }
  const impossible = windows.flatMap(({ noAnswer }) => noAnswer ?? []);
  if (!handle_impossible_answer || impossible.length === 0) return answers;
  answers.push({ score: Math.exp(Math.min(...impossible)), start: 0, end: 0 });
  return answers.sort((a, b) => b.score - a.score).slice(0, top_k);
}

/** Logarithmic probabilities of the context's tokens, and what is known of them. */
interface ContextScores extends EdgeScores {
  /** `[tokens]` */
  readonly spans: readonly Span[];
  /** `[tokens]` */
  readonly wordIds: readonly (number | null)[];
  /** Index of the first token among those of the whole context. */
  readonly from: number;
  /** The score of the first special token, which stands for no answer; undefined where there is none. */
  readonly noAnswer: number | undefined;
}

function contextScores(window: TokenResult): ContextScores {
  const { sequenceIds, specialTokensMask, spans, wordIds } = requireAlignment(window.encoding);
  const [from, to] = [Math.max(sequenceIds.indexOf(1), 0), sequenceIds.lastIndexOf(1) + 1];
  const hasNoAnswer = specialTokensMask[0] === 1;
  const startLogits = finiteData(window, 'start_logits');
  const endLogits = finiteData(window, 'end_logits');
  const total = (logits: Float32Array) =>
    logSumExp(hasNoAnswer ? [at(logits, 0), ...logits.subarray(from, to)] : logits.subarray(from, to));
  const [startTotal, endTotal] = [total(startLogits), total(endLogits)];
  return {
    starts: Float64Array.from(startLogits.subarray(from, to), (logit) => logit - startTotal),
    ends: Float64Array.from(endLogits.subarray(from, to), (logit) => logit - endTotal),
    spans: spans.slice(from, to),
    wordIds: wordIds.slice(from, to),
    from: window.encoding.windowStart ?? 0,
    noAnswer: hasNoAnswer ? at(startLogits, 0) - startTotal + at(endLogits, 0) - endTotal : undefined,
  };
}

/** log(sum(exp(x))), stable. */
function logSumExp(values: ArrayLike<number>): number {
  const list = Float64Array.from(values);
  const largest = list.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return largest + Math.log(list.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** The span of its whole word for each token of the context: a window may have but a part of its last one. */
async function wordsIn(
  context: string,
  windows: readonly ContextScores[],
  giveWay: GiveWay,
): Promise<Span[]> {
  const words: { start: number; end: number }[] = [];
  const wordOf: number[] = [];
  let previous: { word: number | null; start: number; end: number } | undefined;
  for (const { spans, wordIds, from } of windows) {
    await giveWay();
    for (let i = wordOf.length - from; i < spans.length; i++) {
      const [start, end] = spans[i] ?? [0, 0];
      const token = { word: wordIds[i] ?? null, start, end };
      const last = words.at(-1);
      if (!last || beginsWord(context, token, previous)) words.push({ start, end });
      else last.end = end;
      wordOf.push(words.length - 1);
      previous = token;
    }
  }
  return wordOf.map((word): Span => [words[word]?.start ?? 0, words[word]?.end ?? 0]);
}

function findCharacters(
  { window, start, end }: TokenSpan,
  windows: readonly ContextScores[],
  words: readonly Span[],
): Span {
  const { spans = [], from = 0 } = windows[window] ?? {};
  const first = words[from + start] ?? spans[start];
  const last = words[from + end] ?? spans[end];
  return [first?.[0] ?? 0, last?.[1] ?? 0];
}
