import { BenchError } from './errors.ts';
import type { Prepared } from './prepare.ts';
import { type SubjectProcess, withSubjects } from './subject-process.ts';
import type { Answer } from './subjects/protocol.ts';
import { type SubjectKey, subjectSpec } from './subjects.ts';
import { TextMaker } from './texts.ts';

const TOKENS = [5, 16, 40, 60];
const SUBJECTS: readonly SubjectKey[] = ['pilotlight', 'pilotlightFp32', 'peer', 'peerFp32'];
/** Scores differ by what quantising activations adds; in fp32 by rounding alone. */
const TOLERANCE = { int8: 0.05, fp32: 1e-3 } as const;

/** Throws ANSWERS_DIFFER unless both sides say the same of the same texts: else their times would not compare. */
export async function checkAnswers(prepared: Prepared, threads: number): Promise<void> {
  const maker = new TextMaker(prepared.tokenizer, 10);
  const texts = TOKENS.map((tokens) => maker.ofTokens(tokens));
  const specs = SUBJECTS.map((key) => subjectSpec(key, prepared, threads, texts[0] ?? ''));
  await withSubjects(specs, async ([own, ownFp32, peer, peerFp32]) => {
    await compareAnswers(own, peer, texts, TOLERANCE.int8);
    await compareAnswers(ownFp32, peerFp32, texts, TOLERANCE.fp32);
  });
}

async function compareAnswers(
  own: SubjectProcess | undefined,
  peer: SubjectProcess | undefined,
  texts: readonly string[],
  tolerance: number,
): Promise<void> {
  const [ours = [], theirs = []] = await Promise.all([own, peer].map((subject) => answers(subject, texts)));
  for (const [index, answer] of ours.entries()) {
    const other = theirs[index];
    if (other !== undefined && Math.abs(positive(answer) - positive(other)) <= tolerance) continue;
    const said = JSON.stringify([answer, other]);
    throw new BenchError(
      'ANSWERS_DIFFER',
      `${own?.name} and ${peer?.name} disagree on text ${index}: ${said}`,
    );
  }
}

async function answers(
  subject: SubjectProcess | undefined,
  texts: readonly string[],
): Promise<readonly Answer[]> {
  return (await subject?.batches([texts]))?.answers ?? [];
}

/** Score of the label `positive`, whichever of the two labels came out best. */
const positive = ({ label, score }: Answer): number => (label === 'positive' ? score : 1 - score);
