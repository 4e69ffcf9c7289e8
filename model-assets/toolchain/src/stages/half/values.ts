/** The facts about the values of a graph that the stage is told. */

/** The type of each value that a node gives, by ONNX Runtime's names for elements; `axes` are lengths, or names of them. */
export type ValueTypes = ReadonlyMap<
  string,
  { readonly element: string; readonly axes: readonly (number | string)[] }
>;

/** The largest magnitude that each float32 value had on the goldens. */
export type Peaks = ReadonlyMap<string, number>;
