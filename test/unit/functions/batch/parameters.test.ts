import { expect, it } from 'vitest';
import { fileParameters } from '../../../../functions/batch/src/parameters.ts';

it.each(['token-classification', 'question-answering'] as const)(
  '%s counts characters of a file in code points, unless the file says otherwise',
  (task) => {
    expect(fileParameters(task, { top_k: 2 })).toEqual({ offset_unit: 'codepoint', top_k: 2 });
    expect(fileParameters(task, { offset_unit: 'utf16' })).toEqual({ offset_unit: 'utf16' });
  },
);

it.each(['text-classification', 'feature-extraction', 'fill-mask'] as const)(
  '%s has no offsets, so that its parameters are those of the file alone',
  (task) => expect(fileParameters(task, { top_k: 2 })).toEqual({ top_k: 2 }),
);
