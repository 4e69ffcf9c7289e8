/** Images and recordings as they arrive: the bytes of a file, or those in base64. Nothing is fetched. */
import { EngineError } from '@pilotlight/model-format/errors';

export type MediaKind = 'image' | 'audio';

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const DATA_URL = /^data:[\w.+-]+\/[\w.+-]+;base64,/;

/** The first bytes of each format; the number counts from the start of the file. */
const FORMATS: readonly {
  readonly kind: MediaKind;
  readonly marks: readonly (readonly [number, string])[];
}[] = [
  { kind: 'image', marks: [[0, '\x89PNG\r\n\x1a\n']] },
  { kind: 'image', marks: [[0, '\xff\xd8\xff']] },
  { kind: 'image', marks: [[0, 'GIF8']] },
  {
    kind: 'image',
    marks: [
      [0, 'RIFF'],
      [8, 'WEBP'],
    ],
  },
  {
    kind: 'audio',
    marks: [
      [0, 'RIFF'],
      [8, 'WAVE'],
    ],
  },
];
const NAMES: Record<MediaKind, string> = {
  image: 'a PNG, JPEG, WebP or GIF file',
  audio: 'a WAV file',
};

/**
 * Reads the bytes of a file of `kind`. Its first bytes tell its format, so that no decoder gets a file of another format.
 *
 * @throws EngineError INVALID_INPUT with `field`
 */
export function mediaBytes(kind: MediaKind, input: unknown, field: string): Uint8Array {
  const bytes = input instanceof Uint8Array ? input : decode(kind, input, field);
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString('latin1');
  const known = FORMATS.some(
    (format) => format.kind === kind && format.marks.every(([at, mark]) => head.startsWith(mark, at)),
  );
  if (known) return bytes;
  throw refuse(field, `must be ${NAMES[kind]}`);
}

function decode(kind: MediaKind, input: unknown, field: string): Uint8Array {
  if (typeof input !== 'string') throw refuse(field, `must be ${NAMES[kind]} in base64`);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(input)) {
    throw refuse(field, 'is a URL, and none is fetched; send the file itself in base64');
  }
  const text = input.replace(DATA_URL, '');
  if (text.length % 4 !== 0 || !BASE64.test(text)) throw refuse(field, `must be ${NAMES[kind]} in base64`);
  return Buffer.from(text, 'base64');
}

export function refuse(field: string, reason: string): EngineError {
  return new EngineError('INVALID_INPUT', `${field}: ${reason}.`, { details: { field } });
}
