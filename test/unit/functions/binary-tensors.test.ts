/** The binary extension of the Open Inference Protocol: what is read, what is refused, and that nothing else happens. */
import { EngineError, PilotlightError } from '@pilotlight/engine';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinaryTensors, writeBinary } from '../../../functions/app/src/formats/open-inference/binary.ts';
import type { OutputTensor, SentTensor } from '../../../functions/app/src/formats/open-inference/request.ts';
import { DEFAULT_LIMITS } from '../../../functions/app/src/http/limits.ts';
import { fakeApp, post } from './fake-engine.ts';

/** Texts as tritonclient's `serialize_byte_tensor` writes them. */
function inBytes(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const utf8 = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(utf8.length);
      return [length, utf8];
    }),
  );
}

const tensor = (shape: number[], datatype: SentTensor['datatype'] = 'BYTES'): SentTensor => ({
  name: 'text',
  shape,
  datatype,
});
const take = (bytes: Uint8Array, sent: SentTensor, size = bytes.length) => {
  const binary = new BinaryTensors(bytes, DEFAULT_LIMITS);
  const { data } = binary.take(sent, size);
  binary.end();
  return data;
};

describe('a tensor after the JSON', () => {
  it('gives the texts that were written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 }), (texts) => {
        expect(take(inBytes(texts), tensor([texts.length]))).toEqual(texts);
      }),
    );
  });

  it('gives the numbers that were written, little-endian', () => {
    const ids = [0, 1, 258, 2 ** 31 - 1, -1];
    expect(take(Buffer.from(new BigInt64Array(ids.map(BigInt)).buffer), tensor([5], 'INT64'))).toEqual(ids);
    expect(take(Buffer.from(new Int32Array(ids).buffer), tensor([5], 'INT32'))).toEqual(ids);
  });

  it('is refused, and nothing else, whatever bytes, size and shape it has', () => {
    const shapes = fc.array(fc.nat({ max: 2 ** 31 }), { minLength: 1, maxLength: 4 });
    const datatypes = fc.constantFrom('BYTES' as const, 'INT64' as const, 'INT32' as const);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), shapes, datatypes, fc.nat({ max: 80 }), (...given) => {
        const [bytes, shape, datatype, size] = given;
        try {
          const count = shape.reduce((product, dimension) => product * dimension, 1);
          expect(take(bytes, tensor(shape, datatype), size)).toHaveLength(count);
        } catch (error) {
          expect(PilotlightError.is(error), String(error)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a length beyond its bytes', Buffer.from([255, 255, 255, 255, 97]), [1], /is longer than the bytes/],
    ['half a length', Buffer.from([1, 0]), [1], /is longer than the bytes/],
    ['bytes that are left over', inBytes(['a', 'b']), [1], /5 bytes more than the 1 elements/],
    ['a text that is not UTF-8', Buffer.from([1, 0, 0, 0, 255]), [1], /text\[0\]: must be UTF-8/],
    ['a shape of more texts than a call may have', inBytes(['a']), [100_000], /100000 inputs/],
  ])('is refused for %s', (_, bytes, shape, message) => {
    expect(() => take(bytes, tensor(shape))).toThrow(message);
  });

  it('is refused where its numbers are not as many as its shape says, before they are read', () => {
    expect(() => take(Buffer.alloc(16), tensor([3], 'INT64'))).toThrow(/16 bytes, .* 3 elements of 8/);
    expect(() => take(Buffer.alloc(2_000_000), tensor([500_000], 'INT32'))).toThrow(/at most 131072/);
  });

  it('takes no more bytes than the body has, and leaves none', () => {
    const binary = new BinaryTensors(inBytes(['a']), DEFAULT_LIMITS);
    expect(() => binary.take(tensor([1]), 6)).toThrow(EngineError);
    expect(() => new BinaryTensors(inBytes(['a']), DEFAULT_LIMITS).end()).toThrow(/5 bytes/);
  });
});

describe('an answer with tensors after its JSON', () => {
  it('has the bytes of those that were asked for, in order, and the others in the JSON', () => {
    const outputs: OutputTensor[] = [
      { name: 'a', shape: [2], datatype: 'FP32', data: [1, -0.5] },
      { name: 'b', shape: [1], datatype: 'FP32', data: [3] },
      { name: 'c', shape: [1], datatype: 'BYTES', parameters: { content_type: 'json' }, data: ['é'] },
    ];
    const { body, headers } = writeBinary({ outputs }, (name) => name !== 'b');
    const length = Number(headers['inference-header-content-length']);
    expect(JSON.parse(Buffer.from(body.subarray(0, length)).toString()).outputs).toEqual([
      { name: 'a', shape: [2], datatype: 'FP32', parameters: { binary_data_size: 8 } },
      outputs[1],
      { name: 'c', shape: [1], datatype: 'BYTES', parameters: { content_type: 'json', binary_data_size: 6 } },
    ]);
    expect(Buffer.from(body.subarray(length)).toString('hex')).toBe('0000803f000000bf02000000c3a9');
  });
});

describe('a call whose body is not what its header says', () => {
  const head = JSON.stringify({
    inputs: [{ ...tensor([1]), parameters: { binary_data_size: 5 } }],
  });
  const whole = new Uint8Array(Buffer.concat([Buffer.from(head), inBytes(['a'])]));
  const send = async (body: Uint8Array<ArrayBuffer>, headers: Record<string, string>) => {
    const octets = { 'content-type': 'application/octet-stream', ...headers };
    const response = await fakeApp().request('/v2/models/sentiment/infer', post(body, octets));
    return { status: response.status, text: await response.text() };
  };

  it.each([
    ['is missing', {}, /^.*Inference-Header-Content-Length: is missing/],
    ['is longer than the body', { 'inference-header-content-length': '5000' }, /up to \d+, the length/],
    ['is no number', { 'inference-header-content-length': 'x' }, /must be a whole number/],
    ['is negative', { 'inference-header-content-length': '-1' }, /must be a whole number/],
    ['cuts the JSON', { 'inference-header-content-length': '20' }, /not valid JSON/],
    ['leaves out a tensor', { 'inference-header-content-length': String(whole.length) }, /not valid JSON/],
  ])('is refused where the length %s', async (_, headers, message) => {
    const { status, text } = await send(whole, headers);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(text).toMatch(message);
  });

  it.each([
    ['-1', /binary_data_size: must be a whole number/],
    ['"5"', /binary_data_size: must be a whole number/],
    ['1e300', /binary_data_size: must be a whole number/],
    ['4000', /has 4000 bytes by its binary_data_size, and the body has 5/],
  ])('is refused for the size %s', async (size, message) => {
    const sized = head.replace(':5}', `:${size}}`);
    const body = new Uint8Array(Buffer.concat([Buffer.from(sized), inBytes(['a'])]));
    const { status, text } = await send(body, { 'inference-header-content-length': String(sized.length) });
    expect([status, text]).toEqual([422, expect.stringMatching(message)]);
  });

  it('is told that data is missing where its JSON alone came', async () => {
    const response = await fakeApp().request('/v2/models/sentiment/infer', post(head));
    expect(await response.text()).toMatch(/inputs\[0\]\.data: is missing, and so is the header/);
  });
});
