import { PilotlightError } from '@pilotlight/engine';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import {
  float,
  int,
  intAttribute,
  ints,
  makeNode,
  string,
  tensor,
} from '../../../model-assets/toolchain/src/graph/node.ts';
import { encodeModel, type OnnxModel, parseModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import {
  ELEMENT,
  floats,
  floatTensor,
  int8Tensor,
  int64Tensor,
  integers,
  tensorBytes,
} from '../../../model-assets/toolchain/src/graph/tensor.ts';

function smallModel(): OnnxModel {
  const graph = new GraphBuilder('small');
  graph.input('ids', ELEMENT.int64, ['batch', 'tokens']);
  graph.constant(floatTensor('table', [4, 2], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)));
  graph.op('Gather', ['table', 'ids'], 'rows', { attributes: { axis: int(0) } });
  graph.output('rows', ELEMENT.float32, ['batch', 'tokens', 2]);
  return graph.build();
}

/** A message of ONNX as another tool writes it: with fields that onnx.proto here does not name. */
const foreign = protobuf
  .parse(`
  syntax = "proto2";
  message Model {
    optional int64 ir_version = 1; optional string domain = 4; optional int64 model_version = 5;
    optional string doc_string = 6; optional Graph graph = 7; repeated Opset opset_import = 8;
    repeated Entry metadata_props = 14; repeated Function functions = 25;
  }
  message Opset { optional string domain = 1; optional int64 version = 2; }
  message Entry { optional string key = 1; optional string value = 2; }
  message Function { optional string name = 1; optional string domain = 10; }
  message Graph { repeated Node node = 1; optional string name = 2; optional string doc_string = 10; repeated Entry metadata_props = 16; }
  message Node {
    repeated string input = 1; repeated string output = 2; optional string op_type = 4;
    optional string doc_string = 6; optional string overload = 8; repeated Entry metadata_props = 9;
  }`)
  .root.lookupType('Model');

