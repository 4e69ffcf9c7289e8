/** A grammar as a search asks about it: which tokens may follow those of a text. See ADR-grammar.md. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { Constraint } from '../../search/search-context.ts';
import type { Grammar } from '../../search/search-options.ts';
import { bytesOf, type TokenTable } from '../token-table.ts';
import { oneOf } from './code-points.ts';
import type { Expression } from './expression.ts';
import { Expressions, GrammarTooLarge } from './expressions.ts';
import { compileSchema } from './json-schema.ts';
import { spellRegex } from './json-text.ts';
import { parseRegex } from './regex.ts';
import { type SortedTable, sortTokens } from './sorted-tokens.ts';
import { TokenMasks } from './token-masks.ts';

/** A grammar with its states and masks, which all requests that have it share. */
interface CompiledGrammar {
  readonly expressions: Expressions;
  readonly start: Expression;
  readonly masks: TokenMasks;
}

/** Parts that one text may add to the states of its grammar: half of what there is room for. */
const MOST_OWN_PARTS = 100_000;
/** Grammars that are kept with their states. */
const MOST_GRAMMARS = 8;

interface OfTable {
  readonly tokens: SortedTable;
  /** By the grammar as JSON, the one that was used last at the end. */
  readonly grammars: Map<string, CompiledGrammar>;
}
const tables = new WeakMap<Uint8Array, OfTable>();

/**
 * Makes the constraint of one request. Texts end with one of `eos`, which may come where the text is complete.
 *
 * @throws EngineError INVALID_PARAMETER for a grammar that cannot be followed, by any text or by the tokens of the model
 */
export function createConstraint(table: TokenTable, grammar: Grammar, eos: readonly number[]): Constraint {
  let compiled = withinLimits(() => findCompiled(table, grammar));
  let own = 0;
  /** Counts the parts that this text adds, so that whether it is refused does not hang on the texts before it. */
  const count = <T>(work: () => T): T => {
    const { expressions } = compiled;
    const before = expressions.parts;
    const found = work();
    own += expressions.parts - before;
    if (own > MOST_OWN_PARTS) throw new GrammarTooLarge(`its states have more than ${MOST_OWN_PARTS} parts`);
    return found;
  };
  const find = (ids: readonly number[]) => {
    const next = () => findNext(compiled, table, ids);
    try {
      return count(next);
    } catch (error) {
      if (own > MOST_OWN_PARTS || !(error instanceof GrammarTooLarge)) throw error;
      // Those of all texts that had it are too many: this one goes on with new ones.
      compiled = compile(table, grammar);
      return count(next);
    }
  };
  return {
    restrict(ids, bias) {
      const [state, mask] = withinLimits(() => find(ids));
      const ends = state.mayEnd ? eos.map((id) => [id, bias[id]] as const) : [];
      forbidOthers(mask, bias);
      for (const [id, before] of ends) if (before !== undefined) bias[id] = before;
    },
  };
}

/** Forbids the ids whose bit is not set, and those beyond the mask. */
function forbidOthers(mask: Uint32Array, bias: Float32Array): void {
  for (let start = 0; start < bias.length; start += 32) {
    const bits = mask[start >>> 5] ?? 0;
    const end = Math.min(start + 32, bias.length);
    if (bits === 0) bias.fill(Number.NEGATIVE_INFINITY, start, end);
    else
      for (let id = start; id < end; id++)
        if (((bits >>> (id & 31)) & 1) === 0) bias[id] = Number.NEGATIVE_INFINITY;
  }
}

/** What is left of a grammar behind these tokens, and the mask of those that may follow. @throws GrammarTooLarge */
function findNext(
  { expressions, start, masks }: CompiledGrammar,
  table: TokenTable,
  ids: readonly number[],
): readonly [Expression, Uint32Array] {
  expressions.beginTurn();
  // Special tokens are not in the text: that of a language, which is forced to the front, for one.
  const written = ids.filter((id) => table.special[id] !== 1);
  const reached = written.reduce((state, id, index) => follow(expressions, state, table, id, index), start);
  return [reached, written.length === 0 ? masks.atStart(start, table.startSpaces) : masks.after(reached)];
}

function follow(
  expressions: Expressions,
  state: Expression,
  table: TokenTable,
  id: number,
  index: number,
): Expression {
  let next = state;
  let spaces = index === 0 ? table.startSpaces : 0;
  for (const byte of bytesOf(table, id)) {
    if (spaces > 0 && byte === 0x20) {
      spaces -= 1;
      continue;
    }
    spaces = 0;
    next = expressions.after(next, byte);
  }
  return next;
}

function findCompiled(table: TokenTable, grammar: Grammar): CompiledGrammar {
  const { grammars } = findTable(table);
  const key = JSON.stringify(grammar);
  const compiled = grammars.get(key);
  if (compiled === undefined) return compile(table, grammar);
  grammars.delete(key);
  grammars.set(key, compiled);
  return compiled;
}

function findTable(table: TokenTable): OfTable {
  const known = tables.get(table.bytes) ?? { tokens: sortTokens(table), grammars: new Map() };
  tables.set(table.bytes, known);
  return known;
}

/**
 * Refuses a grammar that no text can follow, whatever the tokens are: before there is a table, and before a request begins.
 *
 * @throws EngineError INVALID_PARAMETER
 */
export function checkGrammar(grammar: Grammar): void {
  withinLimits(() => {
    const expressions = new Expressions(new Uint8Array(256).fill(1));
    if (!expressions.hasText(express(expressions, grammar))) throw refuse('no text has it');
  });
}

function express(expressions: Expressions, grammar: Grammar): Expression {
  return grammar.kind === 'regex'
    ? wholeText(expressions, grammar.pattern)
    : compileSchema(expressions, grammar.schema);
}

/** Compiles a grammar, and keeps it for later requests. @throws GrammarTooLarge */
function compile(table: TokenTable, grammar: Grammar): CompiledGrammar {
  const { tokens, grammars } = findTable(table);
  const expressions = new Expressions(tokens.alphabet);
  const start = express(expressions, grammar);
  const masks = new TokenMasks(expressions, table, tokens);
  const isPossible =
    expressions.hasText(start) &&
    (start.mayEnd || masks.atStart(start, table.startSpaces).some((bits) => bits !== 0));
  if (!isPossible) throw refuse('no text has it, or the model has no tokens to write one with');
  const compiled = { expressions, start, masks };
  const key = JSON.stringify(grammar);
  grammars.delete(key);
  grammars.set(key, compiled);
  const [oldest] = grammars.keys();
  if (oldest !== undefined && grammars.size > MOST_GRAMMARS) grammars.delete(oldest);
  return compiled;
}

function withinLimits<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof GrammarTooLarge) throw refuse(error.message, error);
    // The stack is as deep as a grammar nests.
    throw error instanceof RangeError ? refuse('it nests too deep', error) : error;
  }
}

/** A regular expression, which the whole text must match. */
function wholeText(expressions: Expressions, pattern: string): Expression {
  const { regex } = parseRegex(pattern);
  return spellRegex(expressions, regex, (set) => oneOf(expressions, set));
}

const refuse = (reason: string, cause?: unknown): EngineError =>
  new EngineError('INVALID_PARAMETER', `The grammar cannot be followed: ${reason}. Write a simpler one.`, {
    details: { field: 'grammar' },
    cause,
  });
