/** The front matter of a model card: lines of YAML between two lines of dashes, at its beginning (huggingface.co/docs/hub/model-cards). */
import type { BaseSource } from '@pilotlight/model-format';

/** The value of a key that has one text or a list of texts; undefined where the card does not say it. */
export function readCard(readme: string | undefined, key: string): string | undefined {
  const [, matter = ''] = /^---\r?\n([\s\S]*?)\r?\n---/.exec(readme ?? '') ?? [];
  const lines = matter.split(/\r?\n/);
  const at = lines.findIndex((line) => line.startsWith(`${key}:`));
  const own = unquote(lines[at]?.slice(key.length + 1) ?? '');
  if (at < 0 || own !== '') return own || undefined;
  const listed: string[] = [];
  for (const line of lines.slice(at + 1)) {
    const item = /^\s*-\s+(.+)$/.exec(line)?.[1];
    if (item === undefined) break;
    listed.push(unquote(item));
  }
  return listed.join(', ') || undefined;
}

/** The licence that a card names, as the hub writes it; the name of one that the hub has no word for. */
export function readLicense(readme: string | undefined): { readonly license?: string } {
  const license = readCard(readme, 'license');
  const named = license === 'other' ? (readCard(readme, 'license_name') ?? license) : license;
  return named === undefined ? {} : { license: named.slice(0, 200) };
}

function unquote(value: string): string {
  return value.trim().replace(/^(['"])(.*)\1$/, '$2');
}

interface Origin {
  readonly revision?: string | undefined;
  readonly license?: string | undefined;
  readonly base?: BaseSource | undefined;
}

/** `, revision 1a2b3c, licence mit`: what a manifest says of its source behind the name of it. */
export function describeOrigin({ revision, license, base }: Origin): string {
  const licence = license === undefined ? '' : `, licence ${license}`;
  const over = base === undefined ? '' : `, over ${base.id}, revision ${base.revision}`;
  return `${revision === undefined ? '' : `, revision ${revision}`}${licence}${over}`;
}
