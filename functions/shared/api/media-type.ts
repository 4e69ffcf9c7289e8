import { HttpError } from './errors.ts';

/**
 * Types under which JSON arrives: its own, none at all, and what `curl -d` and `fetch` put on a bare string.
 * Others are refused, because their senders mean something else.
 */
const JSON_TYPES =
  /^(?:application\/(?:[\w.-]+\+)?json|application\/x-www-form-urlencoded|text\/(?:plain|json))$/;
const CHARSETS = /^"?(?:utf-?8|us-ascii)"?$/;

/** @throws HttpError UNSUPPORTED_MEDIA_TYPE where a body can not be UTF-8 JSON by what its headers say. */
export function requireJson(headers: Headers): void {
  const [type = '', ...attributes] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  if (type.trim() !== '' && !JSON_TYPES.test(type.trim())) {
    throw refusal(`The content type ${type.trim().slice(0, 100)} is not supported. Send application/json.`);
  }
  const charset = attributes.map((part) => part.trim()).find((part) => part.startsWith('charset='));
  if (charset !== undefined && !CHARSETS.test(charset.slice('charset='.length))) {
    throw refusal('Only UTF-8 is supported. Send the body in UTF-8.');
  }
  const coding = headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  if (coding !== '' && coding !== 'identity') {
    throw refusal('Compressed bodies are not supported. Send the body without Content-Encoding.');
  }
}

function refusal(message: string): HttpError {
  return new HttpError('UNSUPPORTED_MEDIA_TYPE', message);
}
