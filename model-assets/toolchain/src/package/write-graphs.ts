/** Writes the graphs of a variant, each in a folder of its own, with its weights beside it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageFile } from '@pilotlight/model-format';
import { type OnnxModel, readOpset } from '../graph/onnx.ts';
import { externalise, GRAPH_FILE } from '../stages/externalise.ts';

export interface VariantPlace {
  /** The folder of the package. */
  readonly folder: string;
  /** `fp32` */
  readonly variant: string;
  /** A folder of the same file system for what is read and written on the way. */
  readonly root: string;
}

/** What a graph reads and gives. */
interface GraphFacts {
  readonly inputs: readonly { readonly name: string; readonly type: string }[];
  readonly outputs: readonly { readonly name: string }[];
}

/** Graphs by their names; one that a model does not have may be left out. */
type NamedGraphs<Graphs> = { readonly [Name in keyof Graphs]: GraphFacts | undefined };
type GraphOf<Graphs> = NonNullable<Graphs[keyof Graphs]>;

/** A graph as manifests describe it. */
interface DescribedGraph<Graph extends GraphFacts> {
  readonly file: string;
  readonly inputs: { readonly name: string; readonly type: Graph['inputs'][number]['type'] }[];
  readonly outputs: { readonly name: string }[];
}

export interface WrittenGraphs<Graphs extends NamedGraphs<Graphs>> {
  readonly graphs: { [Name in keyof Graphs]: DescribedGraph<GraphOf<Graphs>> };
  readonly files: PackageFile[];
  readonly opset: number;
}

/**
 * Writes each graph as `make` gives it: optimised, or quantised and optimised. `scratch` is a folder that is removed once the graph is
 * written.
 */
export async function writeGraphs<Graphs extends NamedGraphs<Graphs>>(
  graphs: Graphs,
  { folder, variant, root }: VariantPlace,
  make: (graph: GraphOf<Graphs>, scratch: string) => Promise<OnnxModel>,
): Promise<WrittenGraphs<Graphs>> {
  const described: Record<string, DescribedGraph<GraphOf<Graphs>>> = {};
  const files: PackageFile[] = [];
  let opset = 0;
  for (const [name, graph] of Object.entries(graphs) as [string, GraphOf<Graphs> | undefined][]) {
    if (graph === undefined) continue;
    const scratch = mkdtempSync(join(root, 'scratch-'));
    try {
      const model = await make(graph, scratch);
      const place = `${variant}/${name}`;
      for (const file of externalise(model, join(folder, place)))
        files.push({ ...file, path: `${place}/${file.path}` });
      opset = readOpset(model);
      described[name] = {
        file: `${place}/${GRAPH_FILE}`,
        inputs: graph.inputs.map((input) => ({ name: input.name, type: input.type })),
        outputs: graph.outputs.map((output) => ({ name: output.name })),
      };
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  return { graphs: described as WrittenGraphs<Graphs>['graphs'], files, opset };
}
