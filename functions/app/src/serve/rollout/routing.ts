/** Routing rules: which model or version a call gets by what is around its texts. The first rule that fits decides. */
import {
  aliasNameSchema,
  isModelRef,
  type ModelRef,
  modelNameSchema,
  parseModelRef,
} from '@pilotlight/model-format';
import * as z from 'zod/mini';
import type { CalledModel } from '../rollout-port.ts';

const text = z.string().check(z.minLength(1), z.maxLength(200));
const oneOrMore = z.pipe(
  z.union([text, z.array(text).check(z.minLength(1))], 'must be a text or a list of texts'),
  z.transform((value) => [value].flat()),
);
/** Of RFC 9110, 5.1: asked for by another name, headers throw. */
const headerName = z.string().check(z.regex(/^[!#$%&'*+.^_`|~\w-]{1,100}$/, 'must be the name of a header'));
const characters = z.int('must be a whole number of characters').check(z.nonnegative());

/** `sentiment-large`, `sentiment@1.2.0` or `sentiment@canary`. */
const target = z
  .string()
  .check(
    z.refine(
      isTarget,
      'must be the name of a model, alone, with a version or with an alias, such as sentiment@canary',
    ),
  );

/** All that a rule names must be so. */
const conditionsSchema = z.strictObject({
  /** Values by the names of headers. */
  headers: z.optional(z.record(headerName, oneOrMore)),
  /** Language tags: `de` is `de-CH`, too. */
  language: z.optional(oneOrMore),
  /** Names of API keys. */
  tenant: z.optional(oneOrMore),
  /** Of all texts of the body together. */
  minCharacters: z.optional(characters),
  maxCharacters: z.optional(characters),
});

const ruleSchema = z.strictObject({
  /** The model that is called, without a version. @default - any */
  model: z.optional(modelNameSchema),
  /** @default - always */
  when: z._default(conditionsSchema, {}),
  to: target,
});

export const routingRules = z
  .array(ruleSchema, 'must be JSON, a list of {"model": NAME, "when": {...}, "to": NAME}')
  .check(z.minLength(1), z.maxLength(100));
export type RoutingRule = z.infer<typeof ruleSchema>;
type Conditions = RoutingRule['when'];

type RoutedCall = Pick<CalledModel<unknown>, 'c' | 'caller' | 'body'>;

/** The model that a call gets that named `name` and no version; undefined where no rule fits. */
export function route(rules: readonly RoutingRule[], name: string, call: RoutedCall): ModelRef | undefined {
  const rule = rules.find(({ model = name, when }) => model === name && fits(when, call));
  return rule && parseModelRef(rule.to);
}

function fits(
  { headers, language, tenant, ...length }: Conditions,
  { c, caller, body }: RoutedCall,
): boolean {
  const { minCharacters, maxCharacters } = length;
  const wrong = Object.entries(headers ?? {}).some(
    ([name, values]) => !values.includes(c.req.header(name) ?? ''),
  );
  if (wrong) return false;
  if (tenant && !tenant.includes(caller ?? '')) return false;
  if (language && !language.some((wanted) => isOfLanguage(languageOf(c), wanted))) return false;
  if (minCharacters === undefined && maxCharacters === undefined) return true;
  const count = countCharacters(body());
  return count >= (minCharacters ?? 0) && count <= (maxCharacters ?? Number.POSITIVE_INFINITY);
}

/** The language that a call says it is in: the parameter `language` of its address, the header of its body, the one of its reader. */
function languageOf(c: RoutedCall['c']): string {
  const said = c.req.query('language') ?? c.req.header('content-language') ?? c.req.header('accept-language');
  const [first = ''] = (said ?? '').split(/[,;]/);
  return first.trim().toLowerCase();
}

/** https://www.rfc-editor.org/rfc/rfc4647#section-3.3.1 */
function isOfLanguage(said: string, wanted: string): boolean {
  const tag = wanted.toLowerCase();
  return said === tag || said.startsWith(`${tag}-`);
}

/** Fields at the top of a body that are no texts to read. */
const NO_TEXTS = ['model', 'parameters', 'options', 'encoding_format'];

/** UTF-16 code units of all texts of a body, parameters aside. */
function countCharacters(body: unknown): number {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return lengthOf(body);
  return lengthOf(Object.entries(body).flatMap(([name, value]) => (NO_TEXTS.includes(name) ? [] : [value])));
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + lengthOf(part), 0);
}

function isTarget(ref: string): boolean {
  const { name, version } = parseModelRef(ref);
  const isAlias = aliasNameSchema.safeParse(version).success;
  return isModelRef(isAlias ? name : ref);
}
