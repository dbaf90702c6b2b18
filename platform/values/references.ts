/** Expressions for every value, which the constructs are built from. */
import { references } from '../template/expression.ts';
import { completeValues } from './complete.ts';

export const values = references(completeValues);
