/** Says in words what whoever serves a variant loses against fp32. */
import type { TextJudgement } from './generation.ts';
import type { Judgement } from './onnx.ts';

/** One thing, several things, and what has become of it. */
const WORDS: Readonly<
  Record<Judgement['decisions']['of'], readonly [things: string, one: string, many: string]>
> = {
  neighbours: ['texts', 'has another nearest neighbour', 'have another nearest neighbour'],
  labels: ['labels', 'is another one', 'are others'],
  orders: ['pairs of texts', 'changes its order', 'change their order'],
  spans: ['spans', 'changes', 'change'],
  answers: ['answers', 'is another one', 'are others'],
  tokens: ['masks', 'gets another first token', 'get another first token'],
};

/** `1 of 200 texts has another nearest neighbour; fp32 was sure of none of them` */
export function describeLoss({ decisions }: Pick<Judgement, 'decisions'>): string {
  const { of, total, changed, clear } = decisions;
  const [things, one, many] = WORDS[of];
  if (changed === 0) return `none of ${total} ${things} ${one}`;
  const said = `${changed} of ${total} ${things} ${changed === 1 ? one : many}`;
  if (changed === 1) return `${said}; fp32 was ${clear === 1 ? 'clear' : 'not clear'} about it`;
  return `${said}; fp32 was clear about ${clear === 0 ? 'none' : clear} of them`;
}

/** `cosine to fp32 0.9957 at worst, 0.9982 on average`, or how far scores are off. */
export function describeDistance({ cosine, scores }: Pick<Judgement, 'cosine' | 'scores'>): string {
  if (cosine)
    return `cosine to fp32 ${cosine.least.toFixed(4)} at worst, ${cosine.mean.toFixed(4)} on average`;
  if (scores)
    return `scores off by ${scores.largest.toFixed(4)} at most, ${scores.mean.toFixed(4)} on average`;
  return '';
}

/** `99.1 % of tokens are those of fp32; perplexity 12.3 beside 12.1; chrF 97.9`, of a model that generates text */
export function describeTextLoss({ tokenAgreement, perplexity, chrF }: TextJudgement): string {
  const { served, fp32 } = perplexity;
  return (
    `${(100 * tokenAgreement).toFixed(1)} % of tokens are those of fp32; ` +
    `perplexity ${served.toPrecision(3)} beside ${fp32.toPrecision(3)}; chrF ${chrF.toFixed(1)}`
  );
}
