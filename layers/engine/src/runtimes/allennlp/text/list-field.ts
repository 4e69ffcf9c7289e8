/** A list of text fields as one: tensors of a further axis, the first. */
import { stack } from '../instance.ts';
import type { FieldTensors } from './indexers/indexer.ts';

/** Stacks the tensors of fields, each padded to the longest of the list. All fields have the same tensors, and there is one at least. */
export function listField(fields: readonly FieldTensors[]): FieldTensors {
  const stacked = stack(fields.map((tensors) => ({ tensors, metadata: undefined })));
  return Object.fromEntries(
    Object.entries(stacked).map(([name, { dims, data }]) => {
      const first = fields[0]?.[name];
      const least = first?.least && [0, ...first.least];
      return [
        name,
        {
          dims,
          data,
          ...(first?.padding !== undefined && { padding: first.padding }),
          ...(least && { least }),
        },
      ];
    }),
  );
}
