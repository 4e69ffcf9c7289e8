/**
 * The binary extension of the protocol: JSON, and after it the bytes of tensors. Loaded with the first call that uses it.
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/extension_binary_data.md
 */
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import { RawAnswer } from '../../http/answer/raw-answer.ts';
import type { Limits } from '../../http/limits.ts';
import { checkCount, refuseField } from '../../http/request/parse.ts';
import { floatBytes } from '../vectors.ts';
import { HEAD_LENGTH, type InferTensor, type OutputTensor, type SentTensor } from './request.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const LENGTH_BYTES = 4;

/** The bytes that stand after the JSON, from which tensors take theirs in their order. */
export class BinaryTensors {
  readonly #bytes: Buffer;
  readonly #limits: Limits;
  #taken = 0;

  constructor(bytes: Uint8Array, limits: Limits) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
  }

  /**
   * Takes the elements of the next tensor. They are counted by its shape before they are read.
   *
   * @throws EngineError INVALID_INPUT with `field`; HttpError TOO_MANY_INPUTS
   */
  take({ name, shape, datatype, ...tensor }: SentTensor, size: number): InferTensor {
    const start = this.#taken;
    this.#taken += size;
    if (this.#taken > this.#bytes.byteLength) {
      const left = this.#bytes.byteLength - start;
      throw refuseField(name, `has ${size} bytes by its binary_data_size, and the body has ${left} for it`);
    }
    const bytes = this.#bytes.subarray(start, this.#taken);
    const count = shape.reduce((product, dimension) => product * dimension, 1);
    const data =
      datatype === 'BYTES'
        ? readTexts(name, bytes, count, this.#limits)
        : readNumbers(name, bytes, count, datatype, this.#limits);
    return { ...tensor, name, shape, datatype, data };
  }

  /** @throws EngineError INVALID_INPUT where bytes are left */
  end(): void {
    const left = this.#bytes.byteLength - this.#taken;
    if (left > 0) throw refuseField('inputs', `leave ${left} bytes of the body to no tensor`);
  }
}

/** Each text has its length in bytes before it. */
function readTexts(name: string, bytes: Buffer, count: number, limits: Limits): string[] {
  checkCount(count, limits);
  const texts: string[] = [];
  let at = 0;
  while (texts.length < count) {
    const start = at + LENGTH_BYTES;
    const end = start > bytes.length ? start : start + bytes.readUInt32LE(at);
    if (end > bytes.length)
      throw refuseField(`${name}[${texts.length}]`, 'is longer than the bytes of the tensor');
    texts.push(decodeText(name, texts.length, bytes.subarray(start, end)));
    at = end;
  }
  if (at === bytes.length) return texts;
  throw refuseField(name, `has ${bytes.length - at} bytes more than the ${count} elements of its shape`);
}

function decodeText(name: string, index: number, bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw refuseField(`${name}[${index}]`, 'must be UTF-8');
  }
}

const SIZES = { INT32: 4, INT64: 8 } as const;

function readNumbers(
  name: string,
  bytes: Buffer,
  count: number,
  datatype: keyof typeof SIZES,
  { maxCallTokens }: Limits,
): number[] {
  const size = SIZES[datatype];
  if (bytes.length !== count * size) {
    throw refuseField(name, `has ${bytes.length} bytes, but its shape says ${count} elements of ${size}`);
  }
  if (count > maxCallTokens)
    throw refuseField(name, `has ${count} elements; at most ${maxCallTokens} are taken`);
  return Array.from({ length: count }, (_, i) =>
    size === 4 ? bytes.readInt32LE(i * size) : Number(bytes.readBigInt64LE(i * size)),
  );
}

/** The answer with the data of the outputs that `isBinary` names after its JSON. */
export function writeBinary(
  answer: { readonly outputs: readonly OutputTensor[] },
  isBinary: (name: string) => boolean,
): RawAnswer {
  const tensors: Buffer[] = [];
  const outputs = answer.outputs.map((output) => {
    if (!isBinary(output.name)) return output;
    const { data: _, parameters, ...described } = output;
    const bytes = output.datatype === 'BYTES' ? writeTexts(output.data) : floatBytes(output.data);
    tensors.push(bytes);
    return { ...described, parameters: { ...parameters, binary_data_size: bytes.length } };
  });
  const head = Buffer.from(predictionJson({ ...answer, outputs }));
  return new RawAnswer(new Uint8Array(Buffer.concat([head, ...tensors])), {
    'content-type': 'application/octet-stream',
    [HEAD_LENGTH.toLowerCase()]: String(head.length),
  });
}

function writeTexts(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
