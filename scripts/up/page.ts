import path from 'node:path';
import { buildPage } from '../../policies/viewer/build.ts';
import { ViewerServer } from '../../policies/viewer/server.ts';
import type { UpOptions } from './options.ts';
import type { Teller } from './tell.ts';

/** Builds the page where it is not built yet, serves it, and says where. */
export async function openPage(options: UpOptions, teller: Teller): Promise<ViewerServer> {
  const pageDirectory = path.join(options.state, 'page');
  await buildPage(pageDirectory);
  const viewer = new ViewerServer({ port: options.port, pageDirectory });
  const { url } = await viewer.start();
  teller.page(viewer);
  teller.tell({ event: 'page', url }, `the page: ${url}`);
  return viewer;
}
