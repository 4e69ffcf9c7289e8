/** Inputs of every kind that a pipeline takes, made anew each time from nothing, for goldens. */
import { crc32, deflateSync } from 'node:zlib';
import type { TransformersJsTaskName } from '@pilotlight/engine';
import { TRANSFORMERS_JS_TASKS } from '@pilotlight/model-format';

/** The request of a golden. */
export interface PipelineRequest {
  readonly inputs: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const SIDE = 64;
const SECONDS = 1;
const TEXTS = [
  'The lamp was lit before the ships came in.',
  'A small flame that never goes out starts the furnace at once.',
  'Two clerks counted the letters, and found one too many.',
  'Rain fell on the harbour all night; in the morning it was clear.',
] as const;
const SECOND = { candidate_labels: ['a lamp', 'a ship'], question: 'What is this?' } as const;

/** Four requests, each unlike the others. `samplingRate` is that of the recordings. */
export function sampleRequests(
  task: TransformersJsTaskName,
  samplingRate: number,
): readonly PipelineRequest[] {
  const { input, second } = TRANSFORMERS_JS_TASKS[task];
  const parameters = second === undefined ? {} : { [second]: SECOND[second] };
  const file = (index: number) =>
    (input === 'image' ? png(index) : wav(index, samplingRate)).toString('base64');
  return TEXTS.map((text, index) => ({ inputs: input === 'text' ? text : file(index), parameters }));
}

/** A colour gradient as an RGB image; `index` turns its colours. */
function png(index: number): Buffer {
  const rows = Array.from({ length: SIDE }, (_, y) => {
    const pixels = Array.from({ length: SIDE }, (_, x) => [4 * x, 4 * y, 4 * ((x + y + 16 * index) % SIDE)]);
    return [0, ...pixels.flatMap((pixel) => [...pixel.slice(index % 3), ...pixel.slice(0, index % 3)])];
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Uint8Array.from(rows.flat()))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** A tone of 220, 330, 440 or 550 Hz in 16-bit PCM. */
function wav(index: number, samplingRate: number): Buffer {
  const hertz = 220 + 110 * index;
  const samples = Int16Array.from({ length: SECONDS * samplingRate }, (_, at) =>
    Math.round(8192 * Math.sin((2 * Math.PI * hertz * at) / samplingRate)),
  );
  const data = Buffer.from(samples.buffer);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(samplingRate, 24);
  header.writeUInt32LE(2 * samplingRate, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}
