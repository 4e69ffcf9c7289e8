/** Which routing rule a call fits. The first rule that fits decides. */
import type { ModelRef } from '@pilotlight/model-format';
import type { CalledModel } from '../rollout-port.ts';
import { type Conditions, type RoutingRule, targetOf } from './routing-rules.ts';

type RoutedCall = Pick<CalledModel<unknown>, 'c' | 'caller' | 'body'>;

/** The model, version or variant that a call gets that named `name` and no version; undefined where no rule fits. */
export function route(rules: readonly RoutingRule[], name: string, call: RoutedCall): ModelRef | undefined {
  const rule = rules.find(({ model = name, when }) => model === name && fits(when, call));
  return rule && targetOf(rule);
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
