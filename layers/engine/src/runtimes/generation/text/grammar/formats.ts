/** Formats of strings as regular expressions: each gives texts of its format, not all of them. */

const DATE =
  '[12][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))';
const TIME =
  '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])';
const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?';
const HOST = `${LABEL}(?:\\.${LABEL}){0,3}\\.[a-zA-Z]{2,10}`;

export const FORMATS: Readonly<Record<string, string>> = {
  date: DATE,
  time: TIME,
  'date-time': `${DATE}T${TIME}`,
  uuid: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  email: `[a-zA-Z0-9_+-]{1,30}(?:\\.[a-zA-Z0-9_+-]{1,30}){0,2}@${HOST}`,
  ipv4: `${OCTET}(?:\\.${OCTET}){3}`,
  hostname: HOST,
  uri: `https?://${HOST}(?:/[a-zA-Z0-9._~-]{0,40}){0,5}`,
};

/** Formats of the standard that are not served; names that the standard does not have are annotations. */
export const OTHER_FORMATS: ReadonlySet<string> = new Set(
  'duration idn-email idn-hostname ipv6 uri-reference iri iri-reference uri-template json-pointer relative-json-pointer regex'.split(
    ' ',
  ),
);
