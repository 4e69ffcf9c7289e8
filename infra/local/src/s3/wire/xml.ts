/** The XML of S3: documents that it writes, and the two that it reads. */
import { S3Error } from '../errors.ts';

/** An element to write: its name, and its text or its children. */
export type XmlChild = readonly [name: string, content: XmlContent];
type XmlContent = string | number | boolean | readonly XmlChild[];

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** A document of S3's namespace. Control characters come out as references, as S3 writes them. */
export function writeXml(name: string, content: XmlContent): string {
  return `${DECLARATION}<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner(content)}</${name}>`;
}

/** Errors have no namespace; some clients do not find them otherwise. */
export function writeXmlError(fields: readonly XmlChild[]): string {
  return `${DECLARATION}<Error>${inner(fields)}</Error>`;
}

function inner(content: XmlContent): string {
  if (typeof content !== 'object') return escapeText(String(content));
  return content.map(([name, child]) => `<${name}>${inner(child)}</${name}>`).join('');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const SPECIAL = /[&<>"'\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g;

function escapeText(text: string): string {
  return text.replaceAll(SPECIAL, (character) => `&#x${character.charCodeAt(0).toString(16)};`);
}

export interface Element {
  readonly name: string;
  readonly children: Element[];
  text: string;
}

/** Deeper than any document of S3, and more than 10,000 parts with their checksums. */
const MAX_DEPTH = 4;
const MAX_ELEMENTS = 80_000;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Reads elements, text and references. Attributes are passed over; text beside elements, a document type, entities of its
 * own, comments and sections are refused. The time is linear in the length.
 *
 * @throws S3Error MalformedXML
 */
export function readXml(document: string): Element {
  const token = /<\?xml[^<>]*\?>|<(\/?)([A-Za-z][\w.:-]*)(?=[\s/>])([^<>]*?)(\/?)>|([^<]+)/y;
  const top: Element = { name: '', children: [], text: '' };
  const open = [top];
  let elements = 0;
  while (token.lastIndex < document.length) {
    const start = token.lastIndex;
    const match = token.exec(document);
    const parent = open.at(-1);
    if (!match || !parent) throw malformed();
    const [, isEnd, name, attributes = '', isEmpty, text] = match;
    if (text !== undefined) parent.text += resolveReferences(text);
    else if (name === undefined) {
      if (start > 0) throw malformed();
    } else if (isEnd) {
      if (parent.name !== name || open.length === 1 || attributes.trim() !== '') throw malformed();
      if (parent.children.length > 0 && parent.text.trim() !== '') throw malformed();
      open.pop();
    } else {
      const element = { name, children: [], text: '' };
      parent.children.push(element);
      if (!isEmpty) open.push(element);
      elements += 1;
      if (open.length > MAX_DEPTH + 1 || elements > MAX_ELEMENTS) throw malformed();
    }
  }
  const [root, ...more] = top.children;
  if (!root || more.length > 0 || open.length > 1 || top.text.trim() !== '') throw malformed();
  return root;
}

const REFERENCE = /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi;
const STRAY = /&(?!(?:#x[\da-f]{1,6}|#\d{1,7}|amp|lt|gt|quot|apos);)/i;

function resolveReferences(text: string): string {
  if (STRAY.test(text)) throw malformed();
  return text.replaceAll(REFERENCE, (_, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase()] ?? '';
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (point > 0x10_ffff) throw malformed();
    return String.fromCodePoint(point);
  });
}

/** The texts of the children of `element`, each of which is one of `known` and comes once at most. @throws S3Error MalformedXML */
export function readFields<Name extends string>(
  element: Element,
  known: readonly Name[],
): Partial<Record<Name, string>> {
  const fields = new Map<Name, string>();
  for (const { name, children, text } of element.children) {
    const field = known.find((one) => one === name);
    if (field === undefined || children.length > 0 || fields.has(field)) throw malformed();
    fields.set(field, text);
  }
  const found: Partial<Record<Name, string>> = {};
  for (const [name, text] of fields) found[name] = text;
  return found;
}

export function malformed(): S3Error {
  return new S3Error('MalformedXML', 'The XML is not well formed, or is not what this request takes.');
}
