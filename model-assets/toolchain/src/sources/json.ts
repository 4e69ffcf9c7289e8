/** JSON files of a source: read as people write them, refused by the place at fault. */
import { z } from 'zod';
import { describeFault, ToolchainError } from '../errors.ts';

type Context = z.core.ParsePayload<unknown>;

/** A list that is refused by the first item that does not fit: zod alone collects them all, and a file can hold millions. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.array(z.unknown()).transform((values, context) => {
    const parsed: z.infer<Item>[] = [];
    for (const [index, value] of values.entries()) {
      const result = item.safeParse(value);
      if (!result.success) return refuse(context, index, result.error);
      parsed.push(result.data);
    }
    return parsed;
  });

/** An object that is refused by the first value that does not fit. */
export const recordOf = <Value extends z.ZodType>(value: Value) =>
  z.record(z.string(), z.unknown()).transform((values, context) => {
    const parsed: [string, z.infer<Value>][] = [];
    for (const [key, each] of Object.entries(values)) {
      const result = value.safeParse(each);
      if (!result.success) return refuse(context, key, result.error);
      parsed.push([key, result.data]);
    }
    return Object.fromEntries(parsed);
  });

function refuse(context: Context, key: PropertyKey, { issues: [first] }: z.ZodError): never {
  if (first !== undefined) context.issues.push({ ...first, input: undefined, path: [key, ...first.path] });
  return z.NEVER;
}

/** Throws SOURCE_INVALID, with the first place at fault, for what is not JSON in UTF-8 or does not fit the schema. */
export function parseJson<Schema extends z.ZodType>(
  bytes: Buffer,
  file: string,
  schema: Schema,
): z.infer<Schema> {
  const content = parse(decode(bytes, file), file);
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  throw new ToolchainError('SOURCE_INVALID', `${file}: ${describeFault(content, result.error.issues[0])}.`);
}

/** Some editors put a byte order mark before the text, and PowerShell writes UTF-16. */
function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const isUtf16 = ['fffe', 'feff'].includes(bytes.toString('hex', 0, 2));
    const is = isUtf16 ? 'is in UTF-16' : 'is not text in UTF-8';
    throw new ToolchainError('SOURCE_INVALID', `${file} ${is}. Save it in UTF-8.`, { cause });
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ToolchainError('SOURCE_INVALID', `${file} is not JSON: ${explain(text, cause)}.`, { cause });
  }
}

function explain(text: string, cause: unknown): string {
  if (text.trim() === '') return 'it is empty';
  if (/^\s*<(!doctype|html)/i.test(text)) return 'it is a web page. Download the file itself';
  return cause instanceof Error ? cause.message.replaceAll(/\s+/g, ' ') : String(cause);
}
