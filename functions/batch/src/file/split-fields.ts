const QUOTE = '"';
/** What a field without quotes may not hold: the carriage return would be the end of a line that is taken for none. */
const STRAY = /["\r]/;

/** The fields of one CSV record (RFC 4180), or nothing where a quote or a carriage return stands where it may not. */
export function splitFields(record: string, delimiter: string): string[] | undefined {
  const fields: string[] = [];
  for (let at = 0; ; at += 1) {
    if (record[at] === QUOTE) {
      const end = findClosingQuote(record, at + 1);
      fields.push(record.slice(at + 1, end).replaceAll('""', QUOTE));
      at = end + 1;
      if (end < 0 || (at < record.length && record[at] !== delimiter)) return undefined;
    } else {
      const end = record.indexOf(delimiter, at);
      const field = record.slice(at, end < 0 ? undefined : end);
      if (STRAY.test(field)) return undefined;
      fields.push(field);
      at += field.length;
    }
    if (at >= record.length) return fields;
  }
}

function findClosingQuote(record: string, from: number): number {
  let quote = record.indexOf(QUOTE, from);
  while (quote >= 0 && record[quote + 1] === QUOTE) quote = record.indexOf(QUOTE, quote + 2);
  return quote;
}
