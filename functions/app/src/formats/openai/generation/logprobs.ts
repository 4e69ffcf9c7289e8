/** Log probabilities of tokens as OpenAI's two calls have them. */
import type { GeneratedToken } from '@pilotlight/engine/internal/predict/generation';

/** Of `/v1/completions`. `from` is where the first token begins in the text of the answer, in characters. */
export function completionLogprobs(tokens: readonly GeneratedToken[], from: number) {
  const shown = tokens.filter(({ special }) => !special);
  let offset = from;
  const text_offset = shown.map(({ text }) => {
    offset += text.length;
    return offset - text.length;
  });
  return {
    tokens: shown.map(({ text }) => text),
    token_logprobs: shown.map(({ logprob }) => logprob),
    top_logprobs: shown.map((token) => (token.top ? byText([token, ...token.top]) : {})),
    text_offset,
  };
}

/** The best of two tokens of the same text counts. */
function byText(tokens: readonly Omit<GeneratedToken, 'top'>[]): Record<string, number> {
  const found = new Map<string, number>();
  for (const { text, logprob } of tokens) {
    found.set(text, Math.max(logprob, found.get(text) ?? Number.NEGATIVE_INFINITY));
  }
  return Object.fromEntries(found);
}

/** Of `/v1/chat/completions`. */
export function chatLogprobs(tokens: readonly GeneratedToken[]) {
  const content = tokens
    .filter(({ special }) => !special)
    .map(({ top = [], ...token }) => ({ ...describeToken(token), top_logprobs: top.map(describeToken) }));
  return { content, refusal: null };
}

/** A token may be a part of a character, whose bytes are known with its last token. */
function describeToken({ text, logprob }: Omit<GeneratedToken, 'top'>) {
  return { token: text, logprob, bytes: [...Buffer.from(text)] };
}
