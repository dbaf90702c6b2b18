import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Archive } from '../archive/archive.ts';
import type { TrainedWeights } from '../evolution/evolve.ts';

/**
 * Weights as files here, and by digest in the archive: a unit may have been done by a process on another machine, or by
 * one whose disk is gone.
 */
export class WeightStore {
  readonly directory: string;
  readonly #archive: Archive;

  constructor(archive: Archive, directory: string) {
    this.#archive = archive;
    this.directory = directory;
  }

  async keep({ digest, path: file }: TrainedWeights): Promise<void> {
    await this.#archive.saveWeights(digest, readFileSync(file));
  }

  /** The file of these weights on this machine, brought from the archive where it is absent. */
  async fileOf({ digest }: TrainedWeights): Promise<string> {
    const file = path.join(this.directory, `${digest.slice(7, 31)}.f32`);
    if (existsSync(file)) return file;
    const bytes = await this.#archive.weights(digest);
    mkdirSync(this.directory, { recursive: true });
    writeFileSync(`${file}.new`, bytes);
    renameSync(`${file}.new`, file);
    return file;
  }
}