describe('an ONNX model', () => {
  it('is the same bytes after it is read and written', () => {
    const bytes = encodeModel(smallModel());
    expect(Buffer.from(encodeModel(parseModel(bytes)))).toEqual(Buffer.from(bytes));
  });

  it('keeps what is not known here: functions, metadata, documentation, overloads', () => {
    const entry = [{ key: 'source', value: 'elsewhere' }];
    const message = {
      irVersion: 10,
      domain: 'org.example',
      modelVersion: 7,
      docString: 'made elsewhere',
      opsetImport: [{ version: 18 }],
      metadataProps: entry,
      functions: [{ name: 'Swish', domain: 'org.example' }],
      graph: {
        name: 'foreign',
        docString: 'a graph',
        metadataProps: entry,
        node: [
          {
            input: ['x'],
            output: ['y'],
            opType: 'Swish',
            docString: 'node',
            overload: 'fast',
            metadataProps: entry,
          },
        ],
      },
    };
    const written = encodeModel(parseModel(foreign.encode(message).finish()));
    const back = foreign.toObject(foreign.decode(written), { longs: Number });
    expect(back).toMatchObject(message);
  });

  it('has tensors that are views of the file', () => {
    const bytes = encodeModel(smallModel());
    const [table] = parseModel(bytes).graph.initializer;
    expect(table?.rawData?.buffer).toBe(bytes.buffer);
  });

  it('is refused when it is something else', () => {
    expect(() => parseModel(Buffer.from('PK\u0003\u0004 not a model'))).toThrow(
      /not (a readable|an) ONNX model/,
    );
    expect(() => parseModel(new Uint8Array(0))).toThrow(/no graph or no operator set/);
  });

  it.each([[[-1, 2]], [[-1, -2]], [[2 ** 31, 2 ** 31]]])(
    'is refused when a tensor has the shape %j',
    (dims) => {
      const model = smallModel();
      model.graph.initializer.push({
        name: 'odd',
        dims,
        dataType: ELEMENT.float32,
        rawData: new Uint8Array(8),
      });
      expect(() => parseModel(encodeModel(model))).toThrow("Tensor 'odd' of the graph has the shape");
    },
  );

  it('parses or is refused by name, whatever its bytes are', () => {
    const whole = encodeModel(smallModel());
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 5 });
    fc.assert(
      fc.property(changes, fc.nat(whole.length), (list, length) => {
        const bytes = Uint8Array.from(whole);
        for (const [index, value] of list) bytes[index] = value;
        try {
          parseModel(bytes.subarray(0, length));
        } catch (error) {
          if (!PilotlightError.is(error)) throw error;
          expect(error.code).toBe('GRAPH_INVALID');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a node', () => {
  it('keeps its attributes through a file', () => {
    const attributes = {
      axis: int(-1),
      epsilon: float(0.5),
      order: ints([0, 2, 1]),
      mode: string('tanh'),
      value: tensor(int64Tensor('', [1], [2 ** 40])),
    };
    const model = smallModel();
    model.graph.node.push(
      makeNode('Anything', ['rows', ''], ['out'], { name: 'any', domain: 'org.example', attributes }),
    );
    const node = parseModel(encodeModel(model)).graph.node.at(-1);
    expect(node).toMatchObject({
      opType: 'Anything',
      name: 'any',
      domain: 'org.example',
      input: ['rows', ''],
      output: ['out'],
    });
    const [axis, epsilon, order, mode, value] = node?.attribute ?? [];
    expect(node && intAttribute(node, 'axis')).toBe(-1);
    expect(axis?.type).toBe(2);
    expect(epsilon?.f).toBe(0.5);
    expect(order?.ints?.map(Number)).toEqual([0, 2, 1]);
    expect(Buffer.from(mode?.s ?? []).toString()).toBe('tanh');
    expect(value?.t && integers(value.t)).toEqual([2 ** 40]);
  });
});

describe('a tensor', () => {
  it.each([
    [{ dataType: ELEMENT.float32, floatData: [1, 2] }, [1, 2]],
    [{ dataType: ELEMENT.float64, doubleData: [1, 2] }, [1, 2]],
    [{ dataType: ELEMENT.float16, int32Data: [0x3c00, 0x4000] }, [1, 2]],
  ])('gives values that an exporter listed instead of packing them: %j', (fields, values) => {
    expect([...floats({ name: 'x', dims: [2], ...fields })]).toEqual(values);
  });

  it('gives listed integers', () => {
    expect(integers({ name: 'x', dims: [2], dataType: ELEMENT.int64, int64Data: [3, -4] })).toEqual([3, -4]);
    expect(integers({ name: 'x', dims: [2], dataType: ELEMENT.int32, int32Data: [3, -4] })).toEqual([3, -4]);
  });

  it('is refused when its values do not fill its shape', () => {
    const short = { ...int8Tensor('x', [3], Int8Array.of(1, 2)) };
    expect(() => tensorBytes(short)).toThrow("'x' of shape [3] takes 3 bytes, but has 2");
  });

  it('reads float32 values that are not aligned to four bytes', () => {
    const bytes = new Uint8Array(9);
    bytes.set(new Uint8Array(Float32Array.of(1, 2).buffer), 1);
    expect([
      ...floats({ name: 'x', dims: [2], dataType: ELEMENT.float32, rawData: bytes.subarray(1) }),
    ]).toEqual([1, 2]);
  });
});

describe('a graph that is built', () => {
  it('refuses a node that reads a value which nothing defines', () => {
    const graph = new GraphBuilder('wrong');
    expect(() => graph.op('Relu', ['x'], 'y')).toThrow("'y' (Relu) reads 'x', which nothing defines");
  });

  it('refuses two values of one name', () => {
    const graph = new GraphBuilder('wrong');
    graph.input('x', ELEMENT.float32, [1]);
    expect(() => graph.op('Relu', ['x'], 'x')).toThrow("defines 'x' twice");
  });

  it('refuses to give an output that it does not have, or to have none', () => {
    const graph = new GraphBuilder('wrong');
    expect(() => graph.output('y', ELEMENT.float32, [1])).toThrow("gives 'y', which nothing defines");
    expect(() => graph.build()).toThrow('no output');
  });
});
