import type { PredictionRecord } from '../serve/ports.ts';

/** The headers of TEI, with its times: whole milliseconds. `server-timing` keeps the fractions. */
export function predictionHeaders(
  { timings, totalMs }: PredictionRecord,
  characters: number,
  computeType: 'cpu' | 'gpu',
): Record<string, string> {
  const whole = (ms: number): string => String(Math.floor(ms));
  return {
    'x-compute-type': `${computeType}+optimized`,
    'x-compute-characters': String(characters),
    'x-compute-time': whole(totalMs),
    'x-total-time': whole(totalMs),
    'x-tokenization-time': whole(timings.tokenizeMs),
    'x-queue-time': whole(timings.queueMs),
    'x-inference-time': whole(timings.inferMs),
  };
}

/** The code points of texts; ids of tokens count one each, as TEI counts them. */
export function countCharacters(inputs: readonly unknown[]): number {
  let characters = 0;
  for (const input of inputs) {
    if (typeof input === 'string') characters += countCodePoints(input);
    else if (Array.isArray(input)) characters += countCharacters(input);
    else if (typeof input === 'object' && input !== null && 'tokens' in input) {
      characters += Array.isArray(input.tokens) ? input.tokens.length : 0;
    }
  }
  return characters;
}

function countCodePoints(text: string): number {
  let points = text.length;
  for (let i = 1; i < text.length; i++) {
    const isPair = (text.charCodeAt(i - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(i) & 0xfc00) === 0xdc00;
    if (isPair) points -= 1;
  }
  return points;
}
