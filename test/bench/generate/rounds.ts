/** The rounds of `bench generate`: in every cell each side in turn, the order reversed in every other round. */
import { BenchError } from '../errors.ts';
import { Samples } from '../measure/context.ts';
import { quantile } from '../statistics.ts';
import { alternateOrder } from '../subject-process.ts';
import {
  BEAMS,
  CALLS,
  CELLS,
  type Cell,
  callsRow,
  cellRow,
  DIVIDED_TEXTS,
  type Metric,
  makeLengths,
  makePrefixed,
  makePrompts,
  PREFIXED,
  prefixRow,
  processesRow,
  STREAMS,
  sampleName,
  streamsRow,
  TOKENS,
} from './cells.ts';
import { GenerateProcess, type GenerateSubject } from './generate-process.ts';
import type { PreparedGenerator } from './prepare.ts';
import type { StepProducts } from './products.ts';
import type { GenerateReply } from './protocol.ts';
import { NAMES } from './subjects.ts';

export interface GenerateRounds {
  readonly model: Pick<PreparedGenerator, 'label' | 'vocabulary' | 'bytesOfStep' | 'hasEncoder'>;
  /** Pilotlight first. */
  readonly subjects: readonly [GenerateSubject, ...GenerateSubject[]];
  /** Bytes a second that a process reads at most. */
  readonly bandwidth: number;
  readonly products: Pick<StepProducts, 'measure'>;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

const COMPARED = 3;
const WARM_TOKENS = 4;

/** @throws BenchError ANSWERS_DIFFER, SUBJECT_FAILED */
export async function measureGenerateRounds(options: GenerateRounds): Promise<Samples> {
  await agree(options);
  const samples = new Samples();
  for (let round = 0; round < options.rounds; round++) {
    options.say(`round ${round + 1} of ${options.rounds}`);
    await measureCells(options, round, samples);
    await measureCalls(options, round, samples);
    await measureStreams(options, samples);
    if (options.model.hasEncoder) await measureProcesses(options, round, samples);
    else await measurePrefixes(options, round, samples);
  }
  return samples;
}

/** In fp32 all of them generate the same tokens. Reads every file once, too. */
async function agree({ model, subjects, say }: GenerateRounds): Promise<void> {
  const prompts = makePrompts(COMPARED, model.vocabulary);
  for (const beams of [1, BEAMS] as const) {
    const found: { readonly name: string; readonly ids: GenerateReply['ids'] }[] = [];
    for (const subject of subjects) {
      if (!subject.beams.includes(beams)) continue;
      const process = await GenerateProcess.start(subject, { precision: 'fp32' });
      try {
        found.push({
          name: subject.name,
          ids: (await process.generate({ prompts, tokens: TOKENS, beams })).ids,
        });
      } finally {
        await process.stop();
      }
    }
    const [own, ...others] = found;
    const other = others.find(({ ids }) => JSON.stringify(ids) !== JSON.stringify(own?.ids));
    if (other)
      throw new BenchError(
        'ANSWERS_DIFFER',
        `${own?.name} and ${other.name} generate other tokens with ${model.label} in fp32, ${beams} beams: ${JSON.stringify(own?.ids)} and ${JSON.stringify(other.ids)}.`,
      );
    if (own?.ids.some(({ length }) => length !== TOKENS))
      throw new BenchError('ANSWERS_DIFFER', `${model.label} ends its texts before ${TOKENS} tokens.`);
    say(
      `${model.label}, ${beams} beams: ${found.map(({ name }) => name).join(', ')} give the same tokens in fp32`,
    );
  }
}

async function measureCells(
  { model, subjects, bandwidth, products, say }: GenerateRounds,
  round: number,
  samples: Samples,
): Promise<void> {
  const running: { readonly subject: GenerateSubject; readonly process: GenerateProcess }[] = [];
  try {
    for (const subject of subjects) {
      const process = await GenerateProcess.start(subject);
      running.push({ subject, process });
      await process.generate({ prompts: makePrompts(2, model.vocabulary), tokens: WARM_TOKENS, beams: 1 });
    }
    for (const cell of CELLS) {
      const row = cellRow(model, cell);
      const figures: string[] = [];
      for (const { subject, process } of alternateOrder(round, running)) {
        if (!subject.beams.includes(cell.beams)) continue;
        const prompts = makePrompts(cell.texts, model.vocabulary);
        const reply = await process.generate({ prompts, tokens: TOKENS, beams: cell.beams });
        addRates(samples, row, subject.name, reply);
        if (subject === subjects[0])
          addLimit(samples, row, cell, reply, { model, bandwidth, name: subject.name });
        figures.push(
          `${subject.name} ${(reply.cpuMilliseconds / tokensOf(reply)).toFixed(2)} ms CPU a token, ${((1000 * tokensOf(reply)) / reply.milliseconds).toFixed(0)}/s`,
        );
      }
      if (cell.beams === 1) {
        const alone = (await products.measure(cell.texts)) / cell.texts;
        samples.add(sampleName(row, 'CPU', NAMES.products), alone);
        figures.push(`${NAMES.products} ${alone.toFixed(2)} ms`);
      }
      say(`  ${row}: ${figures.join('; ')}`);
    }
    for (const { subject, process } of running)
      samples.add(
        sampleName(`${model.label}: after all of these`, 'RSS', subject.name),
        process.memory().resident,
      );
  } finally {
    await Promise.all(running.map(({ process }) => process.stop()));
  }
}

/** Of one text alone: what it would take to read its weights once a token, and no more. */
function addLimit(
  samples: Samples,
  row: string,
  { texts, beams }: Cell,
  { milliseconds, ids }: GenerateReply,
  { model, bandwidth, name }: Pick<GenerateRounds, 'model' | 'bandwidth'> & { readonly name: string },
): void {
  if (texts > 1 || beams > 1) return;
  const least = (1000 * model.bytesOfStep * (ids[0]?.length ?? 0)) / bandwidth;
  samples.add(sampleName(row, 'limit', name), (100 * least) / milliseconds);
}

async function measureCalls(
  { model, subjects, say }: GenerateRounds,
  round: number,
  samples: Samples,
): Promise<void> {
  const [own] = subjects;
  const { count, slots } = CALLS;
  const process = await GenerateProcess.start(own, { slots });
  try {
    const wanted = makeLengths();
    const work = { prompts: makePrompts(count, model.vocabulary), tokens: wanted };
    await process.calls({ ...work, together: count });
    for (const way of alternateOrder(round, ['continuous', 'static', 'padded'] as const)) {
      const tokens = way === 'padded' ? longestOf(wanted, slots) : wanted;
      const all = await process.calls({ ...work, tokens, together: way === 'continuous' ? count : slots });
      const reply = { ...all, ids: all.ids.map((ids, call) => ids.slice(0, wanted[call])) };
      addRates(samples, callsRow(model, way), own.name, reply);
      say(
        `  ${callsRow(model, way)}: ${((1000 * tokensOf(reply)) / reply.milliseconds).toFixed(0)} tokens/s`,
      );
    }
  } finally {
    await process.stop();
  }
}

async function measureStreams({ model, subjects, say }: GenerateRounds, samples: Samples): Promise<void> {
  const [own] = subjects;
  const process = await GenerateProcess.start(own);
  try {
    const prompts = makePrompts(STREAMS, model.vocabulary);
    await process.stream({ prompts, tokens: WARM_TOKENS });
    const { firstMs, gapsMs } = await process.stream({ prompts, tokens: TOKENS });
    const add = (metric: Metric, values: readonly number[], share: number) =>
      samples.add(sampleName(streamsRow(model), metric, own.name), quantile(values, share));
    add('first p50', firstMs, 0.5);
    add('first p99', firstMs, 0.99);
    add('next p50', gapsMs, 0.5);
    add('next p99', gapsMs, 0.99);
    say(
      `  ${streamsRow(model)}: first token after ${quantile(firstMs, 0.5).toFixed(0)} ms, the next after ${quantile(gapsMs, 0.5).toFixed(1)} ms, p99 ${quantile(gapsMs, 0.99).toFixed(1)} ms`,
    );
  } finally {
    await process.stop();
  }
}

/** The same texts in one process, and divided among two at once. */
async function measureProcesses(
  { model, subjects, say }: GenerateRounds,
  round: number,
  samples: Samples,
): Promise<void> {
  const [own] = subjects;
  const all = makePrompts(DIVIDED_TEXTS, model.vocabulary);
  const half = DIVIDED_TEXTS / 2;
  for (const way of alternateOrder(round, ['one', 'two'] as const)) {
    const parts = way === 'one' ? [all] : [all.slice(0, half), all.slice(half)];
    const running: GenerateProcess[] = [];
    try {
      for (const _ of parts) running.push(await GenerateProcess.start(own));
      const work = (tokens: number) =>
        Promise.all(
          running.map((process, at) => process.generate({ prompts: parts[at] ?? [], tokens, beams: BEAMS })),
        );
      await work(WARM_TOKENS);
      const replies = await work(TOKENS);
      const reply = {
        milliseconds: Math.max(...replies.map(({ milliseconds }) => milliseconds)),
        cpuMilliseconds: replies.reduce((sum, { cpuMilliseconds }) => sum + cpuMilliseconds, 0),
        ids: replies.flatMap(({ ids }) => ids),
      };
      const row = processesRow(model, way);
      addRates(samples, row, own.name, reply);
      const resident = running.reduce((sum, process) => sum + process.memory().resident, 0);
      samples.add(sampleName(row, 'RSS', own.name), resident);
      say(`  ${row}: ${((1000 * tokensOf(reply)) / reply.milliseconds).toFixed(0)} tokens/s`);
    } finally {
      await Promise.all(running.map((process) => process.stop()));
    }
  }
}

/** Prompts that begin alike, read anew and with what they share kept. */
async function measurePrefixes(
  { model, subjects, say }: GenerateRounds,
  round: number,
  samples: Samples,
): Promise<void> {
  const [own] = subjects;
  const prompts = makePrefixed(model.vocabulary);
  for (const way of alternateOrder(round, ['kept', 'whole'] as const)) {
    const process = await GenerateProcess.start(own, { prefixBytes: way === 'kept' ? PREFIXED.bytes : 0 });
    try {
      const call = (some: typeof prompts) =>
        process.calls({ prompts: some, tokens: some.map(() => 1), together: 1 });
      await call(prompts.slice(0, PREFIXED.before));
      const reply = await call(prompts.slice(PREFIXED.before));
      const row = prefixRow(model, way);
      addRates(samples, row, own.name, reply);
      say(`  ${row}: ${(reply.milliseconds / PREFIXED.calls).toFixed(1)} ms`);
    } finally {
      await process.stop();
    }
  }
}

/** Of each call, what the longest of its batch wants. */
function longestOf(wanted: readonly number[], together: number): readonly number[] {
  return wanted.map((_, call) => {
    const first = call - (call % together);
    return Math.max(...wanted.slice(first, first + together));
  });
}

const tokensOf = ({ ids }: GenerateReply): number => ids.reduce((sum, { length }) => sum + length, 0);

function addRates(samples: Samples, row: string, name: string, reply: GenerateReply): void {
  samples.add(sampleName(row, 'rate', name), (1000 * tokensOf(reply)) / reply.milliseconds);
  samples.add(sampleName(row, 'CPU', name), reply.cpuMilliseconds / tokensOf(reply));
}
