/** Routing rules, as settings have them: which model, version or variant a call gets by what is around its texts. */
import {
  aliasNameSchema,
  isModelRef,
  type ModelRef,
  modelNameSchema,
  parseModelRef,
} from '@pilotlight/model-format';
import { variantNameSchema } from '@pilotlight/model-format/internal/manifest/common';
import { CANARY, type PinnedVersion, PROD } from '@pilotlight/model-format/registry';
import * as z from 'zod/mini';

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
  /** The variant of `to`. @default - the one that is served by itself */
  variant: z.optional(variantNameSchema),
});

export const routingRules = z
  .array(ruleSchema, 'must be JSON, a list of {"model": NAME, "when": {...}, "to": NAME, "variant": NAME}')
  .check(z.minLength(1), z.maxLength(100));
export type RoutingRule = z.infer<typeof ruleSchema>;
export type Conditions = RoutingRule['when'];

/** What a call gets that the rule fits. */
export function targetOf({ to, variant }: Pick<RoutingRule, 'to' | 'variant'>): ModelRef {
  return { ...parseModelRef(to), ...(variant !== undefined && { variant }) };
}

/** The variants that rules lead to, by the names of models. */
export function variantsByModel(rules: readonly RoutingRule[]): Readonly<Record<string, readonly string[]>> {
  const byModel = Map.groupBy(variantTargets(rules), ({ name }) => name);
  return Object.fromEntries(
    [...byModel].map(([name, targets]) => [name, [...new Set(targets.map(({ variant }) => variant))]]),
  );
}

/**
 * The variants that a call may get of a version once an alias means it. A rule that names no version leads to those that calls without
 * one get.
 */
export function variantsOfAlias(
  rules: readonly RoutingRule[],
  name: string,
  alias: string,
  { version }: Pick<PinnedVersion, 'version'>,
): readonly string[] {
  const isMeant = (named: string | undefined) =>
    named === undefined ? alias === PROD || alias === CANARY : named === alias || named === version;
  const targets = variantTargets(rules).filter((led) => led.name === name && isMeant(led.version));
  return [...new Set(targets.map(({ variant }) => variant))];
}

/** The targets of those rules that name a variant. */
export function variantTargets(
  rules: readonly RoutingRule[],
): readonly (ModelRef & { readonly variant: string })[] {
  return rules.flatMap(({ to, variant }) => (variant === undefined ? [] : { ...parseModelRef(to), variant }));
}

function isTarget(ref: string): boolean {
  const { name, version } = parseModelRef(ref);
  const isAlias = aliasNameSchema.safeParse(version).success;
  return isModelRef(isAlias ? name : ref);
}
