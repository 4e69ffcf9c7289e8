/** Graphs of decoder-only families against PyTorch: its tokens are forced, and its scores have to come out. */
import { expect, test } from 'vitest';
import { describeShared } from '../../fixtures/shared.ts';
import { comparable, expectScores, penalise } from '../../support/generation/compare-scores.ts';
import {
  buildReference,
  type GenerationCase,
  hasGenerators,
  readJson,
  readReference,
} from '../../support/generation/references.ts';
import { fork, type Scored, type Sequence, StepRunner } from '../../support/generation/run-steps.ts';

const FAMILIES = [
  ...['gpt2', 'opt', 'llama', 'llama3', 'smollm', 'mistral', 'qwen2', 'qwen3'],
  ...['gemma', 'gemma2', 'gemma3', 'phi3'],
];

interface Row {
  readonly prompt: readonly number[];
  /** The tokens that PyTorch chose, up to the first end token. */
  readonly chosen: readonly number[];
}

function rowsOf(reference: GenerationCase, bos: number): readonly Row[] {
  const { input_ids: given, attention_mask: mask, new_token_start: start } = reference;
  return reference.sequences.map((sequence, row) => {
    const prompt = given?.[row]?.filter((_, index) => mask?.[row]?.[index] !== 0) ?? [bos];
    const count = reference.token_logprobs?.[row]?.length ?? 0;
    return { prompt, chosen: sequence.slice(start, start + count) };
  });
}

describeShared({ folder: 'references', isThere: hasGenerators }, FAMILIES, (family) => {
  const defaults = readJson(family, 'generation_config.json') as Record<string, unknown>;
  const bos = Number(defaults.bos_token_id);
  const { cases } = readReference(family);
  const opened = StepRunner.open(buildReference(family));
  const penalty = (reference: GenerationCase) =>
    Number(reference.options.repetition_penalty ?? defaults.repetition_penalty ?? 1);
  /** The scores that each chosen token was chosen by. */
  const choosing = (scored: readonly Scored[], { prompt, chosen }: Row, reference: GenerationCase) =>
    scored.slice(-chosen.length).map(({ logits }, step) => {
      const ids = [...prompt, ...chosen.slice(0, step)];
      return { logits: penalise(logits, ids, penalty(reference)) };
    });
  const whole = ({ prompt, chosen }: Row) => [...prompt, ...chosen.slice(0, -1)];

  test('scores every token of a whole text at once as PyTorch does', async () => {
    const runner = await opened;
    let compared = 0;
    for (const reference of cases) {
      const how = comparable(reference, defaults);
      if (how === 'none') continue;
      const rows = rowsOf(reference, bos);
      const given = await Promise.all(
        rows.map(async (row) => ({ sequence: await runner.begin(), ids: whole(row) })),
      );
      const scored = await runner.run(given);
      for (const [index, row] of rows.entries()) {
        expectScores(reference, index, choosing(scored[index] ?? [], row, reference), how);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(12);
  });

  test('scores a prompt and then token after token as PyTorch does', async () => {
    const runner = await opened;
    const some = cases.filter(({ id }) => id === 'greedy-1' || id.startsWith('long-prompt'));
    for (const reference of some.filter((each) => comparable(each, defaults) === 'whole')) {
      const [row] = rowsOf(reference, bos);
      if (row === undefined) continue;
      const sequence = await runner.begin();
      const scored: Scored[] = [];
      for (const ids of [row.prompt, ...row.chosen.slice(0, -1).map((id) => [id])]) {
        const [own] = await runner.run([{ sequence, ids }]);
        scored.push(...(own?.slice(-1) ?? []));
      }
      expectScores(reference, 0, choosing(scored, row, reference), 'whole');
      const best = reference.step_top5?.[0]?.[0]?.map(([id]) => id);
      if (penalty(reference) === 1) expect(scored[0]?.best.map(({ id }) => id)).toEqual(best);
    }
  });

  test('scores a prompt that is cut into chunks as one that is not', async () => {
    const runner = await opened;
    const ids = longest(cases, bos);
    const [all] = await runner.run([{ sequence: await runner.begin(), ids }], { multiple: 16 });
    const sequence = await runner.begin();
    const parts: Scored[] = [];
    for (let from = 0; from < ids.length; from += 16) {
      const [own] = await runner.run([{ sequence, ids: ids.slice(from, from + 16) }], { multiple: 16 });
      parts.push(...(own ?? []));
    }
    expect(distance(parts, all ?? [])).toBeLessThan(1e-4);
  });

  test('gives a text the same bits alone and beside others', async () => {
    const runner = await opened;
    const prompts = cases.flatMap((reference) => (reference.input_ids ? rowsOf(reference, bos) : []));
    const texts = prompts
      .map(({ prompt }) => prompt)
      .filter(({ length }) => length <= 16)
      .slice(0, 4);
    const run = async (ids: readonly (readonly number[])[]) => {
      const given = await Promise.all(
        ids.map(async (each) => ({ sequence: await runner.begin(), ids: each })),
      );
      const first = await runner.run(given, { multiple: 16 });
      const next = given.map(({ sequence }, row) => ({
        sequence,
        ids: [first[row]?.at(-1)?.best[0]?.id ?? 0],
      }));
      const second = await runner.run(next, { multiple: 16 });
      return first.map((scored, row) => [...scored, ...(second[row] ?? [])]);
    };
    const together = await run(texts);
    for (const [row, ids] of texts.entries()) {
      const [alone] = await run([ids]);
      expect(together[row], `text ${row}`).toEqual(alone);
    }
  });

  test('scores beams that are tokens of one row as rows of their own', async () => {
    const runner = await opened;
    const ids = longest(cases, bos).slice(0, 12);
    const pool = await runner.begin();
    await runner.run([{ sequence: pool, ids }]);
    const apart: Sequence[] = [fork(pool), fork(pool), fork(pool)];
    const steps = [
      [3, 5, 7],
      [11, 13, 17],
      [19, 23, 29],
    ];
    for (const [step, beams] of steps.entries()) {
      const place = ids.length + step;
      const [together] = await runner.run([
        {
          sequence: pool,
          ids: beams,
          sees: () => false,
          places: beams.map(() => place),
          remembers: (beam, entry) => entry < ids.length || (entry - ids.length) % beams.length === beam,
        },
      ]);
      const alone = await runner.run(apart.map((sequence, beam) => ({ sequence, ids: [beams[beam] ?? 0] })));
      expect(distance(together ?? [], alone.flat())).toBeLessThan(1e-4);
    }
  });
});

/** The longest prompt of the cases. */
function longest(cases: readonly GenerationCase[], bos: number): readonly number[] {
  const prompts = cases.flatMap((reference) => rowsOf(reference, bos).map(({ prompt }) => prompt));
  return prompts.reduce((most, prompt) => (prompt.length > most.length ? prompt : most), []);
}

/** The largest difference of two logits. */
function distance(left: readonly Scored[], right: readonly Scored[]): number {
  expect(left.length).toBe(right.length);
  return Math.max(
    ...left.map(({ logits }, row) =>
      logits.reduce((most, value, id) => Math.max(most, Math.abs(value - (right[row]?.logits[id] ?? 0))), 0),
    ),
  );
}
