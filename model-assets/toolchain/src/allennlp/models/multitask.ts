/** multitask: one backbone, and what every head makes of it. The engine takes the outputs of the head that an input names. */
import { z } from 'zod';
import { buildModule, ignored, nested } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, GraphOutput, ModuleDefinition } from '../modules/module.ts';

const params = z.strictObject({
  backbone: nested,
  heads: z.record(z.string(), nested),
  // The engine calls the field of the backbone `text`, whatever the instances call it.
  arg_name_mapping: ignored,
  allowed_arguments: ignored,
  loss_weights: ignored,
  initializer: ignored,
  regularizer: ignored,
});

export const multitask: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'multitask',
  params,
  nested: { backbone: { role: 'backbone' }, heads: { role: 'head', many: 'record' } },
  build(scope, parsed) {
    const backbone = buildModule('backbone', scope.at('_backbone'), parsed.backbone);
    const { vectors, mask } = backbone.encode('text');
    const outputs: Record<string, GraphOutput> = {
      encoded_text: { value: vectors, axes: ['batch', 'text/tokens', backbone.outputDim] },
    };
    for (const [name, head] of Object.entries(parsed.heads)) {
      const built = buildModule('head', scope.at(`_heads.${name}`), head);
      for (const [output, value] of Object.entries(built.outputs(vectors, mask))) {
        outputs[`${name}_${output}`] = value;
      }
    }
    return { model: finishGraph(scope, outputs) };
  },
};
