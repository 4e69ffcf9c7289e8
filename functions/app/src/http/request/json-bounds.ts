/** Bounds of a body that is looked at before it is parsed, so that no parser or schema works on more than a call can use. */
import { HttpError } from '../errors.ts';
import type { Limits } from '../limits.ts';

/** Bytes of the name of a field. */
const MAX_NAME_BYTES = 1000;
/** Lists, objects and fields beside those of the inputs. */
const OTHER_PARTS = 10_000;
/** Lists, objects and fields that an input may have. */
const PARTS_OF_INPUT = 8;

export interface JsonBounds {
  readonly depth: number;
  /** Values of any kind: the ids of tokens are the most that a call can use. */
  readonly values: number;
  /** Lists, objects and fields of objects, which are dearer than texts and numbers. */
  readonly parts: number;
}

/** `tensors` is the number of values that stand for one token. */
export function jsonBounds({ maxJsonDepth, maxCallTokens, maxInputs }: Limits, tensors: number): JsonBounds {
  const parts = OTHER_PARTS + PARTS_OF_INPUT * maxInputs;
  return { depth: maxJsonDepth, values: tensors * maxCallTokens + parts, parts };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = [0x5b, 0x7b] as const;
const CLOSE = [0x5d, 0x7d] as const;

/**
 * Counts what JSON has by its bytes alone, in one pass. Of bytes that are no JSON it counts as much as a parser reads of them
 * before it gives up, or more.
 *
 * @throws HttpError JSON_TOO_DEEP, BODY_TOO_LARGE
 */
export function refuseMoreJson(bytes: Uint8Array, bounds: JsonBounds): void {
  let [depth, values, parts, textBytes] = [0, 1, 0, 0];
  for (let i = 0; i < bytes.length; i++) {
    switch (bytes[i]) {
      case QUOTE: {
        const end = endOfText(bytes, i + 1);
        textBytes = end - i - 1;
        i = end;
        break;
      }
      case COMMA:
        values += 1;
        break;
      case COLON:
        parts += 1;
        if (textBytes > MAX_NAME_BYTES) throw tooLarge(`a name of more than ${MAX_NAME_BYTES} bytes`);
        break;
      case OPEN[0]:
      case OPEN[1]:
        parts += 1;
        values += 1;
        depth += 1;
        if (depth > bounds.depth) throw tooDeep(bounds.depth);
        break;
      case CLOSE[0]:
      case CLOSE[1]:
        depth -= 1;
        break;
      default:
        continue;
    }
    if (values > bounds.values) throw tooLarge(`more than ${bounds.values} values`);
    if (parts > bounds.parts) throw tooLarge(`more than ${bounds.parts} lists, objects and fields`);
  }
}

/** The place of the quote that ends a text, or the end of the bytes. */
function endOfText(bytes: Uint8Array, start: number): number {
  let i = start;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}

function tooDeep(maxDepth: number): HttpError {
  return new HttpError('JSON_TOO_DEEP', `The body nests deeper than ${maxDepth} levels.`, {
    details: { maxDepth },
  });
}

function tooLarge(what: string): HttpError {
  return new HttpError('BODY_TOO_LARGE', `The body has ${what}. Send fewer inputs.`);
}
