import { WASM_BASE64 } from './module.ts';
import { Instance, Module, type WasmMemory } from './webassembly.ts';

/** What `assembly/decode.ts` exports; addresses are bytes of the memory. */
export interface Decode {
  configure(maxMessageBytes: number, placesAt: number, placeMask: number, entriesAt: number): void;
  setDate(digitsAt: number, dayUs: number): void;
  hashOf(row: number): number;
  sum(from: number, to: number): number;
  decode(start: number, end: number): number;
}

const module = new Module(Buffer.from(WASM_BASE64, 'base64'));

/** An instance on this memory. */
export function instantiate(memory: WasmMemory): Decode {
  // The module is ours and compiled from a file beside it: its exports are what that file says.
  return new Instance(module, { env: { memory } }).exports as Decode;
}
