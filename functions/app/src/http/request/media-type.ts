import { HttpError } from '../errors.ts';

/**
 * Types under which JSON arrives: its own, none at all, and what `curl -d` and `fetch` put on a bare string.
 * Others are refused, because their senders mean something else.
 */
const JSON_TYPES =
  /^(?:application\/(?:[\w.-]+\+)?json|application\/x-www-form-urlencoded|text\/(?:plain|json))$/;
const CHARSETS = /^"?(?:utf-?8|us-ascii)"?$/;

const CODINGS = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate', br: 'br' } as const;
export type ContentCoding = (typeof CODINGS)[keyof typeof CODINGS];

/** @throws HttpError UNSUPPORTED_MEDIA_TYPE where a body cannot be UTF-8 JSON by what its headers say. */
export function requireJson(headers: Headers): void {
  const [type = '', ...attributes] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  if (type.trim() !== '' && !JSON_TYPES.test(type.trim())) {
    throw refusal(`The content type ${type.trim().slice(0, 100)} is not supported. Send application/json.`);
  }
  const charset = attributes.map((part) => part.trim()).find((part) => part.startsWith('charset='));
  if (charset !== undefined && !CHARSETS.test(charset.slice('charset='.length))) {
    throw refusal('Only UTF-8 is supported. Send the body in UTF-8.');
  }
}

/** Types under which a file arrives by itself: an image or a recording for a model that reads one. */
const FILE_TYPES = /^(?:image\/|audio\/|application\/octet-stream)/;

export function isFile(headers: Headers): boolean {
  return FILE_TYPES.test((headers.get('content-type') ?? '').trim().toLowerCase());
}

/** How the body is compressed, or nothing. @throws HttpError UNSUPPORTED_MEDIA_TYPE */
export function contentCoding(headers: Headers): ContentCoding | undefined {
  const coding = headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return undefined;
  if (isKnown(coding)) return CODINGS[coding];
  throw refusal(
    `The content encoding ${coding.slice(0, 100)} is not supported. Send gzip, deflate or br, once, or none.`,
  );
}

function isKnown(coding: string): coding is keyof typeof CODINGS {
  return Object.hasOwn(CODINGS, coding);
}

function refusal(message: string): HttpError {
  return new HttpError('UNSUPPORTED_MEDIA_TYPE', message);
}
