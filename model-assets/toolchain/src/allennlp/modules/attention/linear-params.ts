/** The parameters of linear attention, over a vector and over a matrix. */
import { count } from '../build.ts';
import { activation } from '../nodes/activations.ts';
import { combination } from '../nodes/combinations.ts';

export const linearParams = {
  tensor_1_dim: count,
  tensor_2_dim: count,
  combination: combination.prefault('x,y'),
  activation: activation.nullish(),
};
