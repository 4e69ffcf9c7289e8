/** Rows that nobody was asked: answers of two labels, as a judge would have them. */
import type { DatasetFile } from '@pilotlight/lifecycle';
import type { JudgedRows } from '@pilotlight/lifecycle/internal/evaluate/judge-model';
import type { Answer, Example } from '@pilotlight/lifecycle/internal/evaluate/judges/judge';

export interface RowOfTest {
  readonly gold: string;
  readonly answer: string;
  readonly size?: number;
  readonly confidence?: number;
  readonly fields?: Readonly<Record<string, unknown>>;
}

const SHA = 'b'.repeat(64);

/** `accuracy` is the share that is right; `never` is no number. */
export function judgedRows(rows: readonly RowOfTest[], version = '1.0.0'): JudgedRows {
  const examples = rows.map(({ gold }, row): Example => {
    const text = `text ${row + 1}`;
    return { line: row + 1, shown: text, shownGold: gold, input: text, gold };
  });
  const answers = rows.map(({ gold, answer, size = 1, confidence = 0.5 }): Answer => {
    const isRight = gold === answer;
    return { shown: answer, isRight, confidence, badness: isRight ? 0 : confidence, size, facts: isRight };
  });
  return {
    model: { name: 'made', version, variant: 'fp32', manifestSha256: SHA },
    machine: {
      platform: 'linux',
      architecture: 'x64',
      processor: 'made',
      node: '24.0.0',
      onnxruntime: '1.0.0',
      threads: 1,
    },
    task: 'text-classification',
    examples,
    answers,
    countsTokens: true,
    measure(indices) {
      const right = Array.from(indices).filter((row) => answers[row]?.isRight === true).length;
      return new Map([
        ['accuracy', right / indices.length],
        ['never', Number.NaN],
      ]);
    },
    describe: () => ({}),
  };
}

export function datasetOf(rows: readonly RowOfTest[]): DatasetFile {
  return {
    path: 'made.jsonl',
    name: 'made.jsonl',
    sha256: SHA,
    rows: rows.map(({ fields = {} }, row) => ({ line: row + 1, fields })),
  };
}
